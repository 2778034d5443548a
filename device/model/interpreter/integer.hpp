// Integer arithmetic: one line says what an operation does to a lane; a and b are its operands.
#pragma once

#include <type_traits>

#include "device/model/interpreter/lanes.hpp"

namespace kiesel::model::KIESEL_HOST {

KIESEL_INLINE u64 sext32(u64 v) { return static_cast<u64>(static_cast<i64>(static_cast<i32>(v))); }
KIESEL_INLINE u32 lo(u64 v) { return static_cast<u32>(v); }
KIESEL_INLINE i64 s(u64 v) { return static_cast<i64>(v); }
KIESEL_INLINE i32 s32(u64 v) { return static_cast<i32>(v); }

KIESEL_INLINE u64 mul_high(u64 a, u64 b) {
  return static_cast<u64>(static_cast<unsigned __int128>(a) * b >> 64);
}
KIESEL_INLINE u64 mul_high_signed(u64 a, u64 b) {
  return static_cast<u64>(static_cast<__int128>(s(a)) * s(b) >> 64);
}
KIESEL_INLINE u64 mul_high_mixed(u64 a, u64 b) { return mul_high(a, b) - (s(a) < 0 ? b : 0); }

template <class T>
KIESEL_INLINE T divide(T a, T b) {
  if (b == 0) return static_cast<T>(-1);
  if (static_cast<T>(-1) < 0 && b == static_cast<T>(-1)) return static_cast<T>(0 - static_cast<u64>(a));
  return static_cast<T>(a / b);
}
template <class T>
KIESEL_INLINE T modulo(T a, T b) {
  if (b == 0) return a;
  if (static_cast<T>(-1) < 0 && b == static_cast<T>(-1)) return 0;
  return static_cast<T>(a % b);
}

KIESEL_INLINE u64 or_combine(u64 v) {
  v |= (v & 0x7F7F7F7F7F7F7F7F) + 0x7F7F7F7F7F7F7F7F;  // bit 7 of a byte: the byte is not zero
  return ((v >> 7) & 0x0101010101010101) * 255;
}
KIESEL_INLINE u64 rotate_left(u64 v, unsigned n) { return v << (n & 63) | v >> (-n & 63); }
KIESEL_INLINE u32 rotate_left32(u32 v, unsigned n) { return v << (n & 31) | v >> (-n & 31); }
KIESEL_INLINE u64 leading_zeros(u64 v) { return v ? static_cast<u64>(__builtin_clzll(v)) : 64; }
KIESEL_INLINE u64 trailing_zeros(u64 v) { return v ? static_cast<u64>(__builtin_ctzll(v)) : 64; }
KIESEL_INLINE u64 leading_zeros32(u32 v) { return v ? static_cast<u64>(__builtin_clz(v)) : 32; }
KIESEL_INLINE u64 trailing_zeros32(u32 v) { return v ? static_cast<u64>(__builtin_ctz(v)) : 32; }
KIESEL_INLINE unsigned n6(u64 b) { return static_cast<unsigned>(b & 63); }
KIESEL_INLINE unsigned n5(u64 b) { return static_cast<unsigned>(b & 31); }

// What the operations of operations.def do to a lane; b is the immediate where the instruction has one.
#define KIESEL_INTEGER_OPS(DO)                                        \
  DO(add, a + b)                                                      \
  DO(sub, a - b)                                                      \
  DO(sll, a << n6(b))                                                 \
  DO(slt, s(a) < s(b))                                                \
  DO(sltu, a < b)                                                     \
  DO(xor_, a ^ b)                                                     \
  DO(srl, a >> n6(b))                                                 \
  DO(sra, static_cast<u64>(s(a) >> n6(b)))                            \
  DO(or_, a | b)                                                      \
  DO(and_, a& b)                                                      \
  DO(addw, sext32(a + b))                                             \
  DO(subw, sext32(a - b))                                             \
  DO(sllw, sext32(lo(a) << n5(b)))                                    \
  DO(srlw, sext32(lo(a) >> n5(b)))                                    \
  DO(sraw, static_cast<u64>(static_cast<i64>(s32(a) >> n5(b))))       \
  DO(slli, a << n6(b))                                                \
  DO(slliw, sext32(lo(a) << n5(b)))                                   \
  DO(mul, a* b)                                                       \
  DO(mulh, mul_high_signed(a, b))                                     \
  DO(mulhsu, mul_high_mixed(a, b))                                    \
  DO(mulhu, mul_high(a, b))                                           \
  DO(div, static_cast<u64>(divide(s(a), s(b))))                       \
  DO(divu, divide(a, b))                                              \
  DO(rem, static_cast<u64>(modulo(s(a), s(b))))                       \
  DO(remu, modulo(a, b))                                              \
  DO(mulw, sext32(lo(a) * lo(b)))                                     \
  DO(divw, sext32(static_cast<u64>(divide(s32(a), s32(b)))))          \
  DO(divuw, sext32(divide(lo(a), lo(b))))                             \
  DO(remw, sext32(static_cast<u64>(modulo(s32(a), s32(b)))))          \
  DO(remuw, sext32(modulo(lo(a), lo(b))))                             \
  DO(czero_eqz, b == 0 ? 0 : a)                                       \
  DO(czero_nez, b == 0 ? a : 0)                                       \
  DO(add_uw, lo(a) + b)                                               \
  DO(sh1add, (a << 1) + b)                                            \
  DO(sh2add, (a << 2) + b)                                            \
  DO(sh3add, (a << 3) + b)                                            \
  DO(sh1add_uw, (static_cast<u64>(lo(a)) << 1) + b)                   \
  DO(sh2add_uw, (static_cast<u64>(lo(a)) << 2) + b)                   \
  DO(sh3add_uw, (static_cast<u64>(lo(a)) << 3) + b)                   \
  DO(slli_uw, static_cast<u64>(lo(a)) << n6(b))                       \
  DO(andn, a & ~b)                                                    \
  DO(orn, a | ~b)                                                     \
  DO(xnor, ~(a ^ b))                                                  \
  DO(min, s(a) < s(b) ? a : b)                                        \
  DO(minu, a < b ? a : b)                                             \
  DO(max, s(a) < s(b) ? b : a)                                        \
  DO(maxu, a < b ? b : a)                                             \
  DO(rol, rotate_left(a, n6(b)))                                      \
  DO(ror, rotate_left(a, n6(0 - b)))                                  \
  DO(rolw, sext32(rotate_left32(lo(a), n5(b))))                       \
  DO(rorw, sext32(rotate_left32(lo(a), n5(0 - b))))                   \
  DO(clz, leading_zeros(a))                                           \
  DO(ctz, trailing_zeros(a))                                          \
  DO(cpop, static_cast<u64>(__builtin_popcountll(a)))                 \
  DO(clzw, leading_zeros32(lo(a)))                                    \
  DO(ctzw, trailing_zeros32(lo(a)))                                   \
  DO(cpopw, static_cast<u64>(__builtin_popcount(lo(a))))              \
  DO(sext_b, static_cast<u64>(static_cast<i64>(static_cast<i8>(a))))  \
  DO(sext_h, static_cast<u64>(static_cast<i64>(static_cast<i16>(a)))) \
  DO(zext_h, static_cast<u64>(static_cast<u16>(a)))                   \
  DO(orc_b, or_combine(a))                                            \
  DO(rev8, __builtin_bswap64(a))                                      \
  DO(bclr, a & ~(u64{1} << n6(b)))                                    \
  DO(bext, a >> n6(b) & 1)                                            \
  DO(binv, a ^ u64{1} << n6(b))                                       \
  DO(bset, a | u64{1} << n6(b))

#define KIESEL_DEFINE(op, expression)                                                                   \
  struct Do_##op {                                                                                      \
    static KIESEL_INLINE u64 of(u64 a, [[maybe_unused]] u64 b) { return static_cast<u64>(expression); } \
  };
