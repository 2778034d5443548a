// Integer arithmetic: one line says what an instruction does to a lane; a and b are its operands, b the
// immediate where the instruction has one.
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

// REGISTER(op, ...): rd, rs1, rs2; IMMEDIATE(op, ...): rd, rs1, imm.
#define KIESEL_INTEGER_OPS(REGISTER, IMMEDIATE)                              \
  REGISTER(add, a + b)                                                       \
  REGISTER(sub, a - b)                                                       \
  REGISTER(sll, a << n6(b))                                                  \
  REGISTER(slt, s(a) < s(b))                                                 \
  REGISTER(sltu, a < b)                                                      \
  REGISTER(xor_, a ^ b)                                                      \
  REGISTER(srl, a >> n6(b))                                                  \
  REGISTER(sra, static_cast<u64>(s(a) >> n6(b)))                             \
  REGISTER(or_, a | b)                                                       \
  REGISTER(and_, a& b)                                                       \
  REGISTER(addw, sext32(a + b))                                              \
  REGISTER(subw, sext32(a - b))                                              \
  REGISTER(sllw, sext32(lo(a) << n5(b)))                                     \
  REGISTER(srlw, sext32(lo(a) >> n5(b)))                                     \
  REGISTER(sraw, static_cast<u64>(static_cast<i64>(s32(a) >> n5(b))))        \
  IMMEDIATE(addi, a + b)                                                     \
  IMMEDIATE(slti, s(a) < s(b))                                               \
  IMMEDIATE(sltiu, a < b)                                                    \
  IMMEDIATE(xori, a ^ b)                                                     \
  IMMEDIATE(ori, a | b)                                                      \
  IMMEDIATE(andi, a& b)                                                      \
  IMMEDIATE(slli, a << n6(b))                                                \
  IMMEDIATE(srli, a >> n6(b))                                                \
  IMMEDIATE(srai, static_cast<u64>(s(a) >> n6(b)))                           \
  IMMEDIATE(addiw, sext32(a + b))                                            \
  IMMEDIATE(slliw, sext32(lo(a) << n5(b)))                                   \
  IMMEDIATE(srliw, sext32(lo(a) >> n5(b)))                                   \
  IMMEDIATE(sraiw, static_cast<u64>(static_cast<i64>(s32(a) >> n5(b))))      \
  REGISTER(mul, a* b)                                                        \
  REGISTER(mulh, mul_high_signed(a, b))                                      \
  REGISTER(mulhsu, mul_high_mixed(a, b))                                     \
  REGISTER(mulhu, mul_high(a, b))                                            \
  REGISTER(div, static_cast<u64>(divide(s(a), s(b))))                        \
  REGISTER(divu, divide(a, b))                                               \
  REGISTER(rem, static_cast<u64>(modulo(s(a), s(b))))                        \
  REGISTER(remu, modulo(a, b))                                               \
  REGISTER(mulw, sext32(lo(a) * lo(b)))                                      \
  REGISTER(divw, sext32(static_cast<u64>(divide(s32(a), s32(b)))))           \
  REGISTER(divuw, sext32(divide(lo(a), lo(b))))                              \
  REGISTER(remw, sext32(static_cast<u64>(modulo(s32(a), s32(b)))))           \
  REGISTER(remuw, sext32(modulo(lo(a), lo(b))))                              \
  REGISTER(czero_eqz, b == 0 ? 0 : a)                                        \
  REGISTER(czero_nez, b == 0 ? a : 0)                                        \
  REGISTER(add_uw, lo(a) + b)                                                \
  REGISTER(sh1add, (a << 1) + b)                                             \
  REGISTER(sh2add, (a << 2) + b)                                             \
  REGISTER(sh3add, (a << 3) + b)                                             \
  REGISTER(sh1add_uw, (static_cast<u64>(lo(a)) << 1) + b)                    \
  REGISTER(sh2add_uw, (static_cast<u64>(lo(a)) << 2) + b)                    \
  REGISTER(sh3add_uw, (static_cast<u64>(lo(a)) << 3) + b)                    \
  IMMEDIATE(slli_uw, static_cast<u64>(lo(a)) << n6(b))                       \
  REGISTER(andn, a & ~b)                                                     \
  REGISTER(orn, a | ~b)                                                      \
  REGISTER(xnor, ~(a ^ b))                                                   \
  REGISTER(min, s(a) < s(b) ? a : b)                                         \
  REGISTER(minu, a < b ? a : b)                                              \
  REGISTER(max, s(a) < s(b) ? b : a)                                         \
  REGISTER(maxu, a < b ? b : a)                                              \
  REGISTER(rol, rotate_left(a, n6(b)))                                       \
  REGISTER(ror, rotate_left(a, n6(0 - b)))                                   \
  REGISTER(rolw, sext32(rotate_left32(lo(a), n5(b))))                        \
  REGISTER(rorw, sext32(rotate_left32(lo(a), n5(0 - b))))                    \
  IMMEDIATE(rori, rotate_left(a, n6(0 - b)))                                 \
  IMMEDIATE(roriw, sext32(rotate_left32(lo(a), n5(0 - b))))                  \
  IMMEDIATE(clz, leading_zeros(a))                                           \
  IMMEDIATE(ctz, trailing_zeros(a))                                          \
  IMMEDIATE(cpop, static_cast<u64>(__builtin_popcountll(a)))                 \
  IMMEDIATE(clzw, leading_zeros32(lo(a)))                                    \
  IMMEDIATE(ctzw, trailing_zeros32(lo(a)))                                   \
  IMMEDIATE(cpopw, static_cast<u64>(__builtin_popcount(lo(a))))              \
  IMMEDIATE(sext_b, static_cast<u64>(static_cast<i64>(static_cast<i8>(a))))  \
  IMMEDIATE(sext_h, static_cast<u64>(static_cast<i64>(static_cast<i16>(a)))) \
  IMMEDIATE(zext_h, static_cast<u64>(static_cast<u16>(a)))                   \
  IMMEDIATE(orc_b, or_combine(a))                                            \
  IMMEDIATE(rev8, __builtin_bswap64(a))                                      \
  REGISTER(bclr, a & ~(u64{1} << n6(b)))                                     \
  REGISTER(bext, a >> n6(b) & 1)                                             \
  REGISTER(binv, a ^ u64{1} << n6(b))                                        \
  REGISTER(bset, a | u64{1} << n6(b))                                        \
  IMMEDIATE(bclri, a & ~(u64{1} << n6(b)))                                   \
  IMMEDIATE(bexti, a >> n6(b) & 1)                                           \
  IMMEDIATE(binvi, a ^ u64{1} << n6(b))                                      \
  IMMEDIATE(bseti, a | u64{1} << n6(b))

#define KIESEL_DEFINE(op, expression)                                                                   \
  struct Do_##op {                                                                                      \
    static KIESEL_INLINE u64 of(u64 a, [[maybe_unused]] u64 b) { return static_cast<u64>(expression); } \
  };
KIESEL_INTEGER_OPS(KIESEL_DEFINE, KIESEL_DEFINE)
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
  LINE(addi, p, kAlways)                                \
  LINE(sh1add, (p << 1) + q, kAlways)                   \
  LINE(sh2add, (p << 2) + q, kAlways)                   \
  LINE(sh3add, (p << 3) + q, kAlways)                   \
  LINE(slli, p << n6(b), kAlways)                       \
  LINE(mul, p* b + a * q, kOneSlope)                    \
  LINE(addw, sext32(p + q), kResultNarrow)              \
  LINE(subw, sext32(p - q), kResultNarrow)              \
  LINE(addiw, sext32(p), kResultNarrow)                 \
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
KIESEL_COMPARES(slti, i64)
KIESEL_COMPARES(sltu, u64)
KIESEL_COMPARES(sltiu, u64)
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

}  // namespace kiesel::model::KIESEL_HOST
