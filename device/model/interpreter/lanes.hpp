// Registers of a warp as arrays over its lanes, and the loops over them that the host compiler vectorises.
// Included only by engine.cpp, which is compiled once for each host level: everything here lives in a
// namespace of that level, so that the linker never mixes code of two levels.
#pragma once

#include <cstdint>
#include <cstring>

#include "device/model/interpreter/warp.hpp"

#define KIESEL_INLINE inline __attribute__((always_inline))
// Iterations touch only their own lane, also where source and destination are one register.
#if defined(__clang__)
#define KIESEL_LANES(W, l) _Pragma("clang loop vectorize(assume_safety)") for (unsigned l = 0; l < (W); ++l)
#else
#define KIESEL_LANES(W, l) _Pragma("GCC ivdep") for (unsigned l = 0; l < (W); ++l)
#endif

namespace kiesel::model::KIESEL_HOST {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i8 = std::int8_t;
using i16 = std::int16_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

inline constexpr u8 kSink = 32;  // the register that takes writes to x0

inline constexpr u32 kNanSingle = 0x7FC00000;
inline constexpr u64 kNanDouble = 0x7FF8000000000000;
inline constexpr u64 kBoxSingle = 0xFFFFFFFF00000000;

// A float register holds either W values of 64 bits, or, where its bit in `single` is set, W floats in its
// first half: every lane then stands for a NaN-boxed single.
template <unsigned W>
struct Lanes : Warp {
  u32 single;
  alignas(64) u64 x[33][W];
  alignas(64) u64 f[32][W];
  alignas(64) u64 mask64[W];  // all ones in active lanes
  alignas(64) u32 mask32[W];
};

template <unsigned W>
KIESEL_INLINE Lanes<W>& lanes_of(Warp& warp) {
  return static_cast<Lanes<W>&>(warp);
}

template <unsigned W>
void set_mask(Warp& warp, u64 mask) {
  auto& w = lanes_of<W>(warp);
  w.account();
  w.mask = mask;
  w.partial = mask != w.full_mask || w.lanes != W;
  for (unsigned l = 0; l < W; ++l) {
    w.mask64[l] = -(mask >> l & 1);
    w.mask32[l] = static_cast<u32>(-(mask >> l & 1));
  }
}

template <class F>
KIESEL_INLINE void for_active(u64 mask, F f) {
  for (; mask; mask &= mask - 1) f(static_cast<unsigned>(__builtin_ctzll(mask)));
}

KIESEL_INLINE u64 blend(u64 mask, u64 yes, u64 no) { return (yes & mask) | (no & ~mask); }
KIESEL_INLINE u32 blend(u32 mask, u32 yes, u32 no) { return (yes & mask) | (no & ~mask); }
KIESEL_INLINE u32 bits_of(float v) { return __builtin_bit_cast(u32, v); }
KIESEL_INLINE u64 bits_of(double v) { return __builtin_bit_cast(u64, v); }
KIESEL_INLINE float single_of(u32 v) { return __builtin_bit_cast(float, v); }
KIESEL_INLINE double double_of(u64 v) { return __builtin_bit_cast(double, v); }

template <unsigned W, bool kFull, class F>
KIESEL_INLINE void write_x(Lanes<W>& w, unsigned rd, F value) {
  u64* d = w.x[rd];
  KIESEL_LANES(W, l) {
    const u64 v = value(l);
    d[l] = kFull ? v : blend(w.mask64[l], v, d[l]);
  }
}

// Float registers as singles: in place, or unboxed into `scratch`.
template <unsigned W>
KIESEL_INLINE const u32* read_single(Lanes<W>& w, unsigned r, u32* scratch) {
  if (w.single >> r & 1) [[likely]]
    return reinterpret_cast<const u32*>(w.f[r]);
  for (unsigned l = 0; l < W; ++l)
    scratch[l] = w.f[r][l] >= kBoxSingle ? static_cast<u32>(w.f[r][l]) : kNanSingle;
  return scratch;
}

template <unsigned W>
__attribute__((noinline)) void box_register(Lanes<W>& w, unsigned r) {
  u32 values[W];
  std::memcpy(values, w.f[r], sizeof values);
  for (unsigned l = 0; l < W; ++l) w.f[r][l] = kBoxSingle | values[l];
  w.single &= ~(1u << r);
}

// The register's values as singles, if every lane holds a boxed one.
template <unsigned W>
__attribute__((noinline)) bool unbox_register(Lanes<W>& w, unsigned r) {
  u64 all = ~u64{0};
  u32 values[W];
  for (unsigned l = 0; l < W; ++l) {
    all &= w.f[r][l];
    values[l] = static_cast<u32>(w.f[r][l]);
  }
  if (all < kBoxSingle) return false;
  std::memcpy(w.f[r], values, sizeof values);
  w.single |= 1u << r;
  return true;
}

template <unsigned W>
KIESEL_INLINE const u64* read_wide(Lanes<W>& w, unsigned r) {
  if (w.single >> r & 1) [[unlikely]]
    box_register(w, r);
  return w.f[r];
}

template <unsigned W, bool kFull, class F>
KIESEL_INLINE void write_single(Lanes<W>& w, unsigned rd, F value) {
  u32* d = reinterpret_cast<u32*>(w.f[rd]);
  if (kFull) {
    KIESEL_LANES(W, l) d[l] = value(l);
    w.single |= 1u << rd;
    return;
  }
  alignas(64) u32 v[W];
  KIESEL_LANES(W, l) v[l] = value(l);
  if ((w.single >> rd & 1) || unbox_register(w, rd)) {
    KIESEL_LANES(W, l) d[l] = blend(w.mask32[l], v[l], d[l]);
  } else {
    KIESEL_LANES(W, l) w.f[rd][l] = blend(w.mask64[l], kBoxSingle | v[l], w.f[rd][l]);
  }
}

template <unsigned W, bool kFull, class F>
KIESEL_INLINE void write_wide(Lanes<W>& w, unsigned rd, F value) {
  u64* d = w.f[rd];
  if (kFull) {
    KIESEL_LANES(W, l) d[l] = value(l);
    w.single &= ~(1u << rd);
    return;
  }
  alignas(64) u64 v[W];
  KIESEL_LANES(W, l) v[l] = value(l);
  if (w.single >> rd & 1) box_register(w, rd);
  KIESEL_LANES(W, l) d[l] = blend(w.mask64[l], v[l], d[l]);
}

// The value of a register that must be the same in all active lanes, or false after a fault.
template <unsigned W>
KIESEL_INLINE bool read_uniform(Lanes<W>& w, const Insn* insn, unsigned r, u64& value) {
  const unsigned top = 63 - static_cast<unsigned>(__builtin_clzll(w.mask));
  value = w.x[r][top];
  u64 differs = 0;
  for (unsigned l = 0; l < W; ++l) differs |= (w.x[r][l] ^ value) & w.mask64[l];
  if (!differs) [[likely]]
    return true;
  unsigned lane = 0;
  while (!(w.mask >> lane & 1) || w.x[r][lane] == value) ++lane;
  raise(w, insn, FaultKind::kNotUniform, lane);
  return false;
}

}  // namespace kiesel::model::KIESEL_HOST
