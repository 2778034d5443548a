// Half precision on bits, for the loops over lanes: no branch, no table, so that the host's compiler
// vectorises it. A half lies in a 32-bit word, NaN-boxed: ones above its 16 bits.
#pragma once

#include "device/isa/instruction.hpp"
#include "device/model/interpreter/lanes.hpp"

namespace kiesel::model::KIESEL_HOST {

inline constexpr u32 kNanHalf = kBoxHalf | 0x7E00;

// What is not boxed counts as NaN.
KIESEL_INLINE u32 unboxed_half(u32 word) { return word >= kBoxHalf ? word : kNanHalf; }

// Exact.
KIESEL_INLINE float half_to_float(u32 word) {
  const u32 magnitude = (word & 0x7FFF) << 13;
  const u32 normal = magnitude + (112u << 23), special = magnitude + (224u << 23);
  // A subnormal's fraction under the exponent of the smallest normal half, less that half.
  constexpr u32 kSmallest = 113u << 23;
  const float tiny = single_of(magnitude + kSmallest) - single_of(kSmallest);
  const u32 bits = magnitude < (1u << 23) ? bits_of(tiny) : magnitude < (31u << 23) ? normal : special;
  return single_of(bits | (word & 0x8000) << 16);
}

// The float between which and zero `value` lies, its last bit set if anything was cut off: it rounds to half
// as `value` does (rounding to odd; S. Boldo and G. Melquiond, "Emulation of a FMA and correctly rounded
// sums", 2008).
KIESEL_INLINE u32 float_rounded_to_odd(double value) {
  const u64 bits = bits_of(value);
  const u64 magnitude = bits & 0x7FFFFFFFFFFFFFFF;
  constexpr u64 kSmallest = u64{897} << 52, kBeyond = u64{1151} << 52;
  const u64 cut = ((magnitude - (u64{896} << 52)) >> 29) | ((magnitude & 0x1FFFFFFF) != 0);
  const u64 large = magnitude > 0x7FF0000000000000   ? 0x7FC00000
                    : magnitude < 0x7FF0000000000000 ? 0x7F7FFFFF
                                                     : 0x7F800000;
  const u64 found = magnitude < kSmallest ? magnitude != 0 : magnitude < kBeyond ? cut : large;
  return static_cast<u32>(found | bits >> 63 << 31);
}

template <unsigned kMode>
KIESEL_INLINE u32 counts_up(u32 negative, u32 odd, u32 rest, u32 half) {
  if constexpr (kMode == isa::kRoundNearestEven) return rest + odd > half;
  if constexpr (kMode == isa::kRoundDown) return rest != 0 && negative;
  if constexpr (kMode == isa::kRoundUp) return rest != 0 && !negative;
  if constexpr (kMode == isa::kRoundNearestAway) return rest >= half;
  return 0;
}

// A float's bits to a boxed half.
template <unsigned kMode>
KIESEL_INLINE u32 float_bits_to_half(u32 bits) {
  const u32 magnitude = bits & 0x7FFFFFFF, negative = bits >> 31;
  const bool subnormal = magnitude < (113u << 23);
  const u32 implicit = magnitude < (1u << 23) ? 0 : 1u << 23;
  const u32 distance = 126 - (magnitude >> 23);
  const u32 shift = !subnormal ? 13 : distance < 25 ? distance : 25;
  const u32 digits = subnormal ? (magnitude & 0x7FFFFF) | implicit : magnitude - (112u << 23);
  const u32 whole = digits >> shift, rest = digits - (whole << shift);
  const u32 rounded = whole + counts_up<kMode>(negative, whole & 1, rest, 1u << (shift - 1));
  constexpr bool kNearest = kMode == isa::kRoundNearestEven || kMode == isa::kRoundNearestAway;
  const bool to_infinity =
      kNearest || (kMode == isa::kRoundUp && !negative) || (kMode == isa::kRoundDown && negative);
  const u32 large = to_infinity || magnitude == 0x7F800000 ? 0x7C00 : 0x7BFF;
  const u32 finite = rounded < 0x7C00 ? rounded : large;
  return magnitude > 0x7F800000 ? kNanHalf : kBoxHalf | negative << 15 | finite;
}

template <unsigned kMode>
KIESEL_INLINE u32 to_half(float value) {
  return float_bits_to_half<kMode>(bits_of(value));
}
template <unsigned kMode>
KIESEL_INLINE u32 to_half(double value) {
  return float_bits_to_half<kMode>(float_rounded_to_odd(value));
}

}  // namespace kiesel::model::KIESEL_HOST
