#include "device/model/interpreter/soft_float.hpp"

#include <algorithm>

namespace kiesel::model {
namespace {

using u64 = std::uint64_t;
using u128 = unsigned __int128;

struct Layout {
  int exponent_bits, fraction_bits;
  int width() const { return 1 + exponent_bits + fraction_bits; }
  int bias() const { return (1 << (exponent_bits - 1)) - 1; }
  int smallest() const { return 1 - bias(); }  // exponent of the smallest normal number
  int largest() const { return bias(); }
  u64 infinity() const { return ((u64{1} << exponent_bits) - 1) << fraction_bits; }
  u64 nan() const { return infinity() | u64{1} << (fraction_bits - 1); }
  u64 sign(bool negative) const { return static_cast<u64>(negative) << (width() - 1); }
  u64 box(u64 v) const { return width() == 64 ? v : v | ~u64{0} << width(); }
  u64 unbox(u64 v) const {
    if (width() == 64) return v;
    return v >> width() == ~u64{0} >> width() ? v & ~(~u64{0} << width()) : nan();
  }
};

enum class Class { kZero, kFinite, kInfinite, kNan };

// significand * 2^(exponent - 63), the significand's top bit set.
struct Number {
  Class kind;
  bool negative = false, signaling = false;
  int exponent = 0;
  u64 significand = 0;
  bool nan() const { return kind == Class::kNan; }
  bool zero() const { return kind == Class::kZero; }
  bool infinite() const { return kind == Class::kInfinite; }
};

Number unpack(u64 bits, const Layout& layout) {
  Number n{};
  n.negative = bits >> (layout.width() - 1) & 1;
  const u64 fraction = bits & ((u64{1} << layout.fraction_bits) - 1);
  const int biased = static_cast<int>(bits >> layout.fraction_bits & ((u64{1} << layout.exponent_bits) - 1));
  if (biased == (1 << layout.exponent_bits) - 1) {
    n.kind = fraction ? Class::kNan : Class::kInfinite;
    n.signaling = fraction && !(fraction >> (layout.fraction_bits - 1) & 1);
  } else if (biased == 0 && fraction == 0) {
    n.kind = Class::kZero;
  } else {
    n.kind = Class::kFinite;
    const u64 significand = biased ? fraction | u64{1} << layout.fraction_bits : fraction;
    const int shift = __builtin_clzll(significand);
    n.significand = significand << shift;
    n.exponent = (biased ? biased : 1) - layout.bias() + 63 - layout.fraction_bits - shift;
  }
  return n;
}

// Whether cutting off `rest` (less than 2 * half) after an integer part counts one up.
bool rounds_up(unsigned mode, bool negative, bool odd, u128 rest, u128 half) {
  switch (mode) {
    case isa::kRoundNearestEven:
      return rest > half || (rest == half && odd);
    case isa::kRoundDown:
      return rest && negative;
    case isa::kRoundUp:
      return rest && !negative;
    case isa::kRoundNearestAway:
      return rest >= half;
    default:
      return false;
  }
}

struct Cut {
  u64 whole;
  bool inexact;
};

// significand / 2^drop, rounded; drop >= 1.
Cut cut(u64 significand, int drop, unsigned mode, bool negative) {
  drop = std::min(drop, 66);  // beyond, everything is rest, and less than half
  const u128 value = significand;
  const u64 whole = static_cast<u64>(value >> drop);
  const u128 rest = value - (static_cast<u128>(whole) << drop);
  return {whole + rounds_up(mode, negative, whole & 1, rest, u128{1} << (drop - 1)), rest != 0};
}

// Rounds and packs significand * 2^(exponent - 63); the lowest bit may stand for anything that was cut off.
u64 pack(bool negative, int exponent, u64 significand, const Layout& layout, unsigned mode, unsigned& flags) {
  const int precision = layout.fraction_bits + 1;
  const int drop = 64 - precision;
  const u64 sign = layout.sign(negative);
  if (exponent < layout.smallest()) {
    // Tiny unless rounding as if there were no smallest exponent carries to a normal number.
    const Cut free = cut(significand, drop, mode, negative);
    const bool tiny = !(exponent == layout.smallest() - 1 && free.whole >> precision);
    const Cut bound = cut(significand, drop + layout.smallest() - exponent, mode, negative);
    if (bound.inexact) flags |= kInexact | (tiny ? kUnderflow : 0);
    return sign | bound.whole;  // a carry into the exponent field is the smallest normal number
  }
  const Cut rounded = cut(significand, drop, mode, negative);
  u64 whole = rounded.whole;
  if (whole >> precision) {
    whole >>= 1;
    ++exponent;
  }
  if (exponent > layout.largest()) {
    flags |= kOverflow | kInexact;
    const bool to_infinity = mode == isa::kRoundNearestEven || mode == isa::kRoundNearestAway ||
                             (mode == isa::kRoundUp && !negative) || (mode == isa::kRoundDown && negative);
    return sign | (layout.infinity() - !to_infinity);
  }
  if (rounded.inexact) flags |= kInexact;
  const u64 fraction = whole & ((u64{1} << layout.fraction_bits) - 1);
  return sign | static_cast<u64>(exponent + layout.bias()) << layout.fraction_bits | fraction;
}

// wide * 2^(exponent - 126), wide not zero.
u64 pack_wide(bool negative, int exponent, u128 wide, const Layout& layout, unsigned mode, unsigned& flags) {
  const u64 high = static_cast<u64>(wide >> 64);
  const int shift = high ? __builtin_clzll(high) : 64 + __builtin_clzll(static_cast<u64>(wide));
  wide <<= shift;
  const u64 significand = static_cast<u64>(wide >> 64) | (static_cast<u64>(wide) != 0);
  return pack(negative, exponent + 1 - shift, significand, layout, mode, flags);
}

u128 shift_right_jam(u128 v, int n) {
  if (n == 0) return v;
  if (n > 127) return v != 0;
  return v >> n | ((v & ((u128{1} << n) - 1)) != 0);
}

struct Context {
  const Layout& layout;
  unsigned mode;
  unsigned& flags;

