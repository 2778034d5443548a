// Half precision on the host's float and double: rounding to nearest even, flags not kept. A float has more
// than twice a half's digits, so that sums, products, quotients and roots that are rounded to float and then
// to half are those rounded once (S. Figueroa, "When is double rounding innocuous?", 1995). Products of
// halves are exact in double, and so is every sum with one that could lie close to the middle between two
// halves.
#pragma once

#include "device/model/interpreter/floating.hpp"
#include "device/model/interpreter/half_bits.hpp"

namespace kiesel::model::KIESEL_HOST {

// `T` is what the host computes in.
template <unsigned W, bool kFull, class T, class Do>
const Insn* half_arithmetic(Warp& warp, const Insn* insn) {
  if (rounds_otherwise(warp, insn)) [[unlikely]]
    return soft_lanes<W>(warp, insn);
  auto& w = lanes_of<W>(warp);
  alignas(64) u32 scratch[3][W];
  const u32* a = read_single(w, insn->rs1, scratch[0]);
  const u32* b = read_single(w, insn->rs2, scratch[1]);
  const u32* c = read_single(w, insn->rs3, scratch[2]);
  const auto operand = [](u32 word) { return static_cast<T>(half_to_float(unboxed_half(word))); };
  write_single<W, kFull>(w, insn->rd, [&](unsigned l) {
    return to_half<isa::kRoundNearestEven>(Do::template of<T>(operand(a[l]), operand(b[l]), operand(c[l])));
  });
  return insn + 1;
}

// How Do_fsgnj and FMinMax see halves.
struct RealHalf {
  using Bits = u32;
  static constexpr Bits kNan = kNanHalf, kSign = 0x8000;
  static KIESEL_INLINE float value(Bits v) { return half_to_float(v); }
};

template <unsigned W, bool kFull, class Do>
const Insn* half_bits(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  alignas(64) u32 scratch[2][W];
  const u32* a = read_single(w, insn->rs1, scratch[0]);
  const u32* b = read_single(w, insn->rs2, scratch[1]);
  write_single<W, kFull>(w, insn->rd, [&](unsigned l) {
    return Do::template of<RealHalf>(unboxed_half(a[l]), unboxed_half(b[l]));
  });
  return insn + 1;
}

template <unsigned W, bool kFull, class Do>
const Insn* half_compare(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  alignas(64) u32 scratch[2][W];
  const u32* a = read_single(w, insn->rs1, scratch[0]);
  const u32* b = read_single(w, insn->rs2, scratch[1]);
  write_x<W, kFull>(w, insn->rd, [&](unsigned l) {
    return Do::of(half_to_float(unboxed_half(a[l])), half_to_float(unboxed_half(b[l])));
  });
  return insn + 1;
}

template <unsigned W, bool kFull, class I>
const Insn* half_to_integer(Warp& warp, const Insn* insn) {
  if (rounds_otherwise(warp, insn)) [[unlikely]]
    return soft_lanes<W>(warp, insn);
  auto& w = lanes_of<W>(warp);
  alignas(64) u32 scratch[W];
  const u32* a = read_single(w, insn->rs1, scratch);
  write_integers<W, kFull, I>(
      w, insn, [&](unsigned l) { return static_cast<double>(half_to_float(unboxed_half(a[l]))); });
  return insn + 1;
}

// Integers that double does not hold are far beyond the largest half.
template <unsigned W, bool kFull, class I, unsigned kMode>
const Insn* integer_to_half(Warp& warp, const Insn* insn) {
  if (rounds_otherwise(warp, insn)) [[unlikely]]
    return soft_lanes<W>(warp, insn);
  auto& w = lanes_of<W>(warp);
  const u64* a = read_x(w, insn->rs1);
  write_single<W, kFull>(
      w, insn->rd, [&](unsigned l) { return to_half<kMode>(static_cast<double>(static_cast<I>(a[l]))); });
  return insn + 1;
}

template <unsigned W, bool kFull, class To>
const Insn* half_to_wider(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  alignas(64) u32 scratch[W];
  alignas(64) typename Real<To>::Bits out[W];
  const u32* a = read_single(w, insn->rs1, scratch);
  KIESEL_LANES(W, l) out[l] = canonical(static_cast<To>(half_to_float(unboxed_half(a[l]))));
  write_f<To, W, kFull>(w, insn->rd, [&](unsigned l) { return out[l]; });
  return insn + 1;
}

template <unsigned W, bool kFull, class From, unsigned kMode>
const Insn* wider_to_half(Warp& warp, const Insn* insn) {
  if (rounds_otherwise(warp, insn)) [[unlikely]]
    return soft_lanes<W>(warp, insn);
  auto& w = lanes_of<W>(warp);
  alignas(64) u32 scratch[W], out[W];
  const auto* a = read_f<From>(w, insn->rs1, scratch);
  KIESEL_LANES(W, l) out[l] = to_half<kMode>(Real<From>::value(a[l]));
  write_single<W, kFull>(w, insn->rd, [&](unsigned l) { return out[l]; });
  return insn + 1;
}

// fmv: bits as they are.
template <unsigned W, bool kFull>
const Insn* move_x_half(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  alignas(64) u32 scratch[W];
  const u32* a = scratch;
  if (w.single >> insn->rs1 & 1)
    a = reinterpret_cast<const u32*>(w.f[insn->rs1]);
  else
    for (unsigned l = 0; l < W; ++l) scratch[l] = static_cast<u32>(w.f[insn->rs1][l]);
  write_x<W, kFull>(w, insn->rd,
                    [&](unsigned l) { return static_cast<u64>(static_cast<i64>(static_cast<i16>(a[l]))); });
  return insn + 1;
}
template <unsigned W, bool kFull>
const Insn* move_half_x(Warp& warp, const Insn* insn) {
  auto& w = lanes_of<W>(warp);
  const u64* a = read_x(w, insn->rs1);
  write_single<W, kFull>(w, insn->rd, [&](unsigned l) { return kBoxHalf | static_cast<u32>(a[l]); });
  return insn + 1;
}

}  // namespace kiesel::model::KIESEL_HOST
