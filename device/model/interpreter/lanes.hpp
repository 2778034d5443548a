// Registers of a warp as arrays over its lanes, and the loops over them that the host compiler vectorises.
// Included only by engine.cpp, which is compiled once for each host level: everything here lives in a
// namespace of that level, so that the linker never mixes code of two levels.
#pragma once

#include <cstdint>
#include <cstring>

#include "device/model/interpreter/warp.hpp"

#if defined(__AVX512DQ__)
#include <immintrin.h>
#define KIESEL_BIT_MASKS 1  // the host blends by a bit for each lane
#else
#define KIESEL_BIT_MASKS 0
#endif

#define KIESEL_INLINE inline __attribute__((always_inline))
// The lanes' part of an instruction that lines spare: apart, so that the line's part needs no stack frame.
#define KIESEL_APART __attribute__((noinline))
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
inline constexpr u32 kBoxHalf = 0xFFFF0000;

// How an integer register is kept. What is the same in all lanes, or grows by the same amount from lane to
// lane, is kept as a line, base + slope * lane, and computed once for the warp. Its array is filled when an
// instruction needs it. Lines are for all lanes of the warp: a write under a mask ends them.
using Form = u8;
inline constexpr Form kVaries = 1;  // only the array has the value
inline constexpr Form kSloped = 2;  // a line whose slope is not zero
inline constexpr Form kStale = 4;   // a line that the array does not have yet

// A float register holds either W values of 64 bits, or, where its bit in `single` is set, W floats in its
// first half: every lane then stands for a NaN-boxed single, which may be a NaN-boxed half.
template <unsigned W>
struct Lanes : Warp {
  u32 single;
  Form form[33];
  u64 base[33], slope[33];
  alignas(64) u64 x[33][W];  // through read_x, modify_x and the write functions
  alignas(64) u64 f[32][W];
#if !KIESEL_BIT_MASKS
  alignas(64) u64 mask64[W];  // all ones in active lanes
  alignas(64) u32 mask32[W];
#endif
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
#if !KIESEL_BIT_MASKS
  for (unsigned l = 0; l < W; ++l) {
    w.mask64[l] = -(mask >> l & 1);
    w.mask32[l] = static_cast<u32>(-(mask >> l & 1));
  }
#endif
}

template <class F>
KIESEL_INLINE void for_active(u64 mask, F f) {
  for (; mask; mask &= mask - 1) f(static_cast<unsigned>(__builtin_ctzll(mask)));
}

KIESEL_INLINE u32 bits_of(float v) { return __builtin_bit_cast(u32, v); }
KIESEL_INLINE u64 bits_of(double v) { return __builtin_bit_cast(u64, v); }
KIESEL_INLINE float single_of(u32 v) { return __builtin_bit_cast(float, v); }
KIESEL_INLINE double double_of(u64 v) { return __builtin_bit_cast(double, v); }

#if KIESEL_BIT_MASKS
// What is blended for a whole store. The compiler would make a masked store of a blend with what is there: a
// load that follows would have to wait until that has left the processor's store queue.
KIESEL_INLINE __m512i keep(__m512i old) {
  asm("" : "+v"(old));
  return old;
}
#endif

// d takes v in the active lanes.
template <unsigned W>
KIESEL_INLINE void merge(const Lanes<W>& w, u64* d, const u64* v) {
#if KIESEL_BIT_MASKS
  for (unsigned l = 0; l < W; l += 8)
    _mm512_store_si512(
        d + l, _mm512_mask_mov_epi64(keep(_mm512_load_si512(d + l)), static_cast<__mmask8>(w.mask >> l),
                                     _mm512_load_si512(v + l)));
#else
  KIESEL_LANES(W, l) d[l] = (v[l] & w.mask64[l]) | (d[l] & ~w.mask64[l]);
#endif
}
template <unsigned W>
KIESEL_INLINE void merge(const Lanes<W>& w, u32* d, const u32* v) {
#if KIESEL_BIT_MASKS
  if constexpr (W >= 16) {
    for (unsigned l = 0; l < W; l += 16)
      _mm512_store_si512(
          d + l, _mm512_mask_mov_epi32(keep(_mm512_load_si512(d + l)), static_cast<__mmask16>(w.mask >> l),
                                       _mm512_load_si512(v + l)));
  } else {
    const __m256i old = _mm256_load_si256(reinterpret_cast<const __m256i*>(d));
    const __m256i fresh = _mm256_load_si256(reinterpret_cast<const __m256i*>(v));
    _mm256_store_si256(reinterpret_cast<__m256i*>(d),
                       _mm256_mask_mov_epi32(old, static_cast<__mmask8>(w.mask), fresh));
  }
#else
  KIESEL_LANES(W, l) d[l] = (v[l] & w.mask32[l]) | (d[l] & ~w.mask32[l]);
#endif
}

