#include "evaluation/check/undefined_bits.hpp"

namespace kiesel::check {
namespace {

using isa::Op;
using u64 = std::uint64_t;

constexpr u64 kAll = ~u64{0}, kSign = u64{1} << 63;

u64 extend32(u64 undefined) {
  return static_cast<u64>(static_cast<std::int64_t>(static_cast<std::int32_t>(undefined)));
}
// A carry goes upwards.
u64 from_lowest(u64 undefined) { return undefined ? ~(((undefined & -undefined)) - 1) : 0; }
u64 all_if(bool undefined) { return undefined ? kAll : 0; }

u64 of_and(const Partly& a, const Partly& b) {
  return (a.undefined & b.undefined) | (a.undefined & b.value) | (b.undefined & a.value);
}
u64 of_or(const Partly& a, const Partly& b) {
  return (a.undefined & b.undefined) | (a.undefined & ~b.value) | (b.undefined & ~a.value);
}
Partly inverse(const Partly& a) { return {~a.value, a.undefined}; }

// The least and the largest that it may be.
u64 least(const Partly& a) { return a.value & ~a.undefined; }
u64 most(const Partly& a) { return a.value | a.undefined; }
bool less_undecided(const Partly& a, const Partly& b) {
  return !(most(a) < least(b)) && !(least(a) >= most(b));
}
Partly for_signs(const Partly& a) { return {a.value ^ kSign, a.undefined}; }
bool equality_undecided(const Partly& a, const Partly& b) {
  const u64 unknown = a.undefined | b.undefined;
  return unknown && !((a.value ^ b.value) & ~unknown);
}

Partly low(const Partly& a) { return {a.value & 0xFFFFFFFF, a.undefined & 0xFFFFFFFF}; }

// Shifts by what is known.
u64 of_shift(Op op, const Partly& a, unsigned by) {
  const u64 u = a.undefined;
  const auto u32 = static_cast<std::uint32_t>(u);
  switch (op) {
    case Op::sll:
    case Op::slli:
      return u << (by & 63);
    case Op::srl:
    case Op::srli:
      return u >> (by & 63);
    case Op::sra:
    case Op::srai:
      return static_cast<u64>(static_cast<std::int64_t>(u) >> (by & 63));
    case Op::sllw:
    case Op::slliw:
      return extend32(u32 << (by & 31));
    case Op::srlw:
    case Op::srliw:
      return extend32(u32 >> (by & 31));
    default:  // sraw, sraiw
      return extend32(
          static_cast<u64>(static_cast<std::int64_t>(static_cast<std::int32_t>(u32) >> (by & 31))));
  }
}

u64 of_zero_choice(bool keeps_if_zero, const Partly& a, const Partly& b) {
  if (equality_undecided(b, {})) return a.value | a.undefined;
  const bool zero = b.value == 0;
  return zero == keeps_if_zero ? a.undefined : 0;
}

}  // namespace

bool undecided(Op op, const Partly& a, const Partly& b) {
  switch (op) {
    case Op::beq:
    case Op::bne:
      return equality_undecided(a, b);
    case Op::blt:
    case Op::bge:
      return less_undecided(for_signs(a), for_signs(b));
    default:
      return less_undecided(a, b);
  }
}

u64 undefined_result(const isa::Instruction& in, const Partly& a, const Partly& b) {
  const u64 either = a.undefined | b.undefined;
  if (!either) return 0;
  switch (in.op) {
    case Op::and_:
    case Op::andi:
      return of_and(a, b);
    case Op::or_:
    case Op::ori:
      return of_or(a, b);
    case Op::xor_:
    case Op::xori:
    case Op::xnor:
      return either;
    case Op::andn:
      return of_and(a, inverse(b));
    case Op::orn:
      return of_or(a, inverse(b));
    case Op::sll:
    case Op::slli:
    case Op::srl:
    case Op::srli:
    case Op::sra:
    case Op::srai:
    case Op::sllw:
    case Op::slliw:
    case Op::srlw:
    case Op::srliw:
    case Op::sraw:
    case Op::sraiw:
      return b.undefined & 63 ? kAll : of_shift(in.op, a, static_cast<unsigned>(b.value & 63));
    case Op::add:
    case Op::addi:
    case Op::sub:
    case Op::mul:
      return from_lowest(either);
    case Op::addw:
    case Op::addiw:
    case Op::subw:
    case Op::mulw:
      return extend32(from_lowest(either & 0xFFFFFFFF));
    case Op::slt:
    case Op::slti:
      return less_undecided(for_signs(a), for_signs(b));
    case Op::sltu:
    case Op::sltiu:
      return less_undecided(a, b);
    case Op::czero_eqz:
      return of_zero_choice(false, a, b);
    case Op::czero_nez:
      return of_zero_choice(true, a, b);
    case Op::add_uw:
      return from_lowest(low(a).undefined | b.undefined);
    case Op::slli_uw:
      return low(a).undefined << (b.value & 63);
    case Op::sh1add:
      return from_lowest(a.undefined << 1 | b.undefined);
    case Op::sh2add:
      return from_lowest(a.undefined << 2 | b.undefined);
    case Op::sh3add:
      return from_lowest(a.undefined << 3 | b.undefined);
    case Op::sext_b:
      return static_cast<u64>(static_cast<std::int64_t>(static_cast<std::int8_t>(a.undefined)));
    case Op::sext_h:
      return static_cast<u64>(static_cast<std::int64_t>(static_cast<std::int16_t>(a.undefined)));
    case Op::zext_h:
      return a.undefined & 0xFFFF;
    case Op::bext:
    case Op::bexti:
      return (b.undefined & 63) ? 1 : a.undefined >> (b.value & 63) & 1;
    case Op::bclr:
    case Op::bclri:
    case Op::bset:
    case Op::bseti:
      return b.undefined & 63 ? kAll : a.undefined & ~(u64{1} << (b.value & 63));
    case Op::rev8:
      return __builtin_bswap64(a.undefined);
    default:
      return all_if(either);
  }
}

}  // namespace kiesel::check
