// Half precision on the host, to compare with.
#pragma once

#include <cfenv>
#include <cmath>
#include <cstdint>

namespace kiesel::compiler::builtins::test {

inline double half_value(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  if (exponent == 31) return fraction ? std::nan("") : bits >> 15 ? -INFINITY : INFINITY;
  const double magnitude = exponent ? std::ldexp(1024 + fraction, exponent - 25) : std::ldexp(fraction, -24);
  return bits >> 15 ? -magnitude : magnitude;
}

// The half next to a value in a rounding mode; searched, not computed.
inline std::uint16_t half_bits(double value, int mode) {
  const std::uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  const double magnitude = std::fabs(value);
  if (!(magnitude < INFINITY)) return sign | (std::isnan(value) ? 0x7e00 : 0x7c00);
  std::uint16_t low = 0;
  for (int step = 1 << 14; step; step /= 2)
    if (low + step < 0x7c00 && half_value(static_cast<std::uint16_t>(low + step)) <= magnitude)
      low = static_cast<std::uint16_t>(low + step);
  if (half_value(low) == magnitude) return sign | low;
  const bool away = mode == FE_UPWARD ? !sign : mode == FE_DOWNWARD ? sign != 0 : false;
  if (mode != FE_TONEAREST) return sign | static_cast<std::uint16_t>(low + away);
  const double next = low == 0x7bff ? 65536 : half_value(static_cast<std::uint16_t>(low + 1));
  const double below = magnitude - half_value(low), above = next - magnitude;
  return sign | static_cast<std::uint16_t>(low + (above < below || (above == below && (low & 1))));
}

}  // namespace kiesel::compiler::builtins::test
