#include "evaluation/check/suppressions.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <charconv>
#include <sstream>

namespace kiesel::check {
namespace {

bool matches(const std::string& pattern, const std::string& text) {
  return pattern.empty() || ::fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

// A file may be named without its folders.
bool is_file(const std::string& pattern, const std::string& file) {
  return matches(pattern, file) || matches("*/" + pattern, file);
}

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !value) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Suppressions::Entry> Suppressions::entry_of(std::string_view line) {
  Entry entry;
  std::istringstream words{std::string(line)};
  for (std::string word; words >> word;) {
    const auto colon = word.find(':');
    const std::string key = word.substr(0, colon);
    const std::string value = colon == word.npos ? std::string() : word.substr(colon + 1);
    if (value.empty()) return std::nullopt;
    if (key == "kind") {
      entry.kind = value;
    } else if (key == "kernel") {
      entry.kernel = value;
    } else if (key == "name") {
      entry.name = value;
    } else if (key == "line") {
      const auto last = value.rfind(':');
      const auto found = number(std::string_view(value).substr(last == value.npos ? 0 : last + 1));
      if (!found) return std::nullopt;
      entry.line = *found;
      if (last != value.npos) entry.file = value.substr(0, last);
    } else {
      return std::nullopt;
    }
  }
  return entry;
}

Result<Suppressions> Suppressions::parse(std::string_view text) {
  Suppressions out;
  for (unsigned number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line = line.substr(0, line.find('#'));
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    const auto entry = entry_of(line);
    if (!entry)
      return Error{
          Errc::kInvalidArgument,
          fmt::format("line {}: words are kind:, kernel:, name: with a pattern, and line:file:number",
                      number)};
    out.entries_.push_back(*entry);
  }
  return out;
}

bool Suppressions::fits(const Finding& finding) const {
  const auto at = [](const Entry& entry, const Place& place) {
    return (!entry.line || entry.line == place.line) &&
           (entry.file.empty() || is_file(entry.file, place.file));
  };
  for (const Entry& entry : entries_) {
    const bool here = at(entry, finding.deed.place) || (finding.other && at(entry, finding.other->place));
    if (here && matches(entry.kind, std::string(info(finding.kind).name)) &&
        matches(entry.kernel, finding.kernel) && matches(entry.name, finding.name))
      return true;
  }
  return false;
}

}  // namespace kiesel::check
