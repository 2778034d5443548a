// What hosts of a level do in one instruction, or cheaply: all that the translator knows of them.
#pragma once

#include <cstdint>

#include "device/model/host_level.hpp"

namespace kiesel::model::translator {

struct HostTraits {
  bool has_avx;          // upper halves of registers that code of other times must find cleared
  bool fuses;            // fused multiply-add, and rounding to a whole number
  bool has_masks;        // registers of one bit a lane: what is done under a mask costs no more
  bool gathers;          // loads of active lanes: of 32 and 64 bits from places of their own, of a whole row
  bool scatters;         // likewise stores
  bool converts_halves;  // 16 at once
};

constexpr HostTraits host_traits(std::uint8_t level) {
  switch (static_cast<HostLevel>(level)) {
    case HostLevel::kBase:
      return {};
    case HostLevel::kV3:
      return {.has_avx = true,
              .fuses = true,
              .has_masks = false,
              .gathers = true,
              .scatters = false,
              .converts_halves = false};
    default:
      return {.has_avx = true,
              .fuses = true,
              .has_masks = true,
              .gathers = true,
              .scatters = true,
              .converts_halves = true};
  }
}

}  // namespace kiesel::model::translator
