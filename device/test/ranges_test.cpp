// Between which numbers a register's lies: never too few, and few enough to be of use.
#include "device/translator/analysis/ranges.hpp"

#include <algorithm>
#include <bit>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "device/isa/assembler.hpp"
#include "device/translator/analysis/code.hpp"

namespace kiesel::translator {
namespace {

using Number = std::int64_t;

std::uint64_t u(Number v) { return static_cast<std::uint64_t>(v); }
Number s(std::uint64_t v) { return static_cast<Number>(v); }
Number word(Number v) { return static_cast<std::int32_t>(v); }
std::uint64_t lower(Number v) { return static_cast<std::uint32_t>(v); }

struct Case {
  const char* text;
  Number (*value)(Number x, Number y);  // of rs1 and rs2
};

const Case kCases[] = {
    {"add t0, t1, t2", [](Number x, Number y) { return s(u(x) + u(y)); }},
    {"addi t0, t1, -3", [](Number x, Number) { return s(u(x) - 3); }},
    {"sub t0, t1, t2", [](Number x, Number y) { return s(u(x) - u(y)); }},
    {"mul t0, t1, t2", [](Number x, Number y) { return s(u(x) * u(y)); }},
    {"addw t0, t1, t2", [](Number x, Number y) { return word(s(u(x) + u(y))); }},
    {"subw t0, t1, t2", [](Number x, Number y) { return word(s(u(x) - u(y))); }},
    {"mulw t0, t1, t2", [](Number x, Number y) { return word(s(u(x) * u(y))); }},
    {"slli t0, t1, 3", [](Number x, Number) { return s(u(x) << 3); }},
    {"slliw t0, t1, 3", [](Number x, Number) { return word(s(u(x) << 3)); }},
    {"slli.uw t0, t1, 2", [](Number x, Number) { return s(lower(x) << 2); }},
    {"srli t0, t1, 5", [](Number x, Number) { return s(u(x) >> 5); }},
    {"srliw t0, t1, 0", [](Number x, Number) { return word(x); }},
    {"srliw t0, t1, 5", [](Number x, Number) { return s(lower(x) >> 5); }},
    {"srai t0, t1, 5", [](Number x, Number) { return x >> 5; }},
    {"sraiw t0, t1, 5", [](Number x, Number) { return word(x) >> 5; }},
    {"and t0, t1, t2", [](Number x, Number y) { return x & y; }},
    {"andi t0, t1, -16", [](Number x, Number) { return x & -16; }},
    {"andi t0, t1, 7", [](Number x, Number) { return x & 7; }},
    {"andn t0, t1, t2", [](Number x, Number y) { return x & ~y; }},
    {"or t0, t1, t2", [](Number x, Number y) { return x | y; }},
    {"xor t0, t1, t2", [](Number x, Number y) { return x ^ y; }},
    {"xori t0, t1, -1", [](Number x, Number) { return ~x; }},
    {"min t0, t1, t2", [](Number x, Number y) { return std::min(x, y); }},
    {"max t0, t1, t2", [](Number x, Number y) { return std::max(x, y); }},
    {"minu t0, t1, t2", [](Number x, Number y) { return s(std::min(u(x), u(y))); }},
    {"maxu t0, t1, t2", [](Number x, Number y) { return s(std::max(u(x), u(y))); }},
    {"sh2add t0, t1, t2", [](Number x, Number y) { return s((u(x) << 2) + u(y)); }},
    {"sh2add.uw t0, t1, t2", [](Number x, Number y) { return s((lower(x) << 2) + u(y)); }},
    {"remu t0, t1, t2", [](Number x, Number y) { return y ? s(u(x) % u(y)) : x; }},
    {"remuw t0, t1, t2",
     [](Number x, Number y) { return lower(y) ? word(s(lower(x) % lower(y))) : word(x); }},
    {"czero.eqz t0, t1, t2", [](Number x, Number y) { return y ? x : 0; }},
    {"czero.nez t0, t1, t2", [](Number x, Number y) { return y ? 0 : x; }},
    {"sext.b t0, t1", [](Number x, Number) -> Number { return static_cast<std::int8_t>(x); }},
    {"zext.h t0, t1", [](Number x, Number) -> Number { return static_cast<std::uint16_t>(x); }},
    {"slt t0, t1, t2", [](Number x, Number y) -> Number { return x < y; }},
    {"cpop t0, t1", [](Number x, Number) -> Number { return std::popcount(u(x)); }},
};

Item item(const char* text) {
  Item out;
  out.in = numbered(isa::decode(isa::assemble(text).words.at(0)));
  return out;
}

Range range(const char* text, const Range& first, const Range& second) {
  return range_of(item(text), first, second);
}

class Numbers {
 public:
  Number any() {
    const Number v = s(random_()) >> (random_() % 64);
    constexpr Number kEnds[] = {0, -1, INT32_MAX, INT32_MIN, UINT32_MAX, INT64_MAX, INT64_MIN, 255};
    return random_() % 3 ? v : s(u(kEnds[random_() % std::size(kEnds)]) + random_() % 3 - 1);
  }
  Range range() {
    const Number a = any(), b = random_() % 4 ? any() : a;
    return {std::min(a, b), std::max(a, b)};
  }
  Number in(const Range& range) {
    const std::uint64_t size = u(range.high) - u(range.low);
    const std::uint64_t at = random_() % 3 == 0 ? size : random_();
    return s(u(range.low) + (size == ~std::uint64_t{0} ? at : at % (size + 1)));
  }

