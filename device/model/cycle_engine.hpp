// The engine that runs launches on a design, cycle by cycle: one at a time, as the design's dispatcher does.
// Results are the interpreter's.
#pragma once

#include <memory>
#include <mutex>

#include "device/counters.hpp"
#include "device/model/placement.hpp"
#include "device/model/traced_work.hpp"
#include "device/timing/machine.hpp"

namespace kiesel::model {

class CycleEngine {
 public:
  // With so many threads of the host at most.
  CycleEngine(Memory& memory, const Engine& engine, const Configuration& configuration, unsigned threads);

  struct Result {
    Core::Outcome outcome = Core::Outcome::kDone;
    std::uint64_t cycles = 0;
    CoreCounters counters;
  };
  // Of the option sample: runs work-groups from one up to another without a clock, and adds what they did.
  using Untimed =
      std::function<Core::Outcome(std::uint64_t first, std::uint64_t end, CoreCounters& counters)>;
  // `counts`: where counts are added, or null. After a fault `told` is called with the state of the core that
  // faulted, while it stays as it is.
  Result run(const LaunchContext& launch, device::LaunchCounts* counts,
             const std::function<void(const CoreState&)>& told, const Untimed& untimed);
  Placement& placement() { return placement_; }

 private:
  Core::Outcome run_timed(const std::function<void(const CoreState&)>& told);
  Result run_sampled(const LaunchContext& launch, device::LaunchCounts* counts,
                     const std::function<void(const CoreState&)>& told, const Untimed& untimed);
  Result run_estimated(const Stratum& stratum, std::uint64_t groups, device::LaunchCounts* counts,
                       const Untimed& untimed);
  void add_counts(const LaunchContext& launch, device::LaunchCounts& counts);

  const Configuration& configuration_;
  Placement placement_;
  std::mutex mutex_;  // one launch at a time
  timing::Machine machine_;
  TracedWork work_;
  LaunchSamples samples_;
};

}  // namespace kiesel::model