// The lanes whose value(lane) is not zero, as bits; also inactive ones.
template <unsigned W, class F>
KIESEL_INLINE u64 lanes_with(F value) {
  u64 bits = 0;
#if KIESEL_BIT_MASKS
  alignas(64) u64 v[W];
  KIESEL_LANES(W, l) v[l] = value(l);
  for (unsigned l = 0; l < W; l += 8) {
    const __m512i part = _mm512_load_si512(v + l);
    bits |= static_cast<u64>(_mm512_test_epi64_mask(part, part)) << l;
  }
#else
  for (unsigned l = 0; l < W; ++l) bits |= static_cast<u64>(value(l) != 0) << l;
#endif
  return bits;
}

KIESEL_INLINE bool is_uniform(Form forms) { return !(forms & (kVaries | kSloped)); }
KIESEL_INLINE bool is_line(Form forms) { return !(forms & kVaries); }

// Apart, since nearly every handler may need it and few calls of one do.
template <unsigned W>
KIESEL_APART void fill(Lanes<W>& w, unsigned r) {
  const u64 base = w.base[r], slope = w.slope[r];
  KIESEL_LANES(W, l) w.x[r][l] = base + slope * l;
  w.form[r] &= static_cast<Form>(~kStale);
}

template <unsigned W>
KIESEL_INLINE const u64* read_x(Lanes<W>& w, unsigned r) {
  if (w.form[r] & kStale) fill(w, r);
  return w.x[r];
}

// For instructions that write some lanes themselves.
template <unsigned W>
KIESEL_INLINE u64* modify_x(Lanes<W>& w, unsigned r) {
  if (w.form[r] & kStale) fill(w, r);
  w.form[r] = kVaries;
  return w.x[r];
}

template <unsigned W, bool kFull, class F>
KIESEL_INLINE void write_x(Lanes<W>& w, unsigned rd, F value) {
  if (kFull) {
    u64* d = w.x[rd];
    w.form[rd] = kVaries;
    KIESEL_LANES(W, l) d[l] = value(l);
    return;
  }
  alignas(64) u64 v[W];
  KIESEL_LANES(W, l) v[l] = value(l);
  merge(w, modify_x(w, rd), v);
}

template <unsigned W, bool kFull>
KIESEL_INLINE void write_line(Lanes<W>& w, unsigned rd, u64 base, u64 slope) {
  if (kFull) {
    w.base[rd] = base;
    w.slope[rd] = slope;
    w.form[rd] = slope ? kSloped | kStale : kStale;
  } else {
    write_x<W, false>(w, rd, [&](unsigned l) { return base + slope * l; });
  }
}

template <unsigned W, bool kFull>
KIESEL_INLINE void write_uniform(Lanes<W>& w, unsigned rd, u64 value) {
  if (!kFull && is_uniform(w.form[rd]) && w.base[rd] == value) return;
  if (kFull)
    write_line<W, true>(w, rd, value, 0);
  else
    write_x<W, false>(w, rd, [&](unsigned) { return value; });
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
  if (!w.partial || (w.single >> rd & 1) || unbox_register(w, rd)) {
    merge(w, d, v);
    w.single |= 1u << rd;
  } else {
    alignas(64) u64 boxed[W];
    KIESEL_LANES(W, l) boxed[l] = kBoxSingle | v[l];
    merge(w, w.f[rd], boxed);
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
  merge(w, d, v);
}

template <unsigned W>
KIESEL_APART bool read_uniform_lanes(Lanes<W>& w, const Insn* insn, unsigned r, u64& value) {
  const u64* x = read_x(w, r);
  value = x[63 - __builtin_clzll(w.mask)];
  const u64 differs = lanes_with<W>([&](unsigned l) { return x[l] ^ value; }) & w.mask;
  if (!differs) [[likely]]
    return true;
  raise(w, insn, FaultKind::kNotUniform, static_cast<unsigned>(__builtin_ctzll(differs)));
  return false;
}

// The value of a register that must be the same in all active lanes, or false after a fault.
template <unsigned W>
KIESEL_INLINE bool read_uniform(Lanes<W>& w, const Insn* insn, unsigned r, u64& value) {
  if (!is_uniform(w.form[r])) return read_uniform_lanes(w, insn, r, value);
  value = w.base[r];
  return true;
}

}  // namespace kiesel::model::KIESEL_HOST