KIESEL_INTEGER_OPS(KIESEL_DEFINE)
#undef KIESEL_DEFINE

// Instructions that make a line of lines: the slope for operands a and b with slopes p and q, of which the
// result stays a line where the condition on all lanes holds.
enum class LineIf : u8 {
  kAlways,
  kResultNarrow,   // the results are 32-bit numbers that do not wrap
  kOperandNarrow,  // so are the operands a, unsigned
  kOneSlope        // only one operand has a slope
};
#define KIESEL_LINES(LINE)                              \
  LINE(add, p + q, kAlways)                             \
  LINE(sub, p - q, kAlways)                             \
  LINE(sh1add, (p << 1) + q, kAlways)                   \
  LINE(sh2add, (p << 2) + q, kAlways)                   \
  LINE(sh3add, (p << 3) + q, kAlways)                   \
  LINE(slli, p << n6(b), kAlways)                       \
  LINE(mul, p* b + a * q, kOneSlope)                    \
  LINE(addw, sext32(p + q), kResultNarrow)              \
  LINE(subw, sext32(p - q), kResultNarrow)              \
  LINE(slliw, sext32(p << n5(b)), kResultNarrow)        \
  LINE(add_uw, sext32(p) + q, kOperandNarrow)           \
  LINE(sh1add_uw, (sext32(p) << 1) + q, kOperandNarrow) \
  LINE(sh2add_uw, (sext32(p) << 2) + q, kOperandNarrow) \
  LINE(sh3add_uw, (sext32(p) << 3) + q, kOperandNarrow) \
  LINE(slli_uw, sext32(p) << n6(b), kOperandNarrow)

