// How what integer instructions write is kept: lines stay lines, offsets from one base stay offsets.
#include "device/translator/analysis/kinds.hpp"

namespace kiesel::translator {
namespace {

using isa::Op;

// Whether the lanes of an instruction's result are numbers of 32 bits, where those of its operands are or
// not.
bool is_small_result(const Instruction& in, bool first, bool both) {
  switch (values_of(in.op)) {
    case isa::Values::word:
    case isa::Values::extend:
    case isa::Values::truth:
    case isa::Values::small:
      return true;
    case isa::Values::bits:
      return both || (in.op == Op::andi && in.imm >= 0);
    case isa::Values::both:
      return both;
    case isa::Values::first:
      return first;
    default:
      return false;
  }
}

}  // namespace

// Lines: the result, or kNone where it is none.
Kind Kinds::line(const Item& item, const Kind& a, const Kind& b) const {
  const Instruction& in = item.in;
  const auto stride = [](const Kind& kind) { return kind.rep == Rep::kLine ? kind.stride : 0; };
  const bool lines =
      (a.rep == Rep::kLine || a.rep == Rep::kUniform) && (b.rep == Rep::kLine || b.rep == Rep::kUniform);
  const std::int64_t p = stride(a), q = stride(b);
  constexpr std::int64_t kMost = 1 << 20;  // strides beyond are not worth the care
  const auto is_small = [](std::int64_t v) { return v <= kMost && v >= -kMost; };
  const auto make = [&](std::int64_t to, bool narrow, bool upper = false) {
    if (!is_small(upper ? to >> 32 : to)) return Kind();
    if (to == 0 && rows_ == 1) return uniform(narrow);
    Kind kind = line_of(to, narrow);
    kind.upper = upper;
    return kind;
  };
  if (!lines) return {};
  switch (in.op) {
    case Op::add:
      return make(p + q, false, a.upper && b.upper);
    case Op::addi:
      return in.imm == 0 ? a : make(p, false);
    case Op::sub:
      return make(p - q, false, a.upper && b.upper);
    case Op::xori:  // -1 - a
      return in.imm == -1 && !a.upper ? make(-p, a.narrow) : Kind();
    case Op::slli:
      if (in.imm == 32 && is_small(p)) return make(p << 32, false, true);
      return in.imm < 20 && is_small(p) ? make(p << in.imm, false) : Kind();
    case Op::srai:  // behind slli: sign- or zero-extends
    case Op::srli:
      if (!a.upper || in.imm > 32) return {};
      return make(p >> in.imm, in.op == Op::srai && in.imm == 32);
    default:
      break;
  }
  if (!is_small(p) || !is_small(q)) return {};
  if (const auto sum = shifted_sum(in.op)) return make((p << sum->shift) + q, false);
  switch (in.op) {
    case Op::addw:
      return make(p + q, true);
    case Op::addiw:
      return make(p, true);
    case Op::subw:
      return make(p - q, true);
    case Op::slliw:
      return in.imm < 20 ? make(p << in.imm, true) : Kind();
    case Op::slli_uw:
      return in.imm < 20 ? make(p << in.imm, false) : Kind();
    case Op::mul:
    case Op::mulw: {
      const bool narrow = in.op == Op::mulw;
      if (a.rep == Rep::kLine && b.rep == Rep::kLine) return {};
      const Constant& factor = a.rep == Rep::kLine ? item.second : item.first;
      if (p + q == 0) return make(0, narrow);
      if (!factor.is(Constant::Base::kNumber) || !is_small(factor.value)) return {};
      return make((p + q) * factor.value, narrow);
    }
    default:
      return {};
  }
}

// Offsets from one base: the result, or kNone where it is none. Addresses into arrays are such; what is kept
// is half as long, and hosts gather by it.
Kind Kinds::offset(const Item& item, const Kind& a, const Kind& b) const {
  const Instruction& in = item.in;
  constexpr std::int64_t kUpper = std::int64_t{1} << 32;
  const auto scaled = [](std::int64_t by, bool upper) {
    return Kind{Rep::kOffset, false, Nan::kCanonical, by, upper};
  };
  const auto moved = [&](const Kind& lanes, const Kind& by, unsigned shift) {  // (lanes << shift) + by
    if (by.rep != Rep::kUniform) return Kind();
    if (lanes.rep == Rep::kNarrow) return scaled(std::int64_t{1} << shift, false);
    if (lanes.rep != Rep::kOffset || shift) return Kind();
    return scaled(lanes.stride, lanes.upper && by.upper);
  };
  const auto either = [&](unsigned shift) {
    const Kind kind = moved(a, b, shift);
    return kind.rep == Rep::kNone && a.rep == Rep::kUniform ? moved(b, a, 0) : kind;
  };
  const auto extended = [&](unsigned shift) {
    return b.rep == Rep::kUniform ? scaled(std::int64_t{1} << shift, false) : Kind();
  };
  const bool shifts_back = a.rep == Rep::kOffset && a.upper && (in.op == Op::srai || in.op == Op::srli);
  if (shifts_back && in.imm > 32) return lanes_of(false);
  if (!item.high_matters || (item.fits && !shifts_back)) return {};
  if (const auto sum = shifted_sum(in.op))
    return sum->is_unsigned ? extended(sum->shift) : either(sum->shift);
  switch (in.op) {
    case Op::add:
      return either(0);
    case Op::addi:
      return in.imm == 0 ? a : moved(a, b, 0);
    case Op::sub:
      return moved(a, b, 0);
    case Op::slli:
      if (in.imm >= 32) return scaled(kUpper, true);
      return in.imm <= 3 && a.rep == Rep::kNarrow ? scaled(std::int64_t{1} << in.imm, false) : Kind();
    case Op::srai:  // behind slli
    case Op::srli:
      if (!shifts_back || in.imm < 29) return {};
      if (in.imm == 32 && in.op == Op::srai) return lanes_of(false);
      return scaled(kUpper >> in.imm, false);
    default:
      return {};
  }
}

Kind Kinds::integer(const Item& item, const Kind& a, const Kind& b) const {
  const Instruction& in = item.in;
  const bool is_small = item.fits || is_small_result(in, is_narrow(a), is_narrow(a) && is_narrow(b));
  if (a.rep == Rep::kUniform && b.rep == Rep::kUniform) {
    if (in.op == Op::addi && in.imm == 0) return a;
    Kind kind = uniform(is_small);
    kind.upper = in.op == Op::slli && in.imm >= 32;
    return kind;
  }
  if (Kind kind = line(item, a, b); kind.rep != Rep::kNone) {
    kind.narrow |= item.fits;
    return kind;
  }
  if (const Kind kind = offset(item, a, b); kind.rep != Rep::kNone) return kind;
  return lanes_of(item.high_matters && !is_small);
}

}  // namespace kiesel::translator
