// What translated code does otherwise than one instruction after the other: extremes, with and without a
// number that is known, and doubles that are rounded by way of an integer.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <string>

#include "device/test/machine.hpp"

namespace kiesel::device::test {
namespace {

constexpr std::uint32_t kItems = 64;

template <typename To, typename From>
To bits_to(From value) {
  static_assert(sizeof(To) == sizeof(From));
  To out;
  std::memcpy(&out, &value, sizeof(To));
  return out;
}

// Bits of a result of arithmetic.
template <typename Real, typename Bits>
Bits canonical(Real value) {
  if (std::isnan(value)) return sizeof(Real) == 8 ? static_cast<Bits>(0x7FF8000000000000) : 0x7FC00000;
  return bits_to<Bits>(value);
}

template <typename Real>
Real extreme(Real a, Real b, bool maximum) {
  if (std::isnan(a)) return b;
  if (std::isnan(b)) return a;
  if (a == b) return std::signbit(a) == maximum ? b : a;
  return (a > b) == maximum ? a : b;
}

template <typename Real, typename Bits>
struct Inputs {
  Bits bits[2][kItems];
  Real operator()(int which, std::size_t i) const { return bits_to<Real>(bits[which][i]); }
};

template <typename Real, typename Bits>
Inputs<Real, Bits> inputs() {
  using Limits = std::numeric_limits<Real>;
  const Bits quiet = canonical<Real, Bits>(Limits::quiet_NaN()), one = 1;
  const Bits special[] = {quiet,
                          quiet + 5,
                          (quiet & ~(one << (Limits::digits - 2))) + 1,  // signaling
                          (quiet & ~(one << (Limits::digits - 2))) + 2,
                          bits_to<Bits>(Real(0.0)),
                          bits_to<Bits>(Real(-0.0)),
                          bits_to<Bits>(Limits::infinity()),
                          bits_to<Bits>(-Limits::infinity()),
                          bits_to<Bits>(Limits::denorm_min()),
                          bits_to<Bits>(Real(-0.5)),
                          bits_to<Bits>(Real(2.5)),
                          bits_to<Bits>(Real(-3.75)),
                          bits_to<Bits>(Real(0x1p63)),
                          bits_to<Bits>(Real(-0x1p63)),
                          bits_to<Bits>(Real(0x1.8p64)),
                          bits_to<Bits>(Real(-0x1.8p70))};
  constexpr std::size_t kSpecial = sizeof(special) / sizeof(special[0]);
  Inputs<Real, Bits> out;
  for (std::size_t i = 0; i < kItems; ++i) {
    out.bits[0][i] = special[i % kSpecial];
    out.bits[1][i] = special[(i / kSpecial + 3 * i) % kSpecial];
  }
  return out;
}

// Runs `body` for kItems work-items: ft0 and ft1 are their inputs, ft2 what is stored.
template <typename Real, typename Bits>
void check(const std::string& body, const std::function<Bits(Real, Real)>& expected) {
  Machine machine;
  const auto in = inputs<Real, Bits>();
  std::uint64_t *out = machine.buffer(kItems), *from = machine.buffer(2 * kItems);
  std::memcpy(from, &in, sizeof(in));
  const bool is_double = sizeof(Real) == 8;
  const std::string load = is_double ? "fld" : "flw", shift = is_double ? "sh3add" : "sh2add";
  const std::string text = kernel(shift + " t3, s1, a1\n" + load + " ft0, 0(t3)\n" + load + " ft1, " +
                                  std::to_string(kItems * sizeof(Real)) + "(t3)\n" + body +
                                  (is_double ? "fsd" : "fsw") + " ft2, 0(s0)");
  const auto status =
      machine.run(machine.load(text), {kItems, kItems}, {machine.address(out), machine.address(from)});
  INFO(text << (status.ok() ? "" : status.error().reason));
  REQUIRE(status.ok());
  CHECK(machine.was_translated());
  for (std::size_t i = 0; i < kItems; ++i) {
    INFO(i << ": " << in(0, i) << ", " << in(1, i));
    CHECK(static_cast<Bits>(out[i]) == expected(in(0, i), in(1, i)));
  }
}

// A number that the translator finds in the program, and makes part of its code.
std::string literal(float value) {
  return "jal zero, over\n.word " + std::to_string(bits_to<std::uint32_t>(value)) +
         "\nover:\nauipc t4, 0\nflw ft3, -4(t4)\n";
}

TEST_CASE("the smaller and the larger of two numbers, of zeros and of NaNs") {
  for (const bool maximum : {false, true}) {
    const std::string name = maximum ? "fmax" : "fmin";
    check<float, std::uint32_t>(name + ".s ft2, ft0, ft1\n", [&](float a, float b) {
      return canonical<float, std::uint32_t>(extreme(a, b, maximum));
    });
    check<double, std::uint64_t>(name + ".d ft2, ft0, ft1\n", [&](double a, double b) {
      return canonical<double, std::uint64_t>(extreme(a, b, maximum));
    });
    // of what arithmetic gave, as its operand
    check<float, std::uint32_t>(
        "fadd.s ft2, ft0, ft1\n" + name + ".s ft2, ft2, ft1\nfadd.s ft2, ft2, ft1\n",
        [&](float a, float b) { return canonical<float, std::uint32_t>(extreme(a + b, b, maximum) + b); });
    for (const float number : {0.0F, -0.0F, 2.5F, -0.5F, std::numeric_limits<float>::quiet_NaN()})
      for (const char* operands : {"ft0, ft3", "ft3, ft0"})
        check<float, std::uint32_t>(
            literal(number) + name + ".s ft2, " + operands + "\n",
            [&](float a, float) { return canonical<float, std::uint32_t>(extreme(a, number, maximum)); });
    check<float, std::uint32_t>("fmv.w.x ft3, zero\n" + name + ".s ft2, ft0, ft3\n", [&](float a, float) {
      return canonical<float, std::uint32_t>(extreme(a, 0.0F, maximum));
    });
  }
}

TEST_CASE("doubles are rounded to whole numbers by way of an integer") {
  const std::pair<const char*, double (*)(double)> modes[] = {
      {"rne", [](double x) { return std::nearbyint(x); }},
      {"rtz", [](double x) { return std::trunc(x); }},
      {"rdn", [](double x) { return std::floor(x); }},
      {"rup", [](double x) { return std::ceil(x); }},
      {"rmm", [](double x) { return std::round(x); }}};
  for (const auto& [mode, rounded] : modes)
    check<double, std::uint64_t>(std::string("fcvt.l.d t5, ft0, ") + mode + "\nfcvt.d.l ft2, t5\n",
                                 [&, rounded = rounded](double x, double) {
                                   if (std::isnan(x)) return bits_to<std::uint64_t>(0x1p63);
                                   const double bound = std::fmax(-0x1p63, std::fmin(rounded(x), 0x1p63));
                                   return bits_to<std::uint64_t>(bound + 0.0);
                                 });
}

}  // namespace
}  // namespace kiesel::device::test
