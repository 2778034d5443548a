// What a run's counts and a point's design amount to, and what follows for the sweep as a whole.
#pragma once

#include "device/counters.hpp"
#include "evaluation/sweep/points.hpp"

namespace kiesel::sweep {

// One number for each objective; none where it cannot be told.
using Values = std::vector<std::optional<double>>;

Values values_of(const Plan& plan, const Point& point, const device::LaunchCounts& counts);

// Of each objective over workloads: none where one has none or is not above zero.
Values geometric_means(const Plan& plan, const std::vector<Values>& of_workloads);

// Which points no other one beats in one objective without being beaten in another. Points without all values
// are not on it.
std::vector<bool> pareto_front(const Plan& plan, const std::vector<Values>& of_points);

// How an objective changes along an axis while all else stays.
struct Sensitivity {
  std::size_t axis = 0, objective = 0;
  // The factor for twice the axis's first key, where that has numbers above zero; else none.
  std::optional<double> doubling;
  std::size_t pairs = 0;  // of neighbours that were compared
  // The objective at each place of the axis beside the first one that has points: geometric means.
  Values levels;
};
std::vector<Sensitivity> sensitivities(const Plan& plan, const Points& points,
                                       const std::vector<Values>& of_points);

}  // namespace kiesel::sweep
