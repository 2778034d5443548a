#include "device/timing/energy.hpp"

namespace kiesel::timing {
namespace {

using enum device::CounterId;

constexpr double kFemto = 1e-15;

// Amounts in double: they are far from what it counts exactly only where nobody minds.
struct Amounts {
  const device::LaunchCounts& counts;
  double operator[](device::CounterId id) const { return static_cast<double>(counts[id]); }
};

}  // namespace

std::vector<EnergyPart> energy_of(const Design& design, const device::LaunchCounts& counts) {
  if (!design.has_energy || !counts.timed) return {};
  const Amounts c{counts};
  const double cores = design.cores;
  std::vector<EnergyPart> parts;
#define ENERGY(key, name, amount, meaning) \
  parts.push_back({#key, name, kFemto * design.energy.key * (amount)});
#include "device/timing/energy.def"
#undef ENERGY
  return parts;
}

double joules(const std::vector<EnergyPart>& parts) {
  double sum = 0;
  for (const EnergyPart& part : parts) sum += part.joules;
  return sum;
}

}  // namespace kiesel::timing