template <class Do>
struct Slope {
  static constexpr bool kKnown = false;
};
#define KIESEL_SLOPE(op, expression, condition)                                        \
  template <>                                                                          \
  struct Slope<Do_##op> {                                                              \
    static constexpr bool kKnown = true;                                               \
    static constexpr LineIf kIf = LineIf::condition;                                   \
    static KIESEL_INLINE u64 of([[maybe_unused]] u64 a, [[maybe_unused]] u64 b, u64 p, \
                                [[maybe_unused]] u64 q) {                              \
      return expression;                                                               \
    }                                                                                  \
  };
KIESEL_LINES(KIESEL_SLOPE)
#undef KIESEL_SLOPE

// Comparisons, as what their operands are compared.
template <class Do>
struct Compares {
  using Type = void;
};
#define KIESEL_COMPARES(op, T) \
  template <>                  \
  struct Compares<Do_##op> {   \
    using Type = T;            \
  };
KIESEL_COMPARES(slt, i64)
KIESEL_COMPARES(sltu, u64)
#undef KIESEL_COMPARES

// The lowest and highest value of a line that does not wrap; false if it does.
template <unsigned W, class T>
KIESEL_INLINE bool bounds(u64 base, u64 slope, T& low, T& high) {
  i64 rise;
  T last;
  const T first = static_cast<T>(base);
  if (__builtin_mul_overflow(s(slope), i64{W - 1}, &rise)) return false;
  if (__builtin_add_overflow(first, rise, &last)) return false;
  low = first < last ? first : last;
  high = first < last ? last : first;
  return true;
}

// Writes Do of two lines where that is a line; false asks for the lanes.
template <unsigned W, bool kFull, class Do>
KIESEL_INLINE bool on_lines(Lanes<W>& w, unsigned rd, Form forms, u64 a, u64 p, u64 b, u64 q) {
  if (is_uniform(forms)) {
    write_uniform<W, kFull>(w, rd, Do::of(a, b));
    return true;
  }
  if (!is_line(forms)) return false;
  if constexpr (kFull && Slope<Do>::kKnown) {
    constexpr LineIf kIf = Slope<Do>::kIf;
    const u64 base = Do::of(a, b), slope = Slope<Do>::of(a, b, p, q);
    // A narrow line's base and slope are 32-bit numbers: the last lane says whether any has left their range.
    if (kIf == LineIf::kResultNarrow && base + slope * (W - 1) != sext32(base + slope * (W - 1)))
      return false;
    if (kIf == LineIf::kOperandNarrow && (lo(a) + sext32(p) * (W - 1)) >> 32) return false;
    if (kIf == LineIf::kOneSlope && p && q) return false;
    write_line<W, true>(w, rd, base, slope);
    return true;
  }
  if constexpr (!std::is_void_v<typename Compares<Do>::Type>) {
    typename Compares<Do>::Type a_low, a_high, b_low, b_high;
    if (!bounds<W>(a, p, a_low, a_high) || !bounds<W>(b, q, b_low, b_high)) return false;
    if (a_high >= b_low && a_low < b_high) return false;
    write_uniform<W, kFull>(w, rd, a_high < b_low);
    return true;
  }
  return false;
}

