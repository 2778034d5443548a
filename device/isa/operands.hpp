// Where the operands of a format sit in the instruction word; decoder and encoder share it.
#pragma once

#include <cstdint>

namespace kiesel::isa::detail {

constexpr std::uint32_t bits(std::uint32_t word, unsigned low, unsigned count) {
  return (word >> low) & ((1u << count) - 1);
}
constexpr std::int64_t sign_extend(std::uint64_t value, unsigned width) {
  return static_cast<std::int64_t>(value << (64 - width)) >> (64 - width);
}

constexpr std::int64_t immediate_i(std::uint32_t w) { return sign_extend(bits(w, 20, 12), 12); }
constexpr std::int64_t immediate_s(std::uint32_t w) {
  return sign_extend(bits(w, 25, 7) << 5 | bits(w, 7, 5), 12);
}
constexpr std::int64_t immediate_b(std::uint32_t w) {
  return sign_extend(bits(w, 31, 1) << 12 | bits(w, 7, 1) << 11 | bits(w, 25, 6) << 5 | bits(w, 8, 4) << 1,
                     13);
}
constexpr std::int64_t immediate_j(std::uint32_t w) {
  return sign_extend(
      bits(w, 31, 1) << 20 | bits(w, 12, 8) << 12 | bits(w, 20, 1) << 11 | bits(w, 21, 10) << 1, 21);
}
constexpr std::int64_t immediate_u(std::uint32_t w) { return sign_extend(w & 0xFFFFF000u, 32); }

constexpr std::uint32_t place_i(std::uint32_t v) { return bits(v, 0, 12) << 20; }
constexpr std::uint32_t place_s(std::uint32_t v) { return bits(v, 5, 7) << 25 | bits(v, 0, 5) << 7; }
constexpr std::uint32_t place_b(std::uint32_t v) {
  return bits(v, 12, 1) << 31 | bits(v, 5, 6) << 25 | bits(v, 1, 4) << 8 | bits(v, 11, 1) << 7;
}
constexpr std::uint32_t place_j(std::uint32_t v) {
  return bits(v, 20, 1) << 31 | bits(v, 1, 10) << 21 | bits(v, 11, 1) << 20 | bits(v, 12, 8) << 12;
}

}  // namespace kiesel::isa::detail
