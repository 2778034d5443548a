// Runs the launches of references on the cycle model, and compares what it counts with what was counted
// there. Threads: one.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "device/model/configuration.hpp"
#include "evaluation/validate/reference.hpp"

namespace kiesel::validate {

// Called again and again while a launch runs.
using Tick = std::function<void()>;

// What the model counts; each launch finds a device that nobody has used.
Result<device::LaunchCounts> run_case(const Case& launch, const model::Configuration& machine,
                                      const Tick& tick);

struct Deviation {
  device::CounterId id{};
  std::uint64_t ours = 0, reference = 0;

  // Of the reference's count, where 0 is taken as 1.
  double percent() const;
};

struct CaseResult {
  std::string name, kernel;
  std::string problem;                // why it could not run, or empty
  std::vector<Deviation> deviations;  // of each counter of the reference, in the order of counters.def

  const Deviation& of(device::CounterId id) const;
  bool is_within(double limit) const;  // instructions are equal, cycles within so many percent
};

struct ReferenceResult {
  std::string name, design, source;
  std::vector<CaseResult> cases;
};

CaseResult compare(const Case& launch, const Result<device::LaunchCounts>& counts);

// Of deviations in percent, without their signs.
struct Spread {
  std::size_t cases = 0;
  double median = 0, mean = 0, largest = 0;
  std::string at;  // the case of the largest
};
// Of one counter over all cases that ran and have it.
Spread spread_of(const std::vector<ReferenceResult>& results, device::CounterId id);

}  // namespace kiesel::validate