 private:
  std::mt19937_64 random_{1};
};

TEST_CASE("ranges hold what instructions make of numbers in the operands' ranges") {
  Numbers numbers;
  for (const Case& c : kCases) {
    INFO(c.text);
    const Item of = item(c.text);
    for (int round = 0; round < 3000; ++round) {
      const Range first = numbers.range(), second = numbers.range();
      const Range out = range_of(of, first, second);
      for (int i = 0; i < 8; ++i) {
        const Number x = numbers.in(first), y = numbers.in(second), made = c.value(x, y);
        if (made >= out.low && made <= out.high) continue;
        CAPTURE(x, y, made, out.low, out.high);
        FAIL("outside");
      }
    }
  }
}

TEST_CASE("ranges of small numbers stay small") {
  const Range byte{0, 255}, index{0, 1000}, word{INT32_MIN, INT32_MAX}, any;
  CHECK(range("add t0, t1, t2", byte, byte) == Range{0, 510});
  CHECK(range("sub t0, t1, t2", byte, byte) == Range{-255, 255});
  CHECK(range("mul t0, t1, t2", byte, index) == Range{0, 255000});
  CHECK(range("sh3add t0, t1, t2", index, byte) == Range{0, 8255});
  CHECK(range("remu t0, t1, t2", any, byte) == any);
  CHECK(range("remu t0, t1, t2", index, byte) == index);
  CHECK(range("remu t0, t1, t2", any, {1, 64}) == Range{0, 63});
  CHECK(range("andi t0, t1, 63", any, any) == Range{0, 63});
  CHECK(range("xor t0, t1, t2", byte, index) == Range{0, 1023});
  CHECK(range("addw t0, t1, t2", byte, byte) == Range{0, 510});
  CHECK(range("addw t0, t1, t2", word, byte) == word);
  CHECK(range("lbu t0, 0(t1)", any, any) == byte);
  CHECK(range("lh t0, 0(t1)", any, any) == Range{INT16_MIN, INT16_MAX});
  CHECK_FALSE(range("add t0, t1, t2", word, byte).fits());
}

TEST_CASE("ranges that grow in a loop come to an end in a few steps") {
  Range range{0, 0};
  int steps = 0;
  for (Range before = {1, 1}; before != range; ++steps) {
    before = range;
    range = widened(range, hull(range, {range.low, range.high < INT64_MAX ? range.high + 1 : range.high}));
  }
  CHECK(steps <= 4);
  CHECK(range == Range{0, INT64_MAX});
}

}  // namespace
}  // namespace kiesel::translator
