// Integer arithmetic: one line says what an instruction does to a lane; a and b are its operands, b the
// immediate where the instruction has one.
#pragma once

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

// Instructions that make a line of lines: the slope for operands with slopes p and q, b as above.
// kNarrow: what all lanes' results fit into without wrapping, for those that compute in 32 bits.
enum class Narrow : u8 { kNo, kSigned };
#define KIESEL_LINES(LINE)           \
  LINE(add, p + q, kNo)              \
  LINE(sub, p - q, kNo)              \
  LINE(addi, p, kNo)                 \
  LINE(sh1add, (p << 1) + q, kNo)    \
  LINE(sh2add, (p << 2) + q, kNo)    \
  LINE(sh3add, (p << 3) + q, kNo)    \
  LINE(slli, p << n6(b), kNo)        \
  LINE(addw, sext32(p + q), kSigned) \
  LINE(subw, sext32(p - q), kSigned) \
  LINE(addiw, sext32(p), kSigned)    \
  LINE(slliw, sext32(p << n5(b)), kSigned)

template <class Do>
struct Slope {
  static constexpr bool kKnown = false;
};
#define KIESEL_SLOPE(op, expression, narrow)                                             \
  template <>                                                                            \
  struct Slope<Do_##op> {                                                                \
    static constexpr bool kKnown = true;                                                 \
    static constexpr Narrow kNarrow = Narrow::narrow;                                    \
    static KIESEL_INLINE u64 of([[maybe_unused]] u64 b, u64 p, [[maybe_unused]] u64 q) { \
      return expression;                                                                 \
    }                                                                                    \
  };
KIESEL_LINES(KIESEL_SLOPE)
#undef KIESEL_SLOPE

// Writes Do of two lines where that is a line; false asks for the lanes. Without a slope under a mask, too.
template <unsigned W, bool kFull, class Do>
KIESEL_INLINE bool on_lines(Lanes<W>& w, unsigned rd, Form forms, u64 a, u64 a_slope, u64 b, u64 b_slope) {
  if (is_uniform(forms)) {
    write_uniform<W, kFull>(w, rd, Do::of(a, b));
    return true;
  }
  if constexpr (kFull && Slope<Do>::kKnown) {
    if (!is_line(forms)) return false;
    const u64 base = Do::of(a, b), slope = Slope<Do>::of(b, a_slope, b_slope);
    if constexpr (Slope<Do>::kNarrow == Narrow::kSigned) {
      // Base and slope are 32-bit numbers: the last lane says whether any has left their range.
      const u64 last = base + slope * (W - 1);
      if (last != sext32(last)) return false;
    }
    write_line<W, true>(w, rd, base, slope);
    return true;
  }
  return false;
}

template <unsigned W, bool kFull, class Do>
KIESEL_APART const Insn* register_lanes(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  const u64 *a = read_x(w, insn->rs1), *b = read_x(w, insn->rs2);
  write_x<W, kFull>(w, insn->rd, [&](unsigned l) { return Do::of(a[l], b[l]); });
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
