// The first instructions of a kernel on Vortex: the driver starts warps at the beginning of a module, and the
// program lies elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kiesel::vortex {

inline constexpr const char* kStubName = "kernel";

// Goes on at `start`. Work-groups whose number in x is `groups_x` or more end at once; 0: none do.
std::vector<std::uint32_t> stub_code(std::uint64_t start, std::uint32_t groups_x);

// A module as the driver reads it, with one kernel whose entry is `entry`.
std::vector<std::byte> module_image(std::uint64_t address, std::uint64_t entry,
                                    const std::vector<std::uint32_t>& code);

}  // namespace kiesel::vortex
