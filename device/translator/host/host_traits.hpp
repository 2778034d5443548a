// What hosts of a level do in one instruction, or cheaply: all that the translator knows of them.
#pragma once

#include <cstdint>

#include "device/translation/host_level.hpp"

namespace kiesel::translator {

using translation::HostLevel;

struct HostTraits {
  bool has_avx;          // upper halves of registers that code of other times must find cleared
  bool fuses;            // fused multiply-add, and rounding to a whole number
  bool has_masks;        // registers of one bit a lane: what is done under a mask costs no more
  bool gathers;          // loads of active lanes: of 32 and 64 bits from places of their own, of a whole row
  bool scatters;         // likewise stores
  bool converts_halves;  // 16 at once
  bool converts_longs;   // doubles to integers of 64 bits, and back
  bool takes_second;     // the smaller or larger of a NaN and b is b, also where the NaN is a signaling one
};

// Dot products of bytes, beside the level of this host.
inline bool host_has_dots() {
#ifdef __x86_64__
  return __builtin_cpu_supports("avx512vnni");
#else
  return false;
#endif
}

constexpr HostTraits host_traits(std::uint8_t host_level) {
  const auto level = static_cast<HostLevel>(host_level);
  const bool v3 = level >= HostLevel::kV3, v4 = level >= HostLevel::kV4;
#ifdef __x86_64__
  constexpr bool kX86 = true;
#else
  constexpr bool kX86 = false;
#endif
  return {.has_avx = v3,
          .fuses = v3 || !kX86,
          .has_masks = v4,
          .gathers = v3,
          .scatters = v4,
          .converts_halves = v4,
          .converts_longs = v4 || !kX86,
          .takes_second = kX86};
}

}  // namespace kiesel::translator
