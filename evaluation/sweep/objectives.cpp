#include "evaluation/sweep/objectives.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "device/timing/energy.hpp"
#include "evaluation/sweep/names.hpp"

namespace kiesel::sweep {
namespace {

std::optional<double> counter(const device::LaunchCounts& counts, std::string_view name) {
  for (std::size_t i = 0; i < device::kCounters; ++i) {
    const auto& info = device::kCounterInfos[i];
    if (info.id == name && (counts.timed || info.source == device::CounterSource::kProgram))
      return static_cast<double>(counts.totals[i]);
  }
  return std::nullopt;
}

// In seconds.
std::optional<double> time_of(const device::LaunchCounts& counts) {
  if (!counts.timed || counts.clock_khz == 0) return std::nullopt;
  return static_cast<double>(counts[device::CounterId::cycles]) /
         (static_cast<double>(counts.clock_khz) * 1000);
}

// In joules.
std::optional<double> energy_of(const Point& point, const device::LaunchCounts& counts) {
  const auto parts = timing::energy_of(point.configuration.design, counts);
  return parts.empty() ? std::nullopt : std::optional(timing::joules(parts));
}

// The nearest meaning first: an objective before this one, a key of the design, a counter.
std::optional<double> value_of(const Plan& plan, const Point& point, const device::LaunchCounts& counts,
                               const Values& before, std::string_view name) {
  if (name.starts_with(kCountsPrefix)) return counter(counts, name.substr(kCountsPrefix.size()));
  for (std::size_t i = 0; i < before.size(); ++i)
    if (plan.objectives[i].name == name) return before[i];
  if (name == "time") return time_of(counts);
  if (name == "energy") return energy_of(point, counts);
  if (const auto number = model::number_of(point.configuration, name)) return static_cast<double>(*number);
  return counter(counts, name);
}

bool whole(const Values& values) {
  return !values.empty() && std::ranges::all_of(values, [](const auto& value) { return value.has_value(); });
}

// Whether `a` is nowhere worse than `b`, and somewhere better.
bool beats(const Plan& plan, const Values& a, const Values& b) {
  bool better = false;
  for (std::size_t i = 0; i < plan.objectives.size(); ++i) {
    const double gain = plan.objectives[i].most ? *a[i] - *b[i] : *b[i] - *a[i];
    if (gain < 0) return false;
    better |= gain > 0;
  }
  return better;
}

// Points that differ on one axis only, in its order.
std::vector<std::vector<std::size_t>> lines_along(const Points& points, std::size_t axis) {
  std::map<std::pair<std::size_t, std::vector<std::size_t>>, std::vector<std::size_t>> lines;
  for (std::size_t i = 0; i < points.points.size(); ++i) {
    auto others = points.points[i].at;
    others[axis] = 0;
    lines[{points.points[i].design, std::move(others)}].push_back(i);
  }
  std::vector<std::vector<std::size_t>> out;
  for (auto& [others, line] : lines) {
    std::ranges::sort(line, {}, [&](std::size_t i) { return points.points[i].at[axis]; });
    out.push_back(std::move(line));
  }
  return out;
}

class AlongAxis {
 public:
  AlongAxis(const Plan& plan, const Points& points, const std::vector<Values>& values, std::size_t axis)
      : axis_(plan.axes[axis]),
        points_(points),
        values_(values),
        number_(axis),
        lines_(lines_along(points, axis)) {}

  Sensitivity of(std::size_t objective) const {
    Sensitivity out{number_, objective, {}, 0, Values(axis_.rows.size())};
    std::vector<Sum> steps(axis_.rows.size());
    Sum slopes;
    for (const auto& line : lines_) {
      std::optional<std::size_t> before;
      for (const std::size_t point : line) {
        if (!logarithm(point, objective)) continue;
        if (before) compare(*before, point, objective, steps, slopes);
        out.pairs += before.has_value();
        before = point;
      }
    }
    if (slopes.count) out.doubling = std::exp2(slopes.mean());
    fill_levels(steps, out.levels);
    return out;
  }

