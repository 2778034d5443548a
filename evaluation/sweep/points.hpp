// The designs of a sweep: each named design with each combination of the axes' values.
#pragma once

#include "device/model/configuration.hpp"
#include "evaluation/sweep/plan.hpp"

namespace kiesel::sweep {

struct Point {
  std::size_t number = 0;       // among all combinations, from 0
  std::size_t design = 0;       // of Plan::designs
  std::vector<std::size_t> at;  // the row of each axis
  std::string text;             // the design's file
  bool as_named = false;        // the axes and settings change nothing
  model::Configuration configuration;

  std::string name(const Plan& plan) const;  // "vortex-4x4, lanes = 8"
};

struct Points {
  std::vector<Point> points;
  std::uint64_t combinations = 0;
  std::uint64_t excluded = 0;  // by conditions
  std::uint64_t invalid = 0;   // are no designs, and left out
};

// How many combinations there are, before conditions and sampling; the largest number when there are more.
std::uint64_t combinations(const Plan& plan);

// kInvalidArgument with the plan's line for a combination that is no design, unless the plan leaves it out.
Result<Points> make_points(const Plan& plan);

}  // namespace kiesel::sweep
