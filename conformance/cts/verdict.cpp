#include "conformance/cts/verdict.hpp"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/file.hpp"

namespace kiesel::conformance {
namespace {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool is_blank(const std::string& line) {
  return std::ranges::all_of(line, [](unsigned char c) { return std::isspace(c) != 0; });
}

// "skipping double tests" leaves others to do.
bool skips(const std::string& line) {
  return std::ranges::any_of(std::initializer_list<const char*>{"skipping test", "skipping the test"},
                             [&](const char* words) { return line.find(words) != line.npos; });
}

bool starts_sub_test(const std::string& line) { return line.ends_with("...") && line.find(' ') == line.npos; }

// It names the sub-tests that ran: the one that was asked for, or the one that conversions run in.
Verdict verdict_in(std::string_view results) {
  const auto whole = nlohmann::json::parse(results, nullptr, false);
  if (!whole.is_object() || !whole.contains("results") || !whole["results"].is_object() ||
      whole["results"].empty())
    return Verdict::kCrash;
  bool skipped = true;
  for (const auto& result : whole["results"]) {
    if (result != "pass" && result != "skip") return Verdict::kFail;
    skipped = skipped && result == "skip";
  }
  return skipped ? Verdict::kSkip : Verdict::kPass;
}

}  // namespace

bool did_nothing(std::string_view output) {
  std::istringstream stream{std::string(output)};
  bool inside = false, skipped = false;
  for (std::string line; std::getline(stream, line);) {
    if (starts_sub_test(line))
      inside = true;
    else if (line.ends_with(" passed"))
      inside = false;
    else if (inside && !is_blank(line)) {
      const auto text = lower(line);
      if (!skips(text) && text.find("not support") == text.npos) return false;
      skipped = skipped || skips(text);
    }
  }
  return skipped;
}

Verdict read_verdict(const std::filesystem::path& results, const std::filesystem::path& output) {
  const auto text = read_text_file(results);
  const auto verdict = text ? verdict_in(*text) : Verdict::kCrash;
  if (verdict != Verdict::kPass) return verdict;
  const auto printed = read_text_file(output);
  return printed && did_nothing(*printed) ? Verdict::kSkip : Verdict::kPass;
}

Verdict read_status(int status, const std::filesystem::path& output) {
  if (status != 0) return Verdict::kFail;
  const auto printed = read_text_file(output);
  return printed && skips(lower(*printed)) ? Verdict::kSkip : Verdict::kPass;
}

}  // namespace kiesel::conformance