 private:
  struct Sum {
    double sum = 0;
    std::size_t count = 0;
    void add(double value) { sum += value, ++count; }
    double mean() const { return sum / static_cast<double>(count); }
  };

  std::optional<double> logarithm(std::size_t point, std::size_t objective) const {
    const auto& values = values_[point];
    if (objective >= values.size() || !values[objective] || !(*values[objective] > 0)) return std::nullopt;
    return std::log2(*values[objective]);
  }
  std::optional<double> key_logarithm(std::size_t point) const {
    const auto& number = axis_.rows[points_.points[point].at[number_]].front().number;
    return number && *number > 0 ? std::optional(std::log2(*number)) : std::nullopt;
  }
  // Steps count where they are from one place of the axis to the next one.
  void compare(std::size_t from, std::size_t to, std::size_t objective, std::vector<Sum>& steps,
               Sum& slopes) const {
    const double change = *logarithm(to, objective) - *logarithm(from, objective);
    const auto begin = key_logarithm(from), end = key_logarithm(to);
    if (begin && end && *begin != *end) slopes.add(change / (*end - *begin));
    const std::size_t place = points_.points[to].at[number_];
    if (place == points_.points[from].at[number_] + 1) steps[place].add(change);
  }
  static void fill_levels(const std::vector<Sum>& steps, Values& levels) {
    double level = 0;
    levels[0] = 1;
    for (std::size_t i = 1; i < steps.size() && steps[i].count; ++i)
      levels[i] = std::exp2(level += steps[i].mean());
  }

  const Axis& axis_;
  const Points& points_;
  const std::vector<Values>& values_;
  const std::size_t number_;
  const std::vector<std::vector<std::size_t>> lines_;
};

}  // namespace

Values values_of(const Plan& plan, const Point& point, const device::LaunchCounts& counts) {
  Values values;
  for (const Objective& objective : plan.objectives) {
    const auto value = objective.formula.evaluate(
        [&](std::string_view name) { return value_of(plan, point, counts, values, name); });
    values.push_back(value && std::isfinite(*value) ? std::optional(*value) : std::nullopt);
  }
  return values;
}

Values geometric_means(const Plan& plan, const std::vector<Values>& of_workloads) {
  Values means(plan.objectives.size());
  for (std::size_t i = 0; i < means.size(); ++i) {
    double sum = 0;
    bool all = !of_workloads.empty();
    for (const Values& values : of_workloads) {
      all = all && i < values.size() && values[i] && *values[i] > 0;
      if (all) sum += std::log(*values[i]);
    }
    if (all) means[i] = std::exp(sum / static_cast<double>(of_workloads.size()));
  }
  return means;
}

std::vector<bool> pareto_front(const Plan& plan, const std::vector<Values>& of_points) {
  std::vector<bool> front(of_points.size());
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < of_points.size(); ++i) {
    if (!whole(of_points[i])) continue;
    if (std::ranges::any_of(kept, [&](std::size_t k) { return beats(plan, of_points[k], of_points[i]); }))
      continue;
    std::erase_if(kept, [&](std::size_t k) { return beats(plan, of_points[i], of_points[k]); });
    kept.push_back(i);
  }
  for (const std::size_t i : kept) front[i] = true;
  return front;
}

std::vector<Sensitivity> sensitivities(const Plan& plan, const Points& points,
                                       const std::vector<Values>& of_points) {
  std::vector<Sensitivity> out;
  for (std::size_t axis = 0; axis < plan.axes.size(); ++axis) {
    const AlongAxis along(plan, points, of_points, axis);
    for (std::size_t objective = 0; objective < plan.objectives.size(); ++objective)
      out.push_back(along.of(objective));
  }
  return out;
}

}  // namespace kiesel::sweep
