// How large a target's sub-groups are.
#pragma once

#include <cstdint>
#include <vector>

#include "device/isa/target.hpp"

namespace kiesel::isa {

// The sizes that a kernel may require (cl_intel_required_subgroup_size), rising. The last one is the warp,
// which kernels have that require none; the others are parts of it. Empty where there are no sub-groups.
inline std::vector<std::uint32_t> sub_group_sizes(const Target& target) {
  if (!target.votes) return {};
  std::vector<std::uint32_t> sizes;
  for (const std::uint32_t part : {8, 16, 32})
    if (part < target.lanes) sizes.push_back(part);  // lanes are a power of two, too
  sizes.push_back(target.lanes);
  return sizes;
}

}  // namespace kiesel::isa
