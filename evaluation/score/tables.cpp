// The score for a terminal, and as CSV.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "evaluation/csv.hpp"
#include "evaluation/profile/figures.hpp"
#include "evaluation/score/score.hpp"

namespace kiesel::score {
namespace {

using nlohmann::ordered_json;

std::string seconds_text(double value) {
  constexpr std::pair<double, const char*> kUnits[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}, {1e-9, "ns"}};
  const auto* unit = std::ranges::find_if(kUnits, [&](const auto& each) { return value >= each.first; });
  if (unit == std::end(kUnits)) --unit;
  return fmt::format("{:.3g} {}", value / unit->first, unit->second);
}

std::string percent(double share) { return fmt::format("{:.0f} %", 100 * share); }

double figure(const ordered_json& run, const char* id) { return run["figures"].value(id, 0.0); }

std::string run_text(const ordered_json& run) {
  if (run["state"] != "done")
    return fmt::format("{:>9}  {}", run["state"].get<std::string>(), run.value("said", ""));
  std::string roof, limit;
  if (run.contains("roof"))
    roof = fmt::format("{} of {}", percent(run["roof"]["share"]), run["roof"]["name"].get<std::string>());
  if (!run["limits"].empty())
    limit =
        fmt::format("{} {}", run["limits"][0]["name"].get<std::string>(), percent(run["limits"][0]["used"]));
  std::string line = fmt::format("{:>9}  {:<20}  {:<32}", seconds_text(run["time_s"]), roof, limit);
  if (figure(run, "sampling_error") > 0)
    line += fmt::format("  within {:.1f} %", figure(run, "sampling_error"));
  return line.substr(0, line.find_last_not_of(' ') + 1);
}

}  // namespace

std::string text_of(const ordered_json& score) {
  std::string out;
  for (const auto& design : score["designs"]) {
    out += fmt::format("\n{} ({}), {}\n", design["name"].get<std::string>(),
                       design["accuracy"].get<std::string>(), score["size"].get<std::string>());
    out += fmt::format("  {:<14}{:>9}  {:<20}  {}\n", "", "time", "of the roofline", "what is used most");
    for (std::size_t i = 0; i < score["workloads"].size(); ++i)
      out += fmt::format("  {:<14}{}\n", score["workloads"][i]["name"].get<std::string>(),
                         run_text(design["runs"][i]));
    if (score["designs"].size() > 1 && design.contains("time_beside_first"))
      out +=
          fmt::format("  geometric mean of the times of {} workloads beside {}: {:.3g}\n",
                      design["compared"].get<std::size_t>(), score["designs"][0]["name"].get<std::string>(),
                      design["time_beside_first"].get<double>());
  }
  return out;
}

std::string table_of(const ordered_json& score) {
  std::vector<std::string> columns{"design", "workload", "field", "state",      "launches", "different",
                                   "time_s", "roof",     "share", "limited_by", "used"};
  for (const auto& each : profile::figures()) columns.emplace_back(each.id);
  columns.emplace_back("accuracy");
  CsvTable table(columns);
  for (const auto& design : score["designs"])
    for (std::size_t i = 0; i < score["workloads"].size(); ++i) {
      const auto &workload = score["workloads"][i], &run = design["runs"][i];
      const auto roof = run.value("roof", ordered_json::object());
      const auto limit =
          run.contains("limits") && !run["limits"].empty() ? run["limits"][0] : ordered_json::object();
      const ordered_json nothing;
      std::vector<ordered_json> row{design["name"],
                                    workload["name"],
                                    workload["field"],
                                    run["state"],
                                    run.value("launches", nothing),
                                    run.value("different", nothing),
                                    run.value("time_s", nothing),
                                    roof.value("name", nothing),
                                    roof.value("share", nothing),
                                    limit.value("name", nothing),
                                    limit.value("used", nothing)};
      const auto figures = run.value("figures", ordered_json::object());
      for (const auto& each : profile::figures()) row.push_back(figures.value(std::string(each.id), nothing));
      row.push_back(design["accuracy"]);
      table.add(row);
    }
  return table.take();
}

}  // namespace kiesel::score