  u64 invalid() const {
    flags |= kInvalid;
    return layout.nan();
  }
  // The result where an operand is NaN.
  u64 nan(std::initializer_list<Number> operands) const {
    for (const Number& n : operands)
      if (n.signaling) flags |= kInvalid;
    return layout.nan();
  }
  u64 zero(bool negative) const { return layout.sign(negative); }
  u64 infinity(bool negative) const { return layout.sign(negative) | layout.infinity(); }
};

// x + y of wide significands, each times 2^(exponent - 126).
u64 add_wide(const Context& c, bool x_negative, int x_exponent, u128 x, bool y_negative, int y_exponent,
             u128 y) {
  if (x_exponent < y_exponent || (x_exponent == y_exponent && x < y)) {
    std::swap(x, y);
    std::swap(x_negative, y_negative);
    std::swap(x_exponent, y_exponent);
  }
  y = shift_right_jam(y, std::min(x_exponent - y_exponent, 200));
  // Unnormalised operands: the one with the larger exponent may still be the smaller number.
  bool negative = x_negative;
  u128 sum;
  if (x_negative == y_negative) {
    sum = x + y;
  } else if (x >= y) {
    sum = x - y;
  } else {
    sum = y - x;
    negative = y_negative;
  }
  if (sum == 0) return c.zero(c.mode == isa::kRoundDown);
  return pack_wide(negative, x_exponent, sum, c.layout, c.mode, c.flags);
}

u64 fused(const Context& c, Number a, Number b, Number d) {
  const bool negative = a.negative != b.negative;
  const bool undefined = (a.infinite() && b.zero()) || (a.zero() && b.infinite());
  if (undefined) {
    c.flags |= kInvalid;
    return c.layout.nan();
  }
  if (a.nan() || b.nan() || d.nan()) return c.nan({a, b, d});
  if (a.infinite() || b.infinite()) {
    if (d.infinite() && d.negative != negative) return c.invalid();
    return c.infinity(negative);
  }
  if (d.infinite()) return c.infinity(d.negative);
  if (a.zero() || b.zero()) {
    if (d.zero()) return c.zero(d.negative == negative ? negative : c.mode == isa::kRoundDown);
    return pack(d.negative, d.exponent, d.significand, c.layout, c.mode, c.flags);
  }
  // The product's low bits are zeros in every format, so that nothing is lost by making room for a carry.
  const u128 product = static_cast<u128>(a.significand) * b.significand >> 1;
  const int exponent = a.exponent + b.exponent + 1;
  if (d.zero()) return pack_wide(negative, exponent, product, c.layout, c.mode, c.flags);
  return add_wide(c, negative, exponent, product, d.negative, d.exponent,
                  static_cast<u128>(d.significand) << 63);
}

u64 add(const Context& c, Number a, Number b) {
  if (a.nan() || b.nan()) return c.nan({a, b});
  if (a.infinite()) return b.infinite() && a.negative != b.negative ? c.invalid() : c.infinity(a.negative);
  if (b.infinite()) return c.infinity(b.negative);
  if (a.zero() && b.zero()) return c.zero(a.negative == b.negative ? a.negative : c.mode == isa::kRoundDown);
  if (a.zero()) return pack(b.negative, b.exponent, b.significand, c.layout, c.mode, c.flags);
  if (b.zero()) return pack(a.negative, a.exponent, a.significand, c.layout, c.mode, c.flags);
  return add_wide(c, a.negative, a.exponent, static_cast<u128>(a.significand) << 63, b.negative, b.exponent,
                  static_cast<u128>(b.significand) << 63);
}

u64 multiply(const Context& c, Number a, Number b) {
  const bool negative = a.negative != b.negative;
  if (a.nan() || b.nan()) return c.nan({a, b});
  if (a.infinite() || b.infinite()) return a.zero() || b.zero() ? c.invalid() : c.infinity(negative);
  if (a.zero() || b.zero()) return c.zero(negative);
  return pack_wide(negative, a.exponent + b.exponent, static_cast<u128>(a.significand) * b.significand,
                   c.layout, c.mode, c.flags);
}

u64 divide(const Context& c, Number a, Number b) {
  const bool negative = a.negative != b.negative;
  if (a.nan() || b.nan()) return c.nan({a, b});
  if (a.infinite()) return b.infinite() ? c.invalid() : c.infinity(negative);
  if (b.infinite()) return c.zero(negative);
  if (b.zero()) {
    if (a.zero()) return c.invalid();
    c.flags |= kDivideByZero;
    return c.infinity(negative);
  }
  if (a.zero()) return c.zero(negative);
  const u128 dividend = static_cast<u128>(a.significand) << 63;
  u64 quotient = static_cast<u64>(dividend / b.significand);
  const bool rest = dividend % b.significand != 0;
  int exponent = a.exponent - b.exponent;
  if (!(quotient >> 63)) {
    quotient <<= 1;
    --exponent;
  }
  return pack(negative, exponent, quotient | rest, c.layout, c.mode, c.flags);
}

u64 square_root(const Context& c, Number a) {
  if (a.nan()) return c.nan({a});
  if (a.zero()) return c.zero(a.negative);
  if (a.negative) return c.invalid();
  if (a.infinite()) return c.infinity(false);
  const bool odd = a.exponent & 1;
  const u128 radicand = static_cast<u128>(a.significand) << (odd ? 64 : 63);
  u64 root = 0;
  for (int bit = 63; bit >= 0; --bit) {
    const u64 next = root | u64{1} << bit;
    if (static_cast<u128>(next) * next <= radicand) root = next;
  }
  const bool rest = static_cast<u128>(root) * root != radicand;
  const int exponent = (a.exponent - odd) / 2;
  return pack(false, exponent, root | rest, c.layout, c.mode, c.flags);
}

int compare(const Number& a, const Number& b) {  // of numbers
  const auto key = [](const Number& n) {
    const int exponent = n.zero() ? -100000 : n.infinite() ? 100000 : n.exponent;
    return std::pair<int, u64>(exponent, n.significand);
  };
  if (a.zero() && b.zero()) return 0;
  if (a.negative != b.negative) return a.negative ? -1 : 1;
  const auto x = key(a), y = key(b);
  const int magnitude = x < y ? -1 : y < x ? 1 : 0;
  return a.negative ? -magnitude : magnitude;
}

u64 min_max(const Context& c, u64 a_bits, u64 b_bits, bool max) {
  const Number a = unpack(a_bits, c.layout), b = unpack(b_bits, c.layout);
  if (a.signaling || b.signaling) c.flags |= kInvalid;
  if (a.nan()) return b.nan() ? c.layout.nan() : b_bits;
  if (b.nan()) return a_bits;
  int order = compare(a, b);
  if (order == 0) order = static_cast<int>(b.negative) - static_cast<int>(a.negative);
  return (order < 0) != max ? a_bits : b_bits;
}

enum class Relation { kEqual, kLess, kLessEqual };

u64 relation(const Context& c, Number a, Number b, Relation wanted) {
  if (a.nan() || b.nan()) {
    if (wanted != Relation::kEqual || a.signaling || b.signaling) c.flags |= kInvalid;
    return 0;
  }
  const int order = compare(a, b);
  return wanted == Relation::kEqual ? order == 0 : wanted == Relation::kLess ? order < 0 : order <= 0;
}

u64 classify(Number n, u64 bits, const Layout& layout) {
  if (n.nan()) return n.signaling ? 1 << 8 : 1 << 9;
  if (n.infinite()) return n.negative ? 1 << 0 : 1 << 7;
  if (n.zero()) return n.negative ? 1 << 3 : 1 << 4;
  const bool subnormal = !(bits & layout.infinity());
  if (n.negative) return subnormal ? 1 << 2 : 1 << 1;
  return subnormal ? 1 << 5 : 1 << 6;
}

u64 to_integer(Number n, int width, bool is_signed, unsigned mode, unsigned& flags) {
  const u64 last = is_signed ? (u64{1} << (width - 1)) - 1 : width == 64 ? ~u64{0} : (u64{1} << width) - 1;
  const u64 first = is_signed ? ~last : 0;
  const auto extended = [&](u64 v) {
    return width == 32 ? static_cast<u64>(static_cast<std::int64_t>(static_cast<std::int32_t>(v))) : v;
  };
  const auto out_of_range = [&](bool negative) {
    flags |= kInvalid;
    return extended(negative ? first : last);
  };
  if (n.nan()) return out_of_range(false);
  if (n.infinite()) return out_of_range(n.negative);
  if (n.zero()) return 0;
  if (n.exponent > 64) return out_of_range(n.negative);
  const u128 value = n.exponent >= 63 ? static_cast<u128>(n.significand) << (n.exponent - 63) : 0;
  const Cut small = n.exponent >= 63 ? Cut{0, false} : cut(n.significand, 63 - n.exponent, mode, n.negative);
  const u128 magnitude = n.exponent >= 63 ? value : small.whole;
  const u128 most = n.negative ? (is_signed ? static_cast<u128>(last) + 1 : 0) : last;
  if (magnitude > most) return out_of_range(n.negative);
  if (small.inexact) flags |= kInexact;
  const u64 result = static_cast<u64>(magnitude);
  return extended(n.negative ? 0 - result : result);
}

u64 from_integer(u64 v, int width, bool is_signed, const Context& c) {
  if (width == 32)
    v = is_signed ? static_cast<u64>(static_cast<std::int64_t>(static_cast<std::int32_t>(v)))
                  : v & 0xFFFFFFFF;
  const bool negative = is_signed && v >> 63;
  if (negative) v = 0 - v;
  if (v == 0) return 0;
  const int shift = __builtin_clzll(v);
  return pack(negative, 63 - shift, v << shift, c.layout, c.mode, c.flags);
}

u64 convert(const Context& c, Number n) {
  if (n.nan()) return c.nan({n});
  if (n.infinite()) return c.infinity(n.negative);
  if (n.zero()) return c.zero(n.negative);
  return pack(n.negative, n.exponent, n.significand, c.layout, c.mode, c.flags);
}

Number negated(Number n) {
  n.negative = !n.negative;
  return n;
}

// By the names of operations.def.
namespace soft {

u64 fadd(const Context& c, Number x, Number y, Number) { return add(c, x, y); }
u64 fsub(const Context& c, Number x, Number y, Number) { return add(c, x, y.nan() ? y : negated(y)); }
u64 fmul(const Context& c, Number x, Number y, Number) { return multiply(c, x, y); }
u64 fdiv(const Context& c, Number x, Number y, Number) { return divide(c, x, y); }
u64 fsqrt(const Context& c, Number x, Number, Number) { return square_root(c, x); }
u64 fmadd(const Context& c, Number x, Number y, Number z) { return fused(c, x, y, z); }
u64 fmsub(const Context& c, Number x, Number y, Number z) { return fused(c, x, y, negated(z)); }
u64 fnmsub(const Context& c, Number x, Number y, Number z) { return fused(c, negated(x), y, z); }
u64 fnmadd(const Context& c, Number x, Number y, Number z) { return fused(c, negated(x), y, negated(z)); }

u64 fmin(const Context& c, u64 a, u64 b) { return min_max(c, a, b, false); }
u64 fmax(const Context& c, u64 a, u64 b) { return min_max(c, a, b, true); }

u64 fsgnj(u64 a, u64 b, u64 sign) { return (a & ~sign) | (b & sign); }
u64 fsgnjn(u64 a, u64 b, u64 sign) { return (a & ~sign) | (~b & sign); }
u64 fsgnjx(u64 a, u64 b, u64 sign) { return a ^ (b & sign); }

u64 feq(const Context& c, Number x, Number y) { return relation(c, x, y, Relation::kEqual); }
u64 flt(const Context& c, Number x, Number y) { return relation(c, x, y, Relation::kLess); }
u64 fle(const Context& c, Number x, Number y) { return relation(c, x, y, Relation::kLessEqual); }

u64 fclass(Number x, u64 raw, const Layout& layout) { return classify(x, raw, layout); }

// Raw bits, to an integer register and from one.
u64 move_out(const Layout& layout, u64 a) {
  const int rest = 64 - layout.width();
  return static_cast<u64>(static_cast<std::int64_t>(a << rest) >> rest);
}
u64 move_in(const Layout& layout, u64 a) { return layout.box(a & (~u64{0} >> (64 - layout.width()))); }

}  // namespace soft

struct Whole {
  int width;
  bool is_signed;
};
namespace whole {
constexpr Whole i32{32, true}, u32{32, false}, i64{64, true}, u64{64, false};
}
namespace layouts {
constexpr Layout f16{5, 10}, f32{8, 23}, f64{11, 52};
}

const Layout& layout_of(isa::Op op) {
  switch (isa::info(op).values) {
    case isa::Values::f16:
      return layouts::f16;
    case isa::Values::f32:
      return layouts::f32;
    default:
      return layouts::f64;
  }
}

}  // namespace

std::uint64_t soft_float(isa::Op op, unsigned rounding, u64 a, u64 b, u64 c, unsigned& flags) {
  const Layout& layout = layout_of(op);
  const Context context{layout, rounding, flags};
  const u64 raw_a = layout.unbox(a), raw_b = layout.unbox(b);
  const auto x = [&] { return unpack(raw_a, layout); };
  const auto y = [&] { return unpack(raw_b, layout); };
  const auto z = [&] { return unpack(layout.unbox(c), layout); };
  switch (op) {
#define FAMILY_FloatMath(id, operation, values) \
  case isa::Op::id:                             \
    return layout.box(soft::operation(context, x(), y(), z()));
#define FAMILY_FloatChoice(id, operation, values) \
  case isa::Op::id:                               \
    return layout.box(soft::operation(context, raw_a, raw_b));
#define FAMILY_FloatSign(id, operation, values) \
  case isa::Op::id:                             \
    return layout.box(soft::operation(raw_a, raw_b, layout.sign(true)));
#define FAMILY_FloatCompare(id, operation, values) \
  case isa::Op::id:                                \
    return soft::operation(context, x(), y());
#define FAMILY_FloatClass(id, operation, values) \
  case isa::Op::id:                              \
    return soft::operation(x(), raw_a, layout);
#define FAMILY_FloatMove(id, operation, values) \
  case isa::Op::id:                             \
    return soft::operation(layout, a);
#define FAMILY_FloatToWhole(id, operation, values) \
  case isa::Op::id:                                \
    return to_integer(x(), whole::operation.width, whole::operation.is_signed, rounding, flags);
#define FAMILY_WholeToFloat(id, operation, values) \
  case isa::Op::id:                                \
    return layout.box(from_integer(a, whole::operation.width, whole::operation.is_signed, context));
#define FAMILY_FloatToFloat(id, operation, values) \
  case isa::Op::id:                                \
    return layout.box(convert(context, unpack(layouts::operation.unbox(a), layouts::operation)));
#include "device/isa/operations.def"
    default:
      return 0;  // no instruction of floats comes here
  }
}

}  // namespace kiesel::model
