#include "device/translator/analysis/ranges.hpp"

#include <algorithm>
#include <bit>

#include "device/translator/analysis/code.hpp"

namespace kiesel::translator {
namespace {

using isa::Family;
using isa::Op;
using isa::Values;

constexpr Range kAll, kWord{INT32_MIN, INT32_MAX}, kTruth{0, 1}, kSmall{0, 64};

bool is_negative(const Range& a) { return a.low < 0; }

// The smallest 2^n - 1 that is no less than either, for numbers that are not negative.
std::int64_t bits_of(std::int64_t a, std::int64_t b) {
  const auto most = static_cast<std::uint64_t>(std::max(a, b));
  return static_cast<std::int64_t>((std::uint64_t{1} << std::bit_width(most)) - 1);
}

Range sum(const Range& a, const Range& b) {
  Range out;
  const bool wraps =
      __builtin_add_overflow(a.low, b.low, &out.low) | __builtin_add_overflow(a.high, b.high, &out.high);
  return wraps ? kAll : out;
}

Range negated(const Range& a) { return a.low == INT64_MIN ? kAll : Range{-a.high, -a.low}; }

Range product(const Range& a, const Range& b) {
  Range out{INT64_MAX, INT64_MIN};
  for (const std::int64_t x : {a.low, a.high})
    for (const std::int64_t y : {b.low, b.high}) {
      std::int64_t one;
      if (__builtin_mul_overflow(x, y, &one)) return kAll;
      out = hull(out, {one, one});
    }
  return out;
}

Range shifted_left(const Range& a, std::int64_t by) {
  return by > 62 ? kAll : product(a, {std::int64_t{1} << by, std::int64_t{1} << by});
}

Range shifted_right(const Range& a, std::int64_t by) {
  if (!is_negative(a)) return {a.low >> by, a.high >> by};
  return by ? Range{0, static_cast<std::int64_t>(~std::uint64_t{0} >> by)} : a;
}

Range and_of(const Range& a, const Range& b) {
  if (is_negative(a) && is_negative(b)) return kAll;
  const std::int64_t most = is_negative(a) ? b.high : is_negative(b) ? a.high : std::min(a.high, b.high);
  return {0, most};
}

// Of or and exclusive or: of numbers with a sign the result has no more bits than they.
Range or_of(const Range& a, const Range& b) {
  if (!is_negative(a) && !is_negative(b)) return {0, bits_of(a.high, b.high)};
  const std::int64_t most =
      std::max(bits_of(std::max<std::int64_t>(a.high, 0), std::max<std::int64_t>(b.high, 0)),
               bits_of(a.low < 0 ? ~a.low : 0, b.low < 0 ? ~b.low : 0));
  return {~most, most};
}

// Without a sign; of a division by 0 it is what was to be divided.
Range remainder(const Range& a, const Range& b) {
  if (b.low > 0) return {0, is_negative(a) ? b.high - 1 : std::min(a.high, b.high - 1)};
  return is_negative(a) || is_negative(b) ? kAll : Range{0, a.high};
}

Range lower_of(const Range& a) { return a.is_lower() ? a : Range{0, UINT32_MAX}; }

Range loaded(Values values) {
  switch (values) {
    case Values::i8:
      return {INT8_MIN, INT8_MAX};
    case Values::u8:
      return {0, UINT8_MAX};
    case Values::i16:
      return {INT16_MIN, INT16_MAX};
    case Values::u16:
      return {0, UINT16_MAX};
    case Values::i32:
      return kWord;
    case Values::u32:
      return {0, UINT32_MAX};
    default:
      return kAll;
  }
}

// Numbers of 64 bits, where they do not wrap.
Range whole(const Item& item, const Range& a, const Range& b) {
  const Instruction& in = item.in;
  if (const auto shifted = shifted_sum(in.op))
    return sum(shifted_left(shifted->is_unsigned ? lower_of(a) : a, shifted->shift), b);
  switch (in.op) {
    case Op::add:
    case Op::addi:
    case Op::addw:
    case Op::addiw:
      return sum(a, b);
    case Op::sub:
    case Op::subw:
      return sum(a, negated(b));
    case Op::mul:
    case Op::mulw:
      return product(a, b);
    case Op::slli:
    case Op::slliw:
      return shifted_left(a, in.imm);
    case Op::slli_uw:
      return shifted_left(lower_of(a), in.imm);
    case Op::srli:
      return shifted_right(a, in.imm);
    case Op::srliw:
      return in.imm ? shifted_right(lower_of(a), in.imm) : kWord;
    case Op::srai:
    case Op::sraiw:
      return {a.low >> in.imm, a.high >> in.imm};
    case Op::and_:
    case Op::andi:
      return and_of(a, b);
    case Op::andn:
      return is_negative(a) ? kAll : Range{0, a.high};
    case Op::or_:
    case Op::ori:
    case Op::xor_:
    case Op::xori:
      return or_of(a, b);
    case Op::min:
      return {std::min(a.low, b.low), std::min(a.high, b.high)};
    case Op::max:
      return {std::max(a.low, b.low), std::max(a.high, b.high)};
    case Op::minu:
    case Op::maxu:
      return is_negative(a) || is_negative(b) ? hull(a, b)
                                              : Range{std::min(a.low, b.low), std::max(a.high, b.high)};
    case Op::czero_eqz:
    case Op::czero_nez:
      return hull(a, {0, 0});
    case Op::remu:
    case Op::remuw:
      return remainder(a, b);
    case Op::sext_b:
      return {INT8_MIN, INT8_MAX};
    case Op::sext_h:
      return {INT16_MIN, INT16_MAX};
    case Op::zext_h:
      return {0, UINT16_MAX};
    default:
      return kAll;
  }
}

Range integer(const Item& item, const Range& a, const Range& b) {
  const Values values = values_of(item.in.op);
  if (values == Values::truth) return kTruth;
  if (values == Values::small) return kSmall;
  const Range range = whole(item, a, b);
  if (values != Values::word) return range;
  // Operands of 32 bits, and a result that 32 bits hold: else anything of 32 bits.
  const bool reads_unsigned = item.in.op == Op::srliw;
  return range.fits() && (reads_unsigned || (a.fits() && b.fits())) ? range : kWord;
}

}  // namespace

Range hull(const Range& a, const Range& b) { return {std::min(a.low, b.low), std::max(a.high, b.high)}; }

Range widened(const Range& a, const Range& b) {
  Range out = a;
  if (b.low < a.low) out.low = b.low >= 0 ? 0 : b.low >= INT32_MIN ? INT32_MIN : INT64_MIN;
  if (b.high > a.high)
    out.high = b.high <= INT32_MAX ? INT32_MAX : b.high <= UINT32_MAX ? UINT32_MAX : INT64_MAX;
  return out;
}

Range range_of(const Item& item, const Range& first, const Range& second) {
  if (item.result.is(Constant::Base::kNumber)) return {item.result.value, item.result.value};
  switch (family_of(item.in.op)) {
    case Family::kInteger: {
      const bool has_second = isa::info(item.in.op).format == isa::Format::kR;
      return integer(item, first, has_second ? second : Range{item.in.imm, item.in.imm});
    }
    case Family::kLoad:
      return loaded(values_of(item.in.op));
    case Family::kFloatCompare:
      return kTruth;
    case Family::kFloatToWhole:
      return whole_of(item.in.op).bits == 32 ? kWord : kAll;
    case Family::kFloatMove:
      return item.in.op == Op::fmv_x_w ? kWord : kAll;
    default:
      return kAll;
  }
}

}  // namespace kiesel::translator
