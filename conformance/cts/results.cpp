#include "conformance/cts/results.hpp"

#include <fmt/format.h>

#include <algorithm>
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

// Members of an object; empty or 0 when absent or of another type.
std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}
double number_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

std::vector<std::string> texts_of(const json& object, const char* key) {
  std::vector<std::string> list;
  const auto found = object.find(key);
  if (found != object.end() && found->is_array())
    for (const auto& text : *found)
      if (text.is_string()) list.push_back(text.get<std::string>());
  return list;
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

std::vector<const SuiteOfResults*> ordered(const Results& results) {
  std::vector<const SuiteOfResults*> list;
  const auto add = [&](const std::string& name) {
    const auto found = results.suites.find(name);
    if (found != results.suites.end() && std::ranges::find(list, &*found) == list.end())
      list.push_back(&*found);
  };
  for (const auto& name : results.order) add(name);
  for (const auto& suite : results.suites) add(suite.first);
  return list;
}

void merge(Results& into, const Results& part) {
  for (const auto& name : part.order)
    if (std::ranges::find(into.order, name) == into.order.end()) into.order.push_back(name);
  for (const auto& [suite, tests] : part.suites) into.suites[suite].insert(tests.begin(), tests.end());
  into.known_as.insert(part.known_as.begin(), part.known_as.end());
  into.seconds += part.seconds;
}

std::string to_json(const Results& results) {
  json suites = json::object();
  for (const auto& [suite, tests] : results.suites)
    for (const auto& [name, test] : tests)
      suites[suite][name] = {{"result", to_string(test.verdict)}, {"seconds", test.seconds}};
  const json whole = {{"device", results.device},   {"driver", results.driver},
                      {"version", results.version}, {"tier", results.tier},
                      {"order", results.order},     {"known_as", results.known_as},
                      {"seconds", results.seconds}, {"suites", suites}};
  return whole.dump(1) + "\n";
}

Result<Results> results_from_json(std::string_view text) {
  const auto whole = json::parse(text, nullptr, false);
  if (!whole.is_object() || !whole.contains("suites") || !whole["suites"].is_object())
    return bad("not the JSON file of a conformance run");
  Results results{text_of(whole, "device"),
                  text_of(whole, "driver"),
                  text_of(whole, "tier"),
                  number_of(whole, "seconds"),
                  {},
                  text_of(whole, "version"),
                  texts_of(whole, "order"),
                  {}};
  if (whole.contains("known_as") && whole["known_as"].is_object())
    for (const auto& [suite, name] : whole["known_as"].items())
      if (name.is_string()) results.known_as[suite] = name.get<std::string>();
  for (const auto& [suite, tests] : whole["suites"].items())
    for (const auto& [name, test] : tests.items()) {
      const auto verdict = test.is_object() ? verdict_of(text_of(test, "result")) : std::nullopt;
      if (!verdict) return bad(fmt::format("{}/{} has no result", suite, name));
      results.suites[suite][name] = {*verdict, number_of(test, "seconds")};
    }
  return results;
}

Result<Expectations> Expectations::parse(std::string_view text) {
  const auto whole = json::parse(text, nullptr, false);
  if (!whole.is_object()) return bad("not a JSON object");
  Expectations expectations;
  for (const auto& [name, row] : whole.items()) {
    const auto verdict = row.is_object() ? verdict_of(text_of(row, "result")) : std::nullopt;
    if (!verdict || *verdict == Verdict::kPass)
      return bad(fmt::format("'{}': result must be fail, skip, crash or timeout", name));
    if (text_of(row, "reason").empty()) return bad(fmt::format("'{}' has no reason", name));
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

Verdict Expectations::of(const Results& results, const std::string& suite,
                         const std::string& sub_test) const {
  const auto found = results.known_as.find(suite);
  return of(found == results.known_as.end() ? suite : found->second, sub_test);
}

std::vector<Surprise> surprises(const Results& results, const Expectations& expectations) {
  std::vector<Surprise> list;
  for (const auto* suite : ordered(results))
    for (const auto& [name, test] : suite->second)
      if (const auto expected = expectations.of(results, suite->first, name); expected != test.verdict)
        list.push_back({suite->first + "/" + name, expected, test.verdict});
  return list;
}

}  // namespace kiesel::conformance
