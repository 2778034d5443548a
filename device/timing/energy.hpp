// What a launch costs in energy, where a design's file has a table for it: counts times what each of them
// takes. An estimate. Published ones of this kind are within 15 to 30 % of chips when the table is measured
// on one, and as good as their source where it is not.
#pragma once

#include <string_view>
#include <vector>

#include "device/counters.hpp"
#include "device/timing/design.hpp"

namespace kiesel::timing {

struct EnergyPart {
  std::string_view key, name;
  double joules = 0;
};
// By part, in the order of energy.def; empty where the design has no table, or the counts have no clock.
std::vector<EnergyPart> energy_of(const Design& design, const device::LaunchCounts& counts);
double joules(const std::vector<EnergyPart>& parts);

}  // namespace kiesel::timing
