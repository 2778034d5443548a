// Which OpenCL a target makes a device of: what the version and the profile demand of hardware
// (docs/capabilities.md).
#pragma once

#include <cstdint>

#include "device/isa/target.hpp"

namespace kiesel::isa {

struct OpenClLevel {
  std::uint32_t major, minor;
  bool full_profile;

  std::uint32_t number() const { return major * 100 + minor * 10; }  // as __OPENCL_VERSION__ has it
};

// Read-modify-write operations of 32 and 64 bits on global and local memory.
inline bool has_atomics(const Target& target) { return target.atomics && !target.global_atomics; }

// Atomics are in OpenCL since 1.1, in both profiles; what 2.0 and 2.1 demand besides is optional in 3.0, but
// sub-groups are not in 3.1. The full profile demands 32 KiB of local memory, 16 in 1.0, the embedded one 1.
inline OpenClLevel opencl_level(const Target& target) {
  constexpr std::uint32_t kFull = 32 << 10, kFullBefore11 = 16 << 10;
  if (has_atomics(target)) return {3, target.votes ? 1U : 0U, target.local_memory_bytes >= kFull};
  return {1, 0, target.local_memory_bytes >= kFullBefore11};
}

}  // namespace kiesel::isa
