#include "evaluation/sweep/report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "evaluation/csv.hpp"

namespace kiesel::sweep {
namespace {

using nlohmann::ordered_json;

constexpr const char* kStates[] = {"waiting", "done", "failed"};

ordered_json json_of(const std::optional<double>& value) {
  return value ? ordered_json(*value) : ordered_json();
}

ordered_json json_of(const Values& values) {
  auto list = ordered_json::array();
  for (const auto& value : values) list.push_back(json_of(value));
  return list;
}

bool is_counted(const device::LaunchCounts& counts, std::size_t counter) {
  return counts.timed || device::kCounterInfos[counter].source == device::CounterSource::kProgram;
}

ordered_json counters_of(const device::LaunchCounts& counts) {
  auto out = ordered_json::object();
  for (std::size_t i = 0; i < device::kCounters; ++i)
    if (is_counted(counts, i)) out[std::string(device::kCounterInfos[i].id)] = counts.totals[i];
  return out;
}

// What is validated is a design as it comes, not what a sweep makes of it.
std::string accuracy_of(const Plan& plan, const Point& point) {
  const std::string& said = point.configuration.design.validated;
  if (point.as_named || said == "not validated") return said;
  return fmt::format("not validated; {}, of which it is a change: {}", plan.designs[point.design], said);
}

std::string command_text(const Workload& workload) {
  return workload.capture.empty() ? fmt::format("{}", fmt::join(workload.command, " "))
                                  : workload.capture.string();
}

// Of points, over their workloads.
std::vector<Values> totals_of(const Sweep& sweep) {
  const std::size_t workloads = sweep.plan.workloads.size();
  std::vector<Values> totals;
  for (std::size_t point = 0; point < sweep.points.points.size(); ++point) {
    std::vector<Values> of_workloads;
    for (std::size_t i = 0; i < workloads; ++i)
      of_workloads.push_back(sweep.findings[point * workloads + i].values);
    totals.push_back(geometric_means(sweep.plan, of_workloads));
  }
  return totals;
}

class Describer {
 public:
  Describer(const Sweep& sweep, bool with_counts)
      : sweep_(sweep), with_counts_(with_counts), totals_(totals_of(sweep)) {}

  ordered_json describe() const {
    const Plan& plan = sweep_.plan;
    ordered_json out{{"kiesel", sweep_.kiesel},
                     {"title", plan.title},
                     {"combinations", sweep_.points.combinations},
                     {"excluded", sweep_.points.excluded},
                     {"invalid", sweep_.points.invalid},
                     {"designs", plan.designs}};
    auto& axes = out["axes"] = ordered_json::array();
    for (const Axis& axis : plan.axes) axes.push_back(describe(axis));
    auto& objectives = out["objectives"] = ordered_json::array();
    for (const Objective& o : plan.objectives)
      objectives.push_back(
          {{"name", o.name}, {"unit", o.unit}, {"formula", o.formula.text()}, {"most", o.most}});
    auto& workloads = out["workloads"] = ordered_json::array();
    for (const Workload& w : plan.workloads)
      workloads.push_back({{"name", w.name}, {"source", command_text(w)}, {"choice", w.choice}});
    out["points"] = describe_points();
    out["sensitivity"] = describe_sensitivity();
    return out;
  }

 private:
  std::size_t workloads() const { return sweep_.plan.workloads.size(); }
  std::size_t place(std::size_t point, std::size_t workload) const { return point * workloads() + workload; }
  const Finding& finding(std::size_t point, std::size_t workload) const {
    return sweep_.findings[place(point, workload)];
  }

  static ordered_json describe(const Axis& axis) {
    auto labels = ordered_json::array(), numbers = ordered_json::array();
    for (std::size_t i = 0; i < axis.rows.size(); ++i) {
      labels.push_back(axis.label(i));
      numbers.push_back(json_of(axis.rows[i].front().number));
    }
    return {{"name", axis.name}, {"keys", axis.keys}, {"labels", labels}, {"numbers", numbers}};
  }

  ordered_json describe_points() const {
    const auto front = pareto_front(sweep_.plan, totals_);
    auto out = ordered_json::array();
    for (std::size_t i = 0; i < sweep_.points.points.size(); ++i) {
      const Point& point = sweep_.points.points[i];
      auto runs = ordered_json::array();
      for (std::size_t workload = 0; workload < workloads(); ++workload)
        runs.push_back(describe_run(i, workload));
      const auto& steps = sweep_.runs[place(i, 0)].job.steps;
      const auto& words = steps.back().words;
      const auto device = std::find(words.begin(), words.end(), "--device");
      out.push_back({{"number", point.number},
                     {"design", point.design},
                     {"at", point.at},
                     {"file", "designs/" + std::filesystem::path(*(device + 1)).filename().string()},
                     {"accuracy", accuracy_of(sweep_.plan, point)},
                     {"front", static_cast<bool>(front[i])},
                     {"total", json_of(totals_[i])},
                     {"runs", std::move(runs)}});
    }
    return out;
  }
  ordered_json describe_run(std::size_t point, std::size_t workload) const {
    const Finding& f = finding(point, workload);
    const Run& run = sweep_.runs[place(point, workload)];
    ordered_json out{{"state", kStates[static_cast<int>(f.state)]}};
    if (f.state == Finding::State::kFailed) {
      out["reason"] = f.reason;
      out["log"] = "logs/" + run.key + ".txt";
    }
    if (f.state != Finding::State::kDone) return out;
    out["launches"] = f.launches;
    out["different"] = f.different;
    out["values"] = json_of(f.values);
    if (sweep_.profiled.contains(run.key)) out["profile"] = profile_page(run);
    if (!with_counts_) return out;
    out["result"] = "results/" + run.key + ".json";
    out["counts"] = counters_of(f.counts);
    return out;
  }

