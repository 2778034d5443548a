// Figures that follow from counts: one table, from which profiles, comparisons and docs/profile.md are made.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "device/timing/energy.hpp"
#include "evaluation/profile/data.hpp"
#include "evaluation/profile/machine.hpp"

namespace kiesel::profile {

// What figures are made of: one kernel on its device.
struct Subject {
  const KernelData& kernel;
  const DeviceNote& device;
  const Machine& machine;

  double count(device::CounterId id) const { return static_cast<double>(kernel.counts[id]); }
  double launches() const { return static_cast<double>(kernel.launches); }
  bool counted() const { return kernel.counted != 0; }
  // With a clock in every launch.
  bool timed() const { return kernel.counts.timed && !kernel.untimed_launches; }
  double line_bytes() const { return machine.line_bytes ? machine.line_bytes : device.line_bytes; }
  double core_cycles() const { return count(device::CounterId::cycles) * device.cores; }
  double device_seconds() const;  // 0 where there is no clock
  // By part, in joules; empty where the design has no table for it, or no clock.
  std::vector<timing::EnergyPart> energy() const;
};

enum class Better { kNeither, kHigher, kLower };

struct Figure {
  std::string_view id, name, unit;  // "%" is of 100, "ratio" has none
  Better better;
  std::string_view meaning;
  std::optional<double> (*of)(const Subject&);  // none where it cannot be told
};
std::span<const Figure> figures();

// How much of what a design can do at most in its time a kernel uses: the largest one limits it.
struct Limit {
  std::string_view id, name;
  double used;  // of 1
  std::string_view meaning;
};
std::vector<Limit> limits_of(const Subject& subject);  // nothing without a clock

}  // namespace kiesel::profile
