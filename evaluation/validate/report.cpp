#include "evaluation/validate/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace kiesel::validate {
namespace {

using device::CounterId;
using Row = std::vector<std::string>;

std::string_view id_of(CounterId id) { return device::kCounterInfos[static_cast<std::size_t>(id)].id; }

// The first row is the heading; the first column is of words, as is the last one if it is `wordy`.
std::string markdown(const std::vector<Row>& rows, bool wordy) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  const auto is_words = [&](std::size_t i) { return i == 0 || (wordy && i + 1 == widths.size()); };
  std::string text;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i)
      text += is_words(i) ? fmt::format("| {:<{}} ", row[i], widths[i])
                          : fmt::format("| {:>{}} ", row[i], widths[i]);
    text += "|\n";
    if (&row != &rows.front()) continue;
    for (std::size_t i = 0; i < row.size(); ++i)
      text += fmt::format("|{}{}", std::string(widths[i] + 1, '-'), is_words(i) ? "-" : ":");
    text += "|\n";
  }
  return text;
}

std::string signed_percent(double value) {
  return std::abs(value) < 0.005 ? "0" : fmt::format("{:+.2f}", value);
}

// The counters that are furthest off, cycles aside.
std::string furthest(const CaseResult& result) {
  constexpr std::size_t kShown = 2;
  std::vector<Deviation> wrong;
  for (const Deviation& deviation : result.deviations)
    if (deviation.ours != deviation.reference && deviation.id != CounterId::cycles)
      wrong.push_back(deviation);
  std::ranges::stable_sort(wrong, std::greater<>(), [](const Deviation& d) { return std::abs(d.percent()); });
  if (wrong.size() > kShown) wrong.resize(kShown);
  std::vector<std::string> words;
  for (const Deviation& d : wrong)
    words.push_back(fmt::format("{} {} for {}", id_of(d.id), d.ours, d.reference));
  return fmt::format("{}", fmt::join(words, ", "));
}

Row row_of(const CaseResult& result) {
  if (!result.problem.empty()) return {result.name, "", "", "", "", "", "could not run: " + result.problem};
  const Deviation &instructions = result.of(CounterId::instructions), &cycles = result.of(CounterId::cycles);
  return {result.name,
          fmt::format("{}", instructions.ours),
          fmt::format("{}", instructions.reference),
          fmt::format("{}", cycles.ours),
          fmt::format("{}", cycles.reference),
          signed_percent(cycles.percent()),
          furthest(result)};
}

nlohmann::json json_of(const CaseResult& result, double limit) {
  nlohmann::json out = {
      {"name", result.name}, {"kernel", result.kernel}, {"within_limit", result.is_within(limit)}};
  if (!result.problem.empty()) out["problem"] = result.problem;
  for (const Deviation& d : result.deviations)
    out["counters"][std::string(id_of(d.id))] = {
        {"model", d.ours}, {"reference", d.reference}, {"error_percent", d.percent()}};
  return out;
}

nlohmann::json json_of(const Spread& spread) {
  return {{"cases", spread.cases},
          {"median_percent", spread.median},
          {"mean_percent", spread.mean},
          {"largest_percent", spread.largest},
          {"largest_at", spread.at}};
}

// How many cases there are, and how many of those the predicate holds of.
template <class Predicate>
std::pair<std::size_t, std::size_t> count(const std::vector<ReferenceResult>& results, Predicate holds) {
  std::size_t all = 0, some = 0;
  for (const auto& result : results) {
    all += result.cases.size();
    some += static_cast<std::size_t>(std::ranges::count_if(result.cases, holds));
  }
  return {all, some};
}

}  // namespace

std::string table_of_cases(const ReferenceResult& result) {
  std::vector<Row> rows{
      {"case", "instructions", "reference", "cycles", "reference", "error %", "counters furthest off"}};
  for (const CaseResult& one : result.cases) rows.push_back(row_of(one));
  return markdown(rows, true);
}

std::string summary_of(const std::vector<ReferenceResult>& results, double limit) {
  const Spread cycles = spread_of(results, CounterId::cycles);
  const auto [all, equal] = count(results, [](const CaseResult& one) {
    return one.problem.empty() && one.of(CounterId::instructions).percent() == 0;
  });
  const auto [every, within] =
      count(results, [limit](const CaseResult& one) { return one.is_within(limit); });
  if (!cycles.cases) return fmt::format("none of {} cases could run\n", all);
  return fmt::format(
      "{} cases: instructions equal in {}; cycles: median error {:.2f} %, mean {:.2f} %, largest {:.2f} %{}; "
      "within {:g} % in {}\n",
      all, equal, cycles.median, cycles.mean, cycles.largest, cycles.at.empty() ? "" : " (" + cycles.at + ")",
      limit, within);
}

std::string table_of_counters(const std::vector<ReferenceResult>& results) {
  std::vector<Row> rows{{"counter", "cases", "median %", "mean %", "largest %", "at"}};
  for (std::size_t i = 0; i < device::kCounters; ++i) {
    const Spread spread = spread_of(results, static_cast<CounterId>(i));
    if (spread.cases)
      rows.push_back({std::string(device::kCounterInfos[i].id), fmt::format("{}", spread.cases),
                      fmt::format("{:.2f}", spread.median), fmt::format("{:.2f}", spread.mean),
                      fmt::format("{:.2f}", spread.largest), spread.at});
  }
  return markdown(rows, true);
}

std::string table_of_case(const CaseResult& result) {
  std::vector<Row> rows{{"counter", "model", "reference", "error %"}};
  for (const Deviation& d : result.deviations)
    rows.push_back({std::string(id_of(d.id)), fmt::format("{}", d.ours), fmt::format("{}", d.reference),
                    signed_percent(d.percent())});
  return markdown(rows, false);
}

std::string to_json(const std::vector<ReferenceResult>& results, double limit) {
  nlohmann::json out = {{"limit_percent", limit}, {"references", nlohmann::json::array()}};
  for (const auto& result : results) {
    nlohmann::json cases = nlohmann::json::array();
    for (const CaseResult& one : result.cases) cases.push_back(json_of(one, limit));
    out["references"].push_back({{"name", result.name},
                                 {"design", result.design},
                                 {"source", result.source},
                                 {"cases", std::move(cases)},
                                 {"cycles", json_of(spread_of({result}, CounterId::cycles))}});
  }
  for (std::size_t i = 0; i < device::kCounters; ++i)
    if (const Spread spread = spread_of(results, static_cast<CounterId>(i)); spread.cases)
      out["counters"][std::string(device::kCounterInfos[i].id)] = json_of(spread);
  return out.dump(1) + "\n";
}

}  // namespace kiesel::validate