  ordered_json describe_sensitivity() const {
    auto out = ordered_json::array();
    add_sensitivity(totals_, ordered_json(), out);
    if (workloads() == 1) return out;
    for (std::size_t workload = 0; workload < workloads(); ++workload) {
      std::vector<Values> values;
      for (std::size_t point = 0; point < sweep_.points.points.size(); ++point)
        values.push_back(finding(point, workload).values);
      add_sensitivity(values, ordered_json(workload), out);
    }
    return out;
  }
  void add_sensitivity(const std::vector<Values>& values, const ordered_json& workload,
                       ordered_json& out) const {
    for (const Sensitivity& s : sensitivities(sweep_.plan, sweep_.points, values))
      out.push_back({{"axis", s.axis},
                     {"objective", s.objective},
                     {"workload", workload},
                     {"doubling", json_of(s.doubling)},
                     {"pairs", s.pairs},
                     {"levels", json_of(s.levels)}});
  }

  const Sweep& sweep_;
  const bool with_counts_;
  const std::vector<Values> totals_;  // of points
};

std::vector<std::string> heads_of(const Plan& plan) {
  std::vector<std::string> heads{"point", "design"};
  for (const Axis& axis : plan.axes) heads.push_back(axis.name);
  for (const char* name : {"workload", "state", "launches", "different"}) heads.emplace_back(name);
  for (const Objective& objective : plan.objectives)
    heads.push_back(objective.unit.empty() ? objective.name
                                           : fmt::format("{} ({})", objective.name, objective.unit));
  for (const auto& info : device::kCounterInfos) heads.push_back("counts." + std::string(info.id));
  heads.emplace_back("accuracy");
  return heads;
}

std::vector<std::string> cells_of(const Sweep& sweep, std::size_t index) {
  const Run& run = sweep.runs[index];
  const Finding& f = sweep.findings[index];
  const Point& point = sweep.points.points[run.point];
  std::vector<std::string> cells{std::to_string(point.number), sweep.plan.designs[point.design]};
  for (std::size_t i = 0; i < point.at.size(); ++i) cells.push_back(sweep.plan.axes[i].label(point.at[i]));
  cells.insert(cells.end(), {sweep.plan.workloads[run.workload].name, kStates[static_cast<int>(f.state)],
                             std::to_string(f.launches), std::to_string(f.different)});
  for (std::size_t i = 0; i < sweep.plan.objectives.size(); ++i)
    cells.push_back(i < f.values.size() && f.values[i] ? fmt::format("{}", *f.values[i]) : "");
  for (std::size_t i = 0; i < device::kCounters; ++i)
    cells.push_back(f.state == Finding::State::kDone && is_counted(f.counts, i)
                        ? std::to_string(f.counts.totals[i])
                        : "");
  cells.push_back(accuracy_of(sweep.plan, point));
  return cells;
}

}  // namespace

Finding finding_of(const Plan& plan, const Points& points, const Run& run,
                   const Result<capture::CountsFile>& result) {
  Finding finding;
  if (!result) {
    if (result.error().code == Errc::kNotFound) return finding;
    finding.state = Finding::State::kFailed;
    finding.reason = result.error().reason;
    return finding;
  }
  finding.state = Finding::State::kDone;
  finding.launches = result->launches.size();
  finding.different = result->different;
  finding.counts = result->total;
  finding.values = values_of(plan, points.points[run.point], result->total);
  return finding;
}

std::vector<std::size_t> runs_on_front(const Sweep& sweep) {
  const auto front = pareto_front(sweep.plan, totals_of(sweep));
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < sweep.runs.size(); ++i)
    if (front[sweep.runs[i].point]) out.push_back(i);
  return out;
}

std::string profile_page(const Run& run) { return "profiles/" + run.key + "/report.html"; }

ordered_json describe(const Sweep& sweep, bool with_counts) {
  return Describer(sweep, with_counts).describe();
}

std::string table_of(const Sweep& sweep) {
  CsvTable table(heads_of(sweep.plan));
  for (std::size_t i = 0; i < sweep.runs.size(); ++i) table.add(cells_of(sweep, i));
  return table.take();
}

}  // namespace kiesel::sweep
