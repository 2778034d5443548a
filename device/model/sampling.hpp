// The option sample: which launches, and which of a launch's work-groups, the cycle model times, and what
// follows from them for the rest. Launches of a kernel with work-groups of one size, as many to within the
// root of two, are a stratum; of a launch that is timed, runs of neighbouring work-groups are, spread evenly.
// The rest is run all the same, without a clock, so that results are those of any other engine. (Strata as by
// S. Naderan-Tahan et al., "Sieve", ISPASS 2023; ratio estimates and their errors as by W. G. Cochran,
// "Sampling Techniques".) Threads: one at a time.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <vector>

#include "device/counters.hpp"

namespace kiesel::model {

// Runs of neighbouring work-groups, all of one length, from the first one of a launch to its last.
struct GroupSample {
  std::uint64_t groups = 0;            // of the launch
  std::uint64_t runs = 1, length = 0;  // of those that are timed

  std::uint64_t count() const { return runs * length; }
  bool is_whole() const { return count() == groups; }
  std::uint64_t begin_of(std::uint64_t run) const;  // a work-group's number
  std::uint64_t at(std::uint64_t index) const {
    return runs == 1 ? index : begin_of(index / length) + index % length;
  }
};
GroupSample whole(std::uint64_t groups);
// Of a launch whose design has room for so many work-groups at a time; the whole launch where that is hardly
// more.
GroupSample choose_groups(std::uint64_t groups, std::uint64_t at_a_time);

struct CycleEstimate {
  double cycles = 0;
  double error = 0;  // two standard errors, in cycles
};
// Of the launch, when those of `sample` took `cycles` and started at `starts` by their order there. `weight`:
// instructions of a work-group that was not timed by those of one that was.
CycleEstimate estimate_launch(const GroupSample& sample, std::uint64_t at_a_time, std::uint64_t cycles,
                              std::vector<std::uint64_t> starts, double weight);

// Of which launches one stands for another.
struct Stratum {
  std::uint64_t module = 0, entry = 0;
  std::array<std::uint32_t, 3> local_size{};
  std::uint32_t local_memory_bytes = 0;
  std::uint32_t half_octave = 0;  // of the number of work-groups
  auto operator<=>(const Stratum&) const = default;
};
std::uint32_t half_octave_of(std::uint64_t groups);

// What a launch that was timed took. Instructions are those of warps that all start at the kernel's start, as
// engines without a clock run them.
struct TimedLaunch {
  double instructions = 0;
  CycleEstimate time;
  device::LaunchCounts counts;
};

class LaunchSamples {
 public:
  // The next launch of the stratum is to be timed.
  bool wants(const Stratum& stratum);
  void add(const Stratum& stratum, const TimedLaunch& launch);
  // Of a launch of the stratum that was not; one at least was.
  TimedLaunch estimate(const Stratum& stratum, std::uint64_t instructions) const;

 private:
  struct Sums {
    std::uint64_t seen = 0, timed = 0;
    double cycles = 0, instructions = 0, error = 0;
    double cycles_squared = 0, instructions_squared = 0, product = 0;
    device::LaunchCounts counts;

    double relative_error() const;
  };
  std::map<Stratum, Sums> strata_;
};

// So many times as much, cycles apart from which the caller knows better.
device::LaunchCounts scaled(const device::LaunchCounts& counts, double factor);

}  // namespace kiesel::model
