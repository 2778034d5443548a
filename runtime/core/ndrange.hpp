// From a kernel object and sizes to a launch.
#pragma once

#include <array>
#include <cstdint>

#include "runtime/core/event.hpp"
#include "runtime/core/kernel.hpp"

namespace kiesel::runtime {

struct NDRange {
  cl_uint dimensions = 1;
  std::array<std::uint64_t, 3> offset{};         // work-items
  std::array<std::uint64_t, 3> global{1, 1, 1};  // work-items
  std::array<std::uint32_t, 3> local{1, 1, 1};   // work-groups at the ends may be smaller
};

// A work-group size for a NULL local_work_size: fills lanes, leaves work for all cores, divides the range;
// the last only if it must (`uniform`) or costs nothing.
std::array<std::uint32_t, 3> choose_local_size(const std::array<std::uint64_t, 3>& global,
                                               const device::Description& device, bool uniform);

// How often the work will be done: once need not leave a launch behind.
enum class Launches { kOnce, kMany };

// Takes the arguments as they are now. CL_INVALID_KERNEL_ARGS, CL_OUT_OF_RESOURCES (local memory), ...
Outcome<Event::Work> launch_work(Device& device, const Kernel& kernel, const NDRange& range,
                                 Launches launches);

}  // namespace kiesel::runtime
