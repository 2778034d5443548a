#include "conformance/cts/results.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

namespace kiesel::conformance {
namespace {

using nlohmann::json;

constexpr std::pair<Verdict, std::string_view> kNames[] = {{Verdict::kPass, "pass"},
                                                           {Verdict::kFail, "fail"},
                                                           {Verdict::kSkip, "skip"},
                                                           {Verdict::kCrash, "crash"},
                                                           {Verdict::kTimeout, "timeout"}};

std::optional<Verdict> verdict_of(std::string_view text) {
  for (const auto& [verdict, name] : kNames)
    if (name == text) return verdict;
  return {};
}

Error bad(std::string reason) { return {Errc::kInvalidArgument, std::move(reason)}; }

}  // namespace

std::string_view to_string(Verdict verdict) {
  for (const auto& [value, name] : kNames)
    if (value == verdict) return name;
  return "";
}

Totals totals(const std::map<std::string, SubTest>& suite) {
  Totals sum;
  for (const auto& [name, test] : suite) {
    ++sum.count;
    sum.seconds += test.seconds;
    switch (test.verdict) {
      case Verdict::kPass:
        ++sum.pass;
        break;
      case Verdict::kFail:
        ++sum.fail;
        break;
      case Verdict::kSkip:
        ++sum.skip;
        break;
      case Verdict::kCrash:
        ++sum.crash;
        break;
      case Verdict::kTimeout:
        ++sum.timeout;
        break;
    }
  }
  return sum;
}

std::string to_json(const Results& results) {
  json suites = json::object();
  for (const auto& [suite, tests] : results.suites)
    for (const auto& [name, test] : tests)
      suites[suite][name] = {{"result", to_string(test.verdict)}, {"seconds", test.seconds}};
  const json whole = {{"device", results.device},
                      {"driver", results.driver},
                      {"tier", results.tier},
                      {"seconds", results.seconds},
                      {"suites", suites}};
  return whole.dump(1) + "\n";
}

Result<Results> results_from_json(std::string_view text) {
  const auto whole = json::parse(text, nullptr, false);
  if (!whole.is_object() || !whole.contains("suites") || !whole["suites"].is_object())
    return bad("not the JSON file of a conformance run");
  Results results{whole.value("device", ""),
                  whole.value("driver", ""),
                  whole.value("tier", ""),
                  whole.value("seconds", 0.0),
                  {}};
  for (const auto& [suite, tests] : whole["suites"].items())
    for (const auto& [name, test] : tests.items()) {
      const auto verdict = test.is_object() ? verdict_of(test.value("result", "")) : std::nullopt;
      if (!verdict) return bad(fmt::format("{}/{} has no result", suite, name));
      results.suites[suite][name] = {*verdict, test.value("seconds", 0.0)};
    }
  return results;
}

Result<Expectations> Expectations::parse(std::string_view text) {
  const auto whole = json::parse(text, nullptr, false);
  if (!whole.is_object()) return bad("not a JSON object");
  Expectations expectations;
  for (const auto& [name, row] : whole.items()) {
    const auto verdict = row.is_object() ? verdict_of(row.value("result", "")) : std::nullopt;
    if (!verdict || *verdict == Verdict::kPass)
      return bad(fmt::format("'{}': result must be fail, skip, crash or timeout", name));
    if (row.value("reason", "").empty()) return bad(fmt::format("'{}' has no reason", name));
    expectations.rows_[name] = *verdict;
  }
  return expectations;
}

Verdict Expectations::of(const std::string& suite, const std::string& sub_test) const {
  const auto name = suite + "/" + sub_test;
  if (const auto row = rows_.find(name); row != rows_.end()) return row->second;
  for (auto length = name.size(); length > 0; --length)
    if (const auto row = rows_.find(name.substr(0, length) + "*"); row != rows_.end()) return row->second;
  return Verdict::kPass;
}

std::vector<Surprise> surprises(const Results& results, const Expectations& expectations) {
  std::vector<Surprise> list;
  for (const auto& [suite, tests] : results.suites)
    for (const auto& [name, test] : tests)
      if (const auto expected = expectations.of(suite, name); expected != test.verdict)
        list.push_back({suite + "/" + name, expected, test.verdict});
  return list;
}

}  // namespace kiesel::conformance