template <unsigned W, bool kFull, class Do>
KIESEL_APART const Insn* register_lanes(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  const u64* a = read_x(w, insn->rs1);
  if (is_uniform(w.form[insn->rs2])) {
    const u64 b = w.base[insn->rs2];
    write_x<W, kFull>(w, insn->rd, [&](unsigned l) { return Do::of(a[l], b); });
  } else {
    const u64* b = read_x(w, insn->rs2);
    write_x<W, kFull>(w, insn->rd, [&](unsigned l) { return Do::of(a[l], b[l]); });
  }
  return insn + 1;
}

template <unsigned W, bool kFull, class Do>
const Insn* integer_register(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  const unsigned a = insn->rs1, b = insn->rs2;
  if (on_lines<W, kFull, Do>(w, insn->rd, w.form[a] | w.form[b], w.base[a], w.slope[a], w.base[b],
                             w.slope[b]))
    return insn + 1;
  return register_lanes<W, kFull, Do>(warp, insn);
}

template <unsigned W, bool kFull, class Do>
KIESEL_APART const Insn* immediate_lanes(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  const u64* a = read_x(w, insn->rs1);
  const u64 b = static_cast<u64>(insn->imm);
  write_x<W, kFull>(w, insn->rd, [&](unsigned l) { return Do::of(a[l], b); });
  return insn + 1;
}

template <unsigned W, bool kFull, class Do>
const Insn* integer_immediate(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  const unsigned a = insn->rs1;
  const u64 b = static_cast<u64>(insn->imm);
  if (on_lines<W, kFull, Do>(w, insn->rd, w.form[a], w.base[a], w.slope[a], b, 0)) return insn + 1;
  return immediate_lanes<W, kFull, Do>(warp, insn);
}

// lui and auipc: the value is known when the module is loaded.
template <unsigned W, bool kFull>
const Insn* constant(Warp& warp, const Insn* insn) {
  write_uniform<W, kFull>(lanes_of<W>(warp), insn->rd, static_cast<u64>(insn->imm));
  return insn + 1;
}

template <unsigned W, bool kFull>
const Insn* nothing(Warp&, const Insn* insn) {
  return insn + 1;
}

// Four products of bytes and rs3, sign-extended.
enum class Dot : u8 { kSigned, kUnsigned, kMixed };

template <Dot kDot>
KIESEL_INLINE u32 byte_product(u32 a, u32 b, unsigned number) {
  const unsigned up = 24 - 8 * number;
  const auto is_signed = [&](u32 v) { return static_cast<u32>(static_cast<i32>(v << up) >> 24); };
  const auto is_unsigned = [&](u32 v) { return v << up >> 24; };
  return (kDot == Dot::kUnsigned ? is_unsigned(a) : is_signed(a)) *
         (kDot == Dot::kSigned ? is_signed(b) : is_unsigned(b));
}

template <unsigned W, bool kFull, Dot kDot>
const Insn* dot(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  const u64 *a = read_x(w, insn->rs1), *b = read_x(w, insn->rs2), *c = read_x(w, insn->rs3);
  write_x<W, kFull>(w, insn->rd, [&](unsigned l) {
    u32 sum = lo(c[l]);
    for (unsigned number = 0; number < 4; ++number) sum += byte_product<kDot>(lo(a[l]), lo(b[l]), number);
    return sext32(sum);
  });
  return insn + 1;
}

}  // namespace kiesel::model::KIESEL_HOST
