// Floating point on the host's own arithmetic: rounding to nearest even, flags not kept. Whatever needs more
// goes to soft_lanes(). Host arithmetic is IEEE 754; only NaN results have to be made canonical.
#pragma once

#include "device/model/interpreter/lanes.hpp"
#include "device/model/interpreter/soft_float.hpp"

namespace kiesel::model::KIESEL_HOST {

// How float registers are read and written as values of T.
template <class T>
struct Real;
template <>
struct Real<float> {
  using Bits = u32;
  static constexpr Bits kNan = kNanSingle, kSign = 0x80000000;
  static KIESEL_INLINE float value(Bits v) { return single_of(v); }
};
template <>
struct Real<double> {
  using Bits = u64;
  static constexpr Bits kNan = kNanDouble, kSign = 0x8000000000000000;
  static KIESEL_INLINE double value(Bits v) { return double_of(v); }
};

template <class T, unsigned W>
KIESEL_INLINE const auto* read_f(Lanes<W>& w, unsigned r, [[maybe_unused]] u32* scratch) {
  if constexpr (sizeof(T) == 4)
    return read_single(w, r, scratch);
  else
    return read_wide(w, r);
}
template <class T, unsigned W, bool kFull, class F>
KIESEL_INLINE void write_f(Lanes<W>& w, unsigned rd, F value) {
  if constexpr (sizeof(T) == 4)
    write_single<W, kFull>(w, rd, value);
  else
    write_wide<W, kFull>(w, rd, value);
}

template <class T>
KIESEL_INLINE auto canonical(T v) {
  return v == v ? bits_of(v) : Real<T>::kNan;
}

KIESEL_INLINE float fused(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
KIESEL_INLINE double fused(double a, double b, double c) { return __builtin_fma(a, b, c); }
KIESEL_INLINE float root(float a) { return __builtin_sqrtf(a); }
KIESEL_INLINE double root(double a) { return __builtin_sqrt(a); }

// rs2 of one-operand instructions is read as x0's twin f0 and ignored.
struct Do_fadd {
  template <class T>
  static KIESEL_INLINE T of(T a, T b, T) {
    return a + b;
  }
};
struct Do_fsub {
  template <class T>
  static KIESEL_INLINE T of(T a, T b, T) {
    return a - b;
  }
};
struct Do_fmul {
  template <class T>
  static KIESEL_INLINE T of(T a, T b, T) {
    return a * b;
  }
};
struct Do_fdiv {
  template <class T>
  static KIESEL_INLINE T of(T a, T b, T) {
    return a / b;
  }
};
struct Do_fsqrt {
  template <class T>
  static KIESEL_INLINE T of(T a, T, T) {
    return root(a);
  }
};
struct Do_fmadd {
  template <class T>
  static KIESEL_INLINE T of(T a, T b, T c) {
    return fused(a, b, c);
  }
};
struct Do_fmsub {
  template <class T>
  static KIESEL_INLINE T of(T a, T b, T c) {
    return fused(a, b, -c);
  }
};
struct Do_fnmsub {
  template <class T>
  static KIESEL_INLINE T of(T a, T b, T c) {
    return fused(-a, b, c);
  }
};
struct Do_fnmadd {
  template <class T>
  static KIESEL_INLINE T of(T a, T b, T c) {
    return fused(-a, b, -c);
  }
};

// On bit patterns.
struct Do_fsgnj {
  template <class R>
  static KIESEL_INLINE auto of(typename R::Bits a, typename R::Bits b) {
    return static_cast<typename R::Bits>((a & ~R::kSign) | (b & R::kSign));
  }
};
struct Do_fsgnjn {
  template <class R>
  static KIESEL_INLINE auto of(typename R::Bits a, typename R::Bits b) {
    return static_cast<typename R::Bits>((a & ~R::kSign) | (~b & R::kSign));
  }
};
struct Do_fsgnjx {
  template <class R>
  static KIESEL_INLINE auto of(typename R::Bits a, typename R::Bits b) {
    return static_cast<typename R::Bits>(a ^ (b & R::kSign));
  }
};

// The number where one operand is NaN; -0 is less than +0.
template <bool kMax>
struct FMinMax {
  template <class R>
  static KIESEL_INLINE auto of(typename R::Bits a, typename R::Bits b) {
    const auto x = R::value(a), y = R::value(b);
    const bool a_first =
        kMax ? (x > y || (x == y && !(a & R::kSign))) : (x < y || (x == y && (a & R::kSign)));
    auto chosen = a_first ? a : b;
    chosen = x == x ? chosen : b;
    chosen = y == y ? chosen : a;
    return x == x || y == y ? chosen : R::kNan;
  }
};

using Do_fmin = FMinMax<false>;
using Do_fmax = FMinMax<true>;

struct Do_feq {
  template <class T>
  static KIESEL_INLINE u64 of(T a, T b) {
    return a == b;
  }
};
struct Do_flt {
  template <class T>
  static KIESEL_INLINE u64 of(T a, T b) {
    return a < b;
  }
};
struct Do_fle {
  template <class T>
  static KIESEL_INLINE u64 of(T a, T b) {
    return a <= b;
  }
};

// Any instruction of F, D, Zfh, in software, one active lane after the other.
template <unsigned W>
__attribute__((noinline)) const Insn* soft_lanes(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  const auto& syntax = isa::info(insn->op).syntax;
  const unsigned rounding = insn->rounding == isa::kRoundDynamic ? w.rounding : insn->rounding;
  if (rounding > 4)
    return raise(w, insn, FaultKind::kIllegal, static_cast<unsigned>(__builtin_ctzll(w.mask)));
  const bool from_x = syntax[3] == 's', to_x = syntax[0] == 'd';
  const u64* a = from_x ? read_x(w, insn->rs1) : read_wide(w, insn->rs1);
  const u64 *b = read_wide(w, insn->rs2), *c = read_wide(w, insn->rs3);
  u64* d = to_x ? modify_x(w, insn->rd) : (read_wide(w, insn->rd), w.f[insn->rd]);
  for_active(w.mask, [&](unsigned l) { d[l] = soft_float(insn->op, rounding, a[l], b[l], c[l], w.flags); });
  return insn + 1;
}

// A dynamic rounding mode other than to nearest even is rare enough to go to software.
KIESEL_INLINE bool rounds_otherwise(const Warp& w, const Insn* insn) {
  return w.rounding != 0 && insn->rounding == isa::kRoundDynamic;
}

template <unsigned W, class T, class Do>
KIESEL_APART const Insn* float_arithmetic_mixed(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  alignas(64) u32 scratch[3][W];
  const auto* a = read_f<T>(w, insn->rs1, scratch[0]);
  const auto* b = read_f<T>(w, insn->rs2, scratch[1]);
  const auto* c = read_f<T>(w, insn->rs3, scratch[2]);
  using R = Real<T>;
  write_f<T, W, false>(w, insn->rd, [&](unsigned l) {
    return canonical(Do::template of<T>(R::value(a[l]), R::value(b[l]), R::value(c[l])));
  });
  return insn + 1;
}

// In place where all registers hold values of T's size.
template <unsigned W, bool kFull, class T, class Do>
const Insn* float_arithmetic(Warp& warp, const Insn* insn) {
  if (rounds_otherwise(warp, insn)) [[unlikely]]
    return soft_lanes<W>(warp, insn);
  auto& w = lanes_of<W>(warp);
  const u32 other = sizeof(T) == 4 ? ~w.single : w.single;
  const u32 mixed =
      other >> insn->rs1 | other >> insn->rs2 | other >> insn->rs3 | (kFull ? 0 : other >> insn->rd);
  if (mixed & 1) [[unlikely]]
    return float_arithmetic_mixed<W, T, Do>(warp, insn);
  using R = Real<T>;
  using Bits = typename R::Bits;
  const auto* a = reinterpret_cast<const Bits*>(w.f[insn->rs1]);
  const auto* b = reinterpret_cast<const Bits*>(w.f[insn->rs2]);
  const auto* c = reinterpret_cast<const Bits*>(w.f[insn->rs3]);
  auto* d = reinterpret_cast<Bits*>(w.f[insn->rd]);
  const auto value = [&](unsigned l) {
    return canonical(Do::template of<T>(R::value(a[l]), R::value(b[l]), R::value(c[l])));
  };
  if (kFull) {
    write_f<T, W, true>(w, insn->rd, value);
    return insn + 1;
  }
  alignas(64) Bits v[W];
  KIESEL_LANES(W, l) v[l] = value(l);
  merge(w, d, v);
  return insn + 1;
}

template <unsigned W, bool kFull, class T, class Do>
const Insn* float_bits(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  alignas(64) u32 scratch[2][W];
  const auto* a = read_f<T>(w, insn->rs1, scratch[0]);
  const auto* b = read_f<T>(w, insn->rs2, scratch[1]);
  write_f<T, W, kFull>(w, insn->rd, [&](unsigned l) { return Do::template of<Real<T>>(a[l], b[l]); });
  return insn + 1;
}

template <unsigned W, bool kFull, class T, class Do>
const Insn* float_compare(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  alignas(64) u32 scratch[2][W];
  const auto* a = read_f<T>(w, insn->rs1, scratch[0]);
  const auto* b = read_f<T>(w, insn->rs2, scratch[1]);
  using R = Real<T>;
  write_x<W, kFull>(w, insn->rd, [&](unsigned l) { return Do::of(R::value(a[l]), R::value(b[l])); });
  return insn + 1;
}

template <unsigned kMode>
KIESEL_INLINE double rounded(double v) {
  if constexpr (kMode == isa::kRoundNearestEven) return __builtin_rint(v);
  if constexpr (kMode == isa::kRoundDown) return __builtin_floor(v);
  if constexpr (kMode == isa::kRoundUp) return __builtin_ceil(v);
  const double whole = __builtin_trunc(v);
  if constexpr (kMode == isa::kRoundTowardsZero) return whole;
  return __builtin_fabs(v - whole) >= 0.5 ? whole + __builtin_copysign(1.0, v) : whole;
}

template <unsigned W, unsigned kMode>
KIESEL_INLINE void round_all(double* v) {
  KIESEL_LANES(W, l) v[l] = rounded<kMode>(v[l]);
}

// To whole numbers in an instruction's rounding mode; a dynamic one is to nearest even here. Apart, as is
// to_integers(), so that conversions to integers share one loop for each mode and one for each type.
template <unsigned W>
KIESEL_APART void round_lanes(double* v, unsigned mode) {
  switch (mode) {
    case isa::kRoundNearestEven:
    case isa::kRoundDynamic:
      return round_all<W, isa::kRoundNearestEven>(v);
    case isa::kRoundTowardsZero:
      return round_all<W, isa::kRoundTowardsZero>(v);
    case isa::kRoundDown:
      return round_all<W, isa::kRoundDown>(v);
    case isa::kRoundUp:
      return round_all<W, isa::kRoundUp>(v);
    default:
      return round_all<W, isa::kRoundNearestAway>(v);
  }
}

// Saturating, NaN becomes the largest; every int32 and every float is exact as a double.
template <class I>
KIESEL_INLINE u64 to_integer(double whole) {
  constexpr bool kSigned = static_cast<I>(-1) < 0;
  constexpr double kEnd = sizeof(I) == 4 ? (kSigned ? 0x1p31 : 0x1p32) : (kSigned ? 0x1p63 : 0x1p64);
  constexpr double kBegin = kSigned ? -kEnd : 0;
  constexpr I kLast = static_cast<I>(kSigned ? ~u64{0} >> (65 - 8 * sizeof(I)) : ~u64{0});
  constexpr I kFirst = kSigned ? static_cast<I>(-kLast - 1) : 0;
  const bool inside = whole >= kBegin && whole < kEnd;
  const I result = inside ? static_cast<I>(inside ? whole : 0.0) : whole < kBegin ? kFirst : kLast;
  return sizeof(I) == 4 ? static_cast<u64>(static_cast<i64>(static_cast<i32>(result)))
                        : static_cast<u64>(result);
}

template <unsigned W, class I>
KIESEL_APART void to_integers(const double* whole, u64* out) {
  KIESEL_LANES(W, l) out[l] = to_integer<I>(whole[l]);
}

// rd takes the integers of value(lane), doubles.
template <unsigned W, bool kFull, class I, class F>
KIESEL_INLINE void write_integers(Lanes<W>& w, const Insn* insn, F value) {
  alignas(64) double v[W];
  alignas(64) u64 out[W];
  KIESEL_LANES(W, l) v[l] = value(l);
  round_lanes<W>(v, insn->rounding);
  to_integers<W, I>(v, out);
  write_x<W, kFull>(w, insn->rd, [&](unsigned l) { return out[l]; });
}

template <unsigned W, bool kFull, class T, class I>
const Insn* float_to_integer(Warp& warp, const Insn* insn) {
  if (rounds_otherwise(warp, insn)) [[unlikely]]
    return soft_lanes<W>(warp, insn);
  auto& w = lanes_of<W>(warp);
  alignas(64) u32 scratch[W];
  const auto* a = read_f<T>(w, insn->rs1, scratch);
  write_integers<W, kFull, I>(w, insn, [&](unsigned l) { return static_cast<double>(Real<T>::value(a[l])); });
  return insn + 1;
}

template <unsigned W, bool kFull, class T, class I>
const Insn* integer_to_float(Warp& warp, const Insn* insn) {
  if (rounds_otherwise(warp, insn)) [[unlikely]]
    return soft_lanes<W>(warp, insn);
  auto& w = lanes_of<W>(warp);
  const u64* a = read_x(w, insn->rs1);
  write_f<T, W, kFull>(w, insn->rd,
                       [&](unsigned l) { return bits_of(static_cast<T>(static_cast<I>(a[l]))); });
  return insn + 1;
}

template <unsigned W, bool kFull, class To, class From>
const Insn* float_to_float(Warp& warp, const Insn* insn) {
  if (rounds_otherwise(warp, insn)) [[unlikely]]
    return soft_lanes<W>(warp, insn);
  auto& w = lanes_of<W>(warp);
  alignas(64) u32 scratch[W];
  alignas(64) typename Real<To>::Bits out[W];
  const auto* a = read_f<From>(w, insn->rs1, scratch);
  KIESEL_LANES(W, l) out[l] = canonical(static_cast<To>(Real<From>::value(a[l])));
  write_f<To, W, kFull>(w, insn->rd, [&](unsigned l) { return out[l]; });
  return insn + 1;
}

// fmv: bits as they are.
template <unsigned W, bool kFull>
const Insn* move_x_single(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  if (w.single >> insn->rs1 & 1) {
    const u32* a = reinterpret_cast<const u32*>(w.f[insn->rs1]);
    write_x<W, kFull>(w, insn->rd,
                      [&](unsigned l) { return static_cast<u64>(static_cast<i64>(static_cast<i32>(a[l]))); });
  } else {
    const u64* a = w.f[insn->rs1];
    write_x<W, kFull>(w, insn->rd,
                      [&](unsigned l) { return static_cast<u64>(static_cast<i64>(static_cast<i32>(a[l]))); });
  }
  return insn + 1;
}
template <unsigned W, bool kFull>
const Insn* move_single_x(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  const u64* a = read_x(w, insn->rs1);
  write_single<W, kFull>(w, insn->rd, [&](unsigned l) { return static_cast<u32>(a[l]); });
  return insn + 1;
}
template <unsigned W, bool kFull>
const Insn* move_x_double(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  const u64* a = read_wide(w, insn->rs1);
  write_x<W, kFull>(w, insn->rd, [&](unsigned l) { return a[l]; });
  return insn + 1;
}
template <unsigned W, bool kFull>
const Insn* move_double_x(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  const u64* a = read_x(w, insn->rs1);
  write_wide<W, kFull>(w, insn->rd, [&](unsigned l) { return a[l]; });
  return insn + 1;
}

}  // namespace kiesel::model::KIESEL_HOST
