#include "evaluation/check/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>
#include <sstream>

#include "evaluation/check/collector.hpp"
#include "support/file.hpp"

namespace kiesel::check {
namespace {

using nlohmann::json;

// One line of a log. False for what is none: the rest of the log is not believed either.
bool enter(const json& line, std::vector<Finding>& found, Data& data) {
  if (line.contains("kind")) {
    auto finding = finding_from(line);
    if (!finding) return false;
    found.push_back(std::move(*finding));
  } else if (line.contains("count")) {
    const std::uint64_t number = line.value("number", ~std::uint64_t{0});
    if (number >= found.size()) return false;
    found[number].count = line.at("count");
  } else if (line.contains("note")) {
    data.notes.push_back(line.at("note"));
  } else if (line.contains("launches")) {
    data.launches += line.at("launches").get<std::uint64_t>();
  }
  return true;
}

void read_log(const std::string& text, Data& data) {
  std::vector<Finding> found;
  std::istringstream lines(text);
  try {
    for (std::string line; std::getline(lines, line);) {
      const auto parsed = json::parse(line, nullptr, false);
      if (!parsed.is_object() || !enter(parsed, found, data)) break;
    }
  } catch (const json::exception&) {  // a member of another type
  }
  ++data.processes;
  data.findings.insert(data.findings.end(), std::make_move_iterator(found.begin()),
                       std::make_move_iterator(found.end()));
}

class Lines {
 public:
  explicit Lines(const profile::Listing& listing) {
    for (const auto& function : listing.functions)
      for (const auto& instruction : function.instructions) by_address_[instruction.address] = &instruction;
    std::istringstream source(listing.source);
    for (std::string line; std::getline(source, line);) text_.push_back(line);
  }
  void add_to(Place& place) const {
    const auto found = by_address_.find(place.address);
    if (found == by_address_.end() || !found->second->line) return;
    place.file = found->second->file == "<source>" ? "program.cl" : found->second->file;
    place.line = found->second->line;
    place.column = found->second->column;
    if (place.line > text_.size() || place.file.find(".h") != std::string::npos) return;
    place.text = text_[place.line - 1];
    place.text.erase(0, place.text.find_first_not_of(" \t"));
  }

 private:
  std::map<std::uint64_t, const profile::Listing::Instruction*> by_address_;
  std::vector<std::string> text_;
};

void merge(Data& data) {
  std::vector<Finding> out;
  for (auto& finding : data.findings) {
    const auto known = std::ranges::find_if(out, [&](const Finding& a) { return same_cause(a, finding); });
    if (known == out.end())
      out.push_back(std::move(finding));
    else
      known->count += finding.count;
  }
  data.findings = std::move(out);
}

std::string where(const Place& place, const std::string& kernel) {
  const auto column = place.column ? fmt::format(":{}", place.column) : std::string();
  if (place.line)
    return fmt::format("{}:{}{}", place.file.empty() ? "program" : place.file, place.line, column);
  if (!place.address) return kernel.empty() ? "at the end" : kernel;
  return fmt::format("{} at {:#x} ({})", kernel, place.address, place.instruction);
}

}  // namespace

Result<Data> read_folder(const std::filesystem::path& folder) {
  Data data;
  std::error_code error;
  std::vector<std::filesystem::path> logs;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().extension() == kLogSuffix) logs.push_back(entry.path());
  if (error) return Error{Errc::kIo, fmt::format("cannot read {}: {}", folder.string(), error.message())};
  std::ranges::sort(logs);
  for (const auto& log : logs)
    if (const auto text = read_text_file(log)) read_log(*text, data);
  merge(data);
  return data;
}

void locate(Data& data, const profile::Lister& lister) {
  std::map<std::string, std::optional<profile::Listing>> listings;
  std::map<std::string, std::unique_ptr<Lines>> lines;
  const auto add = [&](Place& place) {
    const auto [found, is_new] = listings.try_emplace(place.program);
    if (is_new) {
      auto listing = lister(place.program);
      if (listing) {
        found->second = std::move(*listing);
        lines[place.program] = std::make_unique<Lines>(*found->second);
      }
    }
    if (const auto known = lines.find(place.program); known != lines.end()) known->second->add_to(place);
  };
  for (auto& finding : data.findings) {
    add(finding.deed.place);
    if (finding.other) add(finding.other->place);
  }
  merge(data);
}

void suppress(Data& data, const Suppressions& suppressions) {
  data.suppressed +=
      std::erase_if(data.findings, [&](const auto& finding) { return suppressions.fits(finding); });
}

std::string to_text(const Data& data, std::size_t most) {
  std::string out;
  const std::size_t shown = std::min(most, data.findings.size());
  for (const auto& finding : std::span(data.findings).first(shown)) {
    const Deed& deed = finding.deed;
    out +=
        fmt::format("{}: {}: {}\n", where(deed.place, finding.kernel), info(finding.kind).name, finding.what);
    const auto kernel = finding.kernel.empty()
                            ? std::string()
                            : fmt::format(", kernel '{}', launch {}", finding.kernel, finding.launch);
    out += fmt::format("    {} by {}{}\n", deed.what, deed.who, kernel);
    if (finding.other)
      out += fmt::format("    before: {} by {}, {}\n", finding.other->what, finding.other->who,
                         where(finding.other->place, "at"));
    if (!finding.object.empty()) out += fmt::format("    {}\n", finding.object);
    if (!deed.place.text.empty()) out += fmt::format("    {} | {}\n", deed.place.line, deed.place.text);
    if (finding.count > 1) out += fmt::format("    {} times\n", finding.count);
  }
  if (shown < data.findings.size())
    out += fmt::format("{} more are not shown\n", data.findings.size() - shown);
  for (const auto& note : data.notes) out += fmt::format("not checked: {}\n", note);
  out += fmt::format("{} finding{} in {} launches{}\n", data.findings.size(),
                     data.findings.size() == 1 ? "" : "s", data.launches,
                     data.suppressed ? fmt::format(", {} suppressed", data.suppressed) : "");
  return out;
}

std::string to_json_text(const Data& data, std::size_t most) {
  nlohmann::ordered_json out{{"findings", nlohmann::ordered_json::array()}};
  for (const auto& finding : data.findings)
    if (out["findings"].size() < most) out["findings"].push_back(to_json(finding));
  out["count"] = data.findings.size();
  out["launches"] = data.launches;
  out["suppressed"] = data.suppressed;
  out["not_checked"] = data.notes;
  return out.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace kiesel::check
