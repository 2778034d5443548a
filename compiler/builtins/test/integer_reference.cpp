#include "compiler/builtins/test/integer_reference.hpp"

#include <algorithm>

namespace kiesel::compiler::builtins::test {
namespace {

using Unsigned = unsigned __int128;

Wide magnitude(Wide value) { return value < 0 ? -value : value; }

// The product of two unsigned longs needs all 128 bits.
Unsigned bits_of_product(const Call& call) {
  return static_cast<Unsigned>(call.a) * static_cast<Unsigned>(call.b);
}

bool is_ulong(const IntegerType& type) { return type.bits == 64 && !type.is_signed; }

Wide mul_hi(const Call& call) {
  if (is_ulong(call.type)) return static_cast<Wide>(bits_of_product(call) >> 64);
  return (call.a * call.b) >> call.type.bits;
}

Wide mad_sat(const Call& call) {
  if (!is_ulong(call.type)) return call.type.saturate(call.a * call.b + call.c);
  const Unsigned product = bits_of_product(call), most = static_cast<Unsigned>(call.type.highest());
  return product > most ? call.type.highest() : call.type.saturate(static_cast<Wide>(product) + call.c);
}

// The bits of the type, as a number that is not negative.
Wide pattern(const IntegerType& type, Wide value) { return type.with_sign(false).wrap(value); }

Wide leading_zeros(const Call& call) {
  Wide count = 0;
  for (unsigned bit = call.type.bits; bit-- > 0 && !(pattern(call.type, call.a) >> bit & 1);) ++count;
  return count;
}

Wide trailing_zeros(const Call& call) {
  Wide count = 0;
  for (unsigned bit = 0; bit < call.type.bits && !(pattern(call.type, call.a) >> bit & 1); ++bit) ++count;
  return count;
}

Wide ones(const Call& call) {
  Wide count = 0;
  for (Wide rest = pattern(call.type, call.a); rest; rest >>= 1) count += rest & 1;
  return count;
}

Wide reversed(const Call& call) {
  Wide made = 0;
  for (unsigned bit = 0; bit < call.type.bits; ++bit)
    made = made << 1 | (pattern(call.type, call.a) >> bit & 1);
  return call.type.wrap(made);
}

Wide rotated(const Call& call) {
  const unsigned bits = call.type.bits;
  const auto count = static_cast<unsigned>(pattern(call.type, call.b) % bits);
  const auto value = static_cast<Unsigned>(pattern(call.type, call.a));
  return call.type.wrap(static_cast<Wide>(value << count | value >> (bits - count)));
}

// OpenCL C 6.5: only the low bits of the count matter, of the type after promotion.
unsigned shift_count(const Call& call) {
  const unsigned bits = call.vector ? call.type.bits : std::max(32u, call.type.bits);
  return static_cast<unsigned>(pattern(call.type, call.b) % bits);
}

Wide shifted_left(const Call& call) {
  return call.type.wrap(
      static_cast<Wide>(static_cast<Unsigned>(pattern(call.type, call.a)) << shift_count(call)));
}

Wide low_bits(Wide count) { return (Wide{1} << static_cast<unsigned>(count)) - 1; }

Wide inserted(const Call& call) {
  const Wide mask = low_bits(call.d) << static_cast<unsigned>(call.c);
  return call.type.wrap((pattern(call.type, call.a) & ~mask) |
                        (pattern(call.type, call.b) << static_cast<unsigned>(call.c) & mask));
}

Wide extracted(const Call& call) {
  return pattern(call.type, call.a) >> static_cast<unsigned>(call.b) & low_bits(call.c);
}

Wide extracted_signed(const Call& call) {
  if (call.c == 0) return 0;
  return IntegerType{"", static_cast<unsigned>(call.c), true}.wrap(extracted(call));
}

bool is_24_bits(const Call& call) {
  const IntegerType type{"", 24, call.type.is_signed};
  return type.holds(call.a) && type.holds(call.b);
}

IntegerType same(const IntegerType& type) { return type; }
IntegerType made_unsigned(const IntegerType& type) { return type.with_sign(false); }
IntegerType made_signed(const IntegerType& type) { return type.with_sign(true); }
IntegerType twice(const IntegerType& type) { return type.doubled(); }
bool all(const IntegerType&) { return true; }
bool is_int(const IntegerType& type) { return type.bits == 32; }
bool is_narrow(const IntegerType& type) { return type.bits < 64; }
bool is_unsigned(const IntegerType& type) { return !type.is_signed; }

#define SATURATED(index, to)                                                    \
  {                                                                             \
    "convert_" to "_sat", "convert_" to "@_sat(a)", "T",                        \
        [](const Call& c) { return integer_types()[index].saturate(c.a); },     \
        [](const IntegerType&) { return integer_types()[index]; }, all, nullptr \
  }

const Integer kBuiltins[] = {
    {"abs", "abs(a)", "T", [](const Call& c) { return magnitude(c.a); }, made_unsigned, all, nullptr},
    {"abs_diff", "abs_diff(a, b)", "TT", [](const Call& c) { return magnitude(c.a - c.b); }, made_unsigned,
     all, nullptr},
    {"add_sat", "add_sat(a, b)", "TT", [](const Call& c) { return c.type.saturate(c.a + c.b); }, same, all,
     nullptr},
    {"sub_sat", "sub_sat(a, b)", "TT", [](const Call& c) { return c.type.saturate(c.a - c.b); }, same, all,
     nullptr},
    {"hadd", "hadd(a, b)", "TT", [](const Call& c) { return (c.a + c.b) >> 1; }, same, all, nullptr},
    {"rhadd", "rhadd(a, b)", "TT", [](const Call& c) { return (c.a + c.b + 1) >> 1; }, same, all, nullptr},
    {"clamp", "clamp(a, b, c)", "TTT", [](const Call& c) { return std::min(std::max(c.a, c.b), c.c); }, same,
     all, [](const Call& c) { return c.b <= c.c; }},
    {"clz", "clz(a)", "T", leading_zeros, same, all, nullptr},
    {"ctz", "ctz(a)", "T", trailing_zeros, same, all, nullptr},
    {"popcount", "popcount(a)", "T", ones, same, all, nullptr},
    {"mul_hi", "mul_hi(a, b)", "TT", mul_hi, same, all, nullptr},
    {"mad_hi", "mad_hi(a, b, c)", "TTT", [](const Call& c) { return c.type.wrap(mul_hi(c) + c.c); }, same,
     all, nullptr},
    {"mad_sat", "mad_sat(a, b, c)", "TTT", mad_sat, same, all, nullptr},
    {"max", "max(a, b)", "TT", [](const Call& c) { return std::max(c.a, c.b); }, same, all, nullptr},
    {"min", "min(a, b)", "TT", [](const Call& c) { return std::min(c.a, c.b); }, same, all, nullptr},
    {"rotate", "rotate(a, b)", "TT", rotated, same, all, nullptr},
    {"upsample", "upsample(a, b)", "TU",
     [](const Call& c) { return c.a * (c.type.with_sign(false).highest() + 1) + c.b; }, twice, is_narrow,
     nullptr},
    {"mul24", "mul24(a, b)", "TT", [](const Call& c) { return c.type.wrap(c.a * c.b); }, same, is_int,
     is_24_bits},
    {"mad24", "mad24(a, b, c)", "TTT", [](const Call& c) { return c.type.wrap(c.a * c.b + c.c); }, same,
     is_int, is_24_bits},
    {"bit_reverse", "bit_reverse(a)", "T", reversed, same, all, nullptr},
    {"bitfield_insert", "bitfield_insert(a, b, c, d)", "TTnn", inserted, same, all,
     [](const Call& c) { return c.c + c.d <= c.type.bits; }},
    {"bitfield_extract_unsigned", "bitfield_extract_unsigned(a, b, c)", "Tnn", extracted, made_unsigned, all,
     [](const Call& c) { return c.b + c.c <= c.type.bits; }},
    {"bitfield_extract_signed", "bitfield_extract_signed(a, b, c)", "Tnn", extracted_signed, made_signed, all,
     [](const Call& c) { return c.b + c.c <= c.type.bits; }},
    {"bitselect", "bitselect(a, b, c)", "TTT", [](const Call& c) { return (c.a & ~c.c) | (c.b & c.c); }, same,
     all, nullptr},
    {"select", "select(a, b, c)", "TTT",
     [](const Call& c) { return (c.vector ? c.type.with_sign(true).wrap(c.c) < 0 : c.c != 0) ? c.b : c.a; },
     same, all, nullptr},
    {"left", "(#@)(a << b)", "TT", shifted_left, same, all, nullptr},
    {"right", "(#@)(a >> b)", "TT", [](const Call& c) { return c.a >> shift_count(c); }, same, all, nullptr},
    {"sum", "(#@)(a + b)", "TT", [](const Call& c) { return c.type.wrap(c.a + c.b); }, same, is_unsigned,
     nullptr},
    {"difference", "(#@)(a - b)", "TT", [](const Call& c) { return c.type.wrap(c.a - c.b); }, same,
     is_unsigned, nullptr},
    SATURATED(0, "char"),
    SATURATED(1, "uchar"),
    SATURATED(2, "short"),
    SATURATED(3, "ushort"),
    SATURATED(4, "int"),
    SATURATED(5, "uint"),
    SATURATED(6, "long"),
    SATURATED(7, "ulong"),
};

}  // namespace

Wide IntegerType::wrap(Wide value) const {
  const Unsigned low = static_cast<Unsigned>(value) & ((Unsigned{1} << bits) - 1);
  const bool negative = is_signed && low >> (bits - 1);
  return static_cast<Wide>(low) - (negative ? Wide{1} << bits : 0);
}

Wide IntegerType::saturate(Wide value) const { return std::clamp(value, lowest(), highest()); }

IntegerType IntegerType::with_sign(bool wanted) const {
  for (const IntegerType& type : integer_types())
    if (type.bits == bits && type.is_signed == wanted) return type;
  return {"", bits, wanted};
}

IntegerType IntegerType::doubled() const {
  for (const IntegerType& type : integer_types())
    if (type.bits == 2 * bits && type.is_signed == is_signed) return type;
  return *this;
}

std::string IntegerType::text(Wide value) const {
  const std::string type = "(" + std::string(name) + ")";
  if (is_ulong(*this)) return "(" + type + std::to_string(static_cast<std::uint64_t>(value)) + "UL)";
  if (value == lowest() && bits == 64) return "(-9223372036854775807L - 1)";
  return "(" + type + std::to_string(static_cast<std::int64_t>(value)) + "L)";
}

const std::vector<IntegerType>& integer_types() {
  static const std::vector<IntegerType> types{{"char", 8, true},     {"uchar", 8, false}, {"short", 16, true},
                                              {"ushort", 16, false}, {"int", 32, true},   {"uint", 32, false},
                                              {"long", 64, true},    {"ulong", 64, false}};
  return types;
}

std::vector<Wide> special_values(const IntegerType& type) {
  const Wide half = Wide{1} << (type.bits - 1);
  if (type.is_signed) return {type.lowest(), type.highest(), -1, 0, 1, type.bits};
  return {half, type.highest(), half - 1, 0, 1, type.bits};
}

std::vector<Wide> edges(const IntegerType& type) {
  std::vector<Wide> values = special_values(type);
  const Wide bits = type.bits, other[] = {type.lowest() + 1,
                                          type.highest() - 1,
                                          2,
                                          bits - 1,
                                          bits + 1,
                                          type.highest() / 3,
                                          -bits,
                                          (1 << 23) - 1,
                                          -(1 << 23),
                                          5000000,
                                          Wide{1} << 31,
                                          (Wide{1} << 32) - 1};
  for (const Wide value : other)
    if (type.holds(value) && std::find(values.begin(), values.end(), value) == values.end())
      values.push_back(value);
  return values;
}

std::vector<Integer> integer_builtins() { return {std::begin(kBuiltins), std::end(kBuiltins)}; }

}  // namespace kiesel::compiler::builtins::test
