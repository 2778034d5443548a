// What all devices do with a launch before it runs.
#pragma once

#include <string>

#include "device/device.hpp"
#include "device/isa/launch_block.hpp"

namespace kiesel::device {

struct LaunchLimits {
  const isa::Target& target;
  std::uint32_t cores;
  std::uint64_t private_memory_bytes;  // of one lane
  bool core_ranges;                    // launches may name some of the cores
};

Error invalid_launch(const Launch& launch, std::string reason);
// Whether a device of these limits can run it: sizes, work-groups, cores, memory. kInvalidArgument.
Status check_launch(const Launch& launch, const LaunchLimits& limits);

// The header of its launch block, but for what only the device knows.
isa::LaunchHeader launch_header(const Launch& launch);

}  // namespace kiesel::device
