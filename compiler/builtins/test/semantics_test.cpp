// What builtins do, on the device model: conversions, half, integers, shuffles, atomics, copies of a group.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cfenv>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>

#include "compiler/builtins/test/half_number.hpp"
#include "compiler/builtins/test/model_program.hpp"

namespace kiesel::compiler::builtins::test {
namespace {

struct Mode {
  const char* suffix;
  int host;  // of <cfenv>
};
const Mode kModes[] = {
    {"_rte", FE_TONEAREST}, {"_rtz", FE_TOWARDZERO}, {"_rtp", FE_UPWARD}, {"_rtn", FE_DOWNWARD}};

class Rounding {
 public:
  explicit Rounding(int mode) { std::fesetround(mode); }
  ~Rounding() { std::fesetround(FE_TONEAREST); }
};

template <class F>
std::vector<F> numbers() {
  std::vector<F> values{0,
                        -F(0),
                        F(0.5),
                        F(-0.5),
                        F(1.5),
                        F(2.5),
                        F(-1.5),
                        F(127.5),
                        F(-128.5),
                        F(255.5),
                        256,
                        F(32767.5),
                        F(65535.5),
                        F(2147483647.0),
                        F(2147483648.0),
                        F(-2147483648.0),
                        F(4294967295.0),
                        F(4294967296.0),
                        F(9.3e18),
                        F(-9.3e18),
                        F(1.9e19),
                        F(1e30),
                        F(-1e30),
                        F(3e-41),
                        std::numeric_limits<F>::infinity(),
                        -std::numeric_limits<F>::infinity(),
                        std::numeric_limits<F>::quiet_NaN()};
  std::mt19937_64 random(7);
  std::uniform_real_distribution<F> spread(-300, 300);
  while (values.size() < 128) values.push_back(spread(random));
  return values;
}

// The saturated conversion: round, then the nearest value of the type; NaN gives 0.
template <class I, class F>
I saturated(F value, int mode) {
  if (std::isnan(value)) return 0;
  Rounding rounding(mode);
  volatile F held = value;
  const F whole = std::nearbyint(held);
  using L = std::numeric_limits<I>;
  if (whole <= static_cast<F>(L::min())) return L::min();
  if (whole >= std::ldexp(F(1), L::digits)) return L::max();
  return static_cast<I>(whole);
}

template <class I, class F>
void check_to_integer(const std::string& integer, const std::string& floating) {
  const auto values = numbers<F>();
  for (const Mode& mode : kModes) {
    const std::string name = "convert_" + integer + "4_sat" + mode.suffix;
    ModelProgram program("kernel void k(global const " + floating + "4* x, global " + integer +
                         "4* out) { size_t i = get_global_id(0); out[i] = " + name + "(x[i]); }");
    Bytes in = bytes_of(values), out(values.size() * sizeof(I));
    program.run("k", {&in, &out}, values.size() / 4, 32);
    const auto found = values_of<I>(out);
    for (std::size_t i = 0; i < values.size(); ++i) {
      CAPTURE(name, values[i]);
      CHECK(+found[i] == +saturated<I>(values[i], mode.host));
    }
  }
}

template <class F, class I>
void check_from_integer(const std::string& floating, const std::string& integer) {
  std::vector<I> values(128);
  std::mt19937_64 random(9);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<I>(random() >> (i / 2));
  for (const Mode& mode : kModes) {
    const std::string name = "convert_" + floating + "2" + mode.suffix;
    ModelProgram program("kernel void k(global const " + integer + "2* x, global " + floating +
                         "2* out) { size_t i = get_global_id(0); out[i] = " + name + "(x[i]); }");
    Bytes in = bytes_of(values), out(values.size() * sizeof(F));
    program.run("k", {&in, &out}, values.size() / 2, 64);
    const auto found = values_of<F>(out);
    for (std::size_t i = 0; i < values.size(); ++i) {
      Rounding rounding(mode.host);
      volatile I held = values[i];
      const F expected = static_cast<F>(held);
      CAPTURE(name, values[i]);
      CHECK(found[i] == expected);
    }
  }
}

template <class T>
void check_to_half(const std::string& type) {
  std::vector<T> values(128);
  std::mt19937_64 random(13);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto bits = static_cast<std::int64_t>(random()) >> (i / 2);
    values[i] = static_cast<T>(std::is_integral_v<T> ? bits : std::ldexp(bits, -60));
  }
  for (const Mode& mode : kModes) {
    const std::string name = "convert_half2" + std::string(mode.suffix);
    ModelProgram program("#pragma OPENCL EXTENSION cl_khr_fp16 : enable\nkernel void k(global const " + type +
                         "2* x, global half2* out) { size_t i = get_global_id(0); out[i] = " + name +
                         "(x[i]); }");
    Bytes in = bytes_of(values), out(values.size() * 2);
    program.run("k", {&in, &out}, values.size() / 2, 64);
    const auto found = values_of<std::uint16_t>(out);
    for (std::size_t i = 0; i < values.size(); ++i) {
      CAPTURE(name, type, +values[i]);
      CHECK(found[i] == half_bits(static_cast<double>(values[i]), mode.host));
    }
  }
}

}  // namespace

TEST_CASE(
    "vectors of half: arithmetic rounds each step once, comparisons choose, work-items leave loops one by "
    "one") {
  ModelProgram program(
      "#pragma OPENCL EXTENSION cl_khr_fp16 : enable\n"
      "kernel void k(global const half4* x, global const half4* y, global half4* out) {"
      "  size_t i = get_global_id(0); half4 a = x[i], b = y[i], c = a < b ? a * b + a : a / b;"
      "  while (any(fabs(c) > (half4)100)) c *= (half4)0.375h;"
      "  out[i] = c; }");
  constexpr std::size_t kCount = 1024;
  std::mt19937_64 random(17);
  std::uniform_real_distribution<double> spread(-200, 200);
  const auto rounded = [](double value) { return half_value(half_bits(value, FE_TONEAREST)); };
  std::vector<std::uint16_t> x(kCount), y(kCount), expected(kCount);
  std::vector<double> c(kCount);
  for (std::size_t i = 0; i < kCount; ++i) {
    x[i] = half_bits(spread(random), FE_TONEAREST);
    y[i] = half_bits(spread(random), FE_TONEAREST);
    const double a = half_value(x[i]), b = half_value(y[i]);
    c[i] = a < b ? rounded(a * b + a) : rounded(a / b);
  }
  for (std::size_t first = 0; first < kCount; first += 4) {
    const auto large = [](double value) { return std::fabs(value) > 100; };
    while (std::any_of(&c[first], &c[first] + 4, large))
      for (std::size_t lane = 0; lane < 4; ++lane) c[first + lane] = rounded(c[first + lane] * 0.375);
    for (std::size_t lane = 0; lane < 4; ++lane)
      expected[first + lane] = half_bits(c[first + lane], FE_TONEAREST);
  }
  Bytes in_x = bytes_of(x), in_y = bytes_of(y), out(kCount * 2);
  program.run("k", {&in_x, &in_y, &out}, kCount / 4, 64);
  CHECK(values_of<std::uint16_t>(out) == expected);
}

TEST_CASE("conversions to half round as they say") {
  check_to_half<std::int8_t>("char");
  check_to_half<std::int16_t>("short");
  check_to_half<std::uint16_t>("ushort");
  check_to_half<std::int32_t>("int");
  check_to_half<std::uint64_t>("ulong");
  check_to_half<float>("float");
  check_to_half<double>("double");
}

TEST_CASE("saturating conversions to integers round as they say") {
  check_to_integer<std::int8_t, float>("char", "float");
  check_to_integer<std::uint8_t, double>("uchar", "double");
  check_to_integer<std::uint16_t, float>("ushort", "float");
  check_to_integer<std::int32_t, float>("int", "float");
  check_to_integer<std::uint32_t, double>("uint", "double");
  check_to_integer<std::int64_t, double>("long", "double");
  check_to_integer<std::uint64_t, float>("ulong", "float");
}

TEST_CASE("conversions from integers round as they say") {
  check_from_integer<float, std::int32_t>("float", "int");
  check_from_integer<float, std::uint64_t>("float", "ulong");
  check_from_integer<double, std::int64_t>("double", "long");
}

TEST_CASE("every half loads, and floats store as half in every rounding mode, with Zfh and without") {
  const bool half = GENERATE(true, false);
  ModelProgram program(
      "kernel void load(global const half* h, global float* out) { size_t i = get_global_id(0); "
      "  out[i] = vload_half(i, h); }\n"
      "kernel void store(global const double* x, global half* rte, global half* rtz, global half* rtp, "
      "                  global half* rtn) { size_t i = get_global_id(0); vstore_half_rte(x[i], i, rte); "
      "  vstore_half_rtz((float)x[i], i, rtz); vstore_half_rtp(x[i], i, rtp); vstore_half_rtn(x[i], i, rtn); "
      "}",
      32, half);
  std::vector<std::uint16_t> all(65536);
  std::iota(all.begin(), all.end(), std::uint16_t{0});
  Bytes in = bytes_of(all), out(all.size() * 4);
  program.run("load", {&in, &out}, all.size(), 256);
  const auto loaded = values_of<float>(out);
  std::size_t wrong = 0;
  for (std::uint16_t bits : all) {
    const double expected = half_value(bits);
    wrong += std::isnan(expected) ? !std::isnan(loaded[bits]) : loaded[bits] != expected;
  }
  CHECK(wrong == 0);

  std::vector<double> values{65504,   65519,     65520,    1e9,  -1e9, 0x1p-24,
                             0x1p-25, 0x1.8p-25, -0x1p-30, 0.1f, -0.0};
  std::mt19937_64 random(3);
  while (values.size() < 1024)
    values.push_back(static_cast<float>(
        std::ldexp(static_cast<double>(random() >> 11), -60 - static_cast<int>(random() % 24)) *
        (random() & 1 ? -1 : 1)));
  Bytes x = bytes_of(values);
  std::vector<Bytes> results(4, Bytes(values.size() * 2));
  program.run("store", {&x, results.data(), &results[1], &results[2], &results[3]}, values.size(), 64);
  for (std::size_t mode = 0; mode < 4; ++mode) {
    const auto found = values_of<std::uint16_t>(results[mode]);
    for (std::size_t i = 0; i < values.size(); ++i) {
      CAPTURE(kModes[mode].suffix, values[i]);
      CHECK(found[i] == half_bits(values[i], kModes[mode].host));
    }
  }
}

TEST_CASE("atomics of all work-items add up, and compare-exchange loops end") {
  ModelProgram program(
      "kernel void k(global int* c, global long* l) { int i = get_global_id(0);"
      "  atomic_add(c, i); atomic_sub(c + 1, 2); atomic_max(c + 2, i); atomic_min(c + 3, -i); atomic_xor(c + "
      "4, i);"
      "  atomic_or(c + 5, 1 << (i & 31)); atomic_and(c + 6, ~(1 << (i & 15)));"
      "  int seen; do seen = *(volatile global int*)(c + 7); while (atomic_cmpxchg(c + 7, seen, seen + 3) != "
      "seen);"
      "  atom_add(l, (long)i << 33);"
      "  long wide; do wide = *(volatile global long*)(l + 1); while (atom_cmpxchg(l + 1, wide, wide - (1l "
      "<< 40)) != wide); }");
  constexpr int kItems = 640;
  std::vector<std::int32_t> words{0, 0, 0, 0, 0, 0, -1, 0};
  std::vector<std::int64_t> longs{0, 0};
  Bytes c = bytes_of(words), l = bytes_of(longs);
  program.run("k", {&c, &l}, kItems, 64);
  int parity = 0;
  for (int i = 0; i < kItems; ++i) parity ^= i;
  const std::int64_t sum = kItems * (kItems - 1) / 2;
  CHECK(values_of<std::int32_t>(c) == std::vector<std::int32_t>{static_cast<int>(sum), -2 * kItems,
                                                                kItems - 1, 1 - kItems, parity, -1, ~0xffff,
                                                                3 * kItems});
  CHECK(values_of<std::int64_t>(l) == std::vector<std::int64_t>{sum << 33, -(std::int64_t{kItems} << 40)});
}

TEST_CASE("a group copies to local memory and back, with strides") {
  ModelProgram program(
      "kernel void k(global const uint4* in, global uint4* out) { local uint4 t[50];"
      "  event_t e = async_work_group_strided_copy(t, in, 50, 3, 0); wait_group_events(1, &e);"
      "  size_t i = get_local_id(0); if (i < 50) t[i] += 1u; barrier(CLK_LOCAL_MEM_FENCE);"
      "  e = async_work_group_strided_copy(out, t, 50, 2, 0); wait_group_events(1, &e); }");
  std::vector<std::uint32_t> values(50 * 3 * 4);
  std::iota(values.begin(), values.end(), 0u);
  Bytes in = bytes_of(values), out(50 * 2 * 16);
  program.run("k", {&in, &out}, 70, 70);
  const auto found = values_of<std::uint32_t>(out);
  for (std::size_t i = 0; i < 50; ++i)
    for (std::size_t lane = 0; lane < 4; ++lane) {
      CHECK(found[i * 8 + lane] == i * 12 + lane + 1);
      CHECK(found[i * 8 + 4 + lane] == 0);
    }
}

TEST_CASE("signs and exponents of zeros, subnormal numbers, infinities and NaN") {
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> xs{0.0f, -0.0f, 1e-45f, -1e-45f, 1e-40f, 0.75f, -1.0f,
                              2.5f, 3e38f, inf,    -inf,    nan,    -nan};
  ModelProgram program(
      "kernel void k(global const float* x, global float* signs, global double* wide, global int* exponents)"
      "{ size_t i = get_global_id(0); signs[i] = sign(x[i]); wide[i] = sign((double)x[i]);"
      "  exponents[i] = ilogb(x[i]); }");
  Bytes x = bytes_of(xs), signs(xs.size() * 4), wide(xs.size() * 8), exponents(xs.size() * 4);
  program.run("k", {&x, &signs, &wide, &exponents}, xs.size(), 1);
  for (std::size_t i = 0; i < xs.size(); ++i) {
    CAPTURE(xs[i]);
    const float right = std::isnan(xs[i]) ? 0.0f : xs[i] == 0 ? xs[i] : std::copysign(1.0f, xs[i]);
    CHECK(values_of<float>(signs)[i] == right);
    CHECK(std::signbit(values_of<float>(signs)[i]) == std::signbit(right));
    CHECK(values_of<double>(wide)[i] == right);
    CHECK(std::signbit(values_of<double>(wide)[i]) == std::signbit(right));
    const bool special = std::isnan(xs[i]) || std::isinf(xs[i]);
    const int exponent = xs[i] == 0 ? INT32_MIN : special ? INT32_MAX : std::ilogb(xs[i]);
    CHECK(values_of<std::int32_t>(exponents)[i] == exponent);
  }
}

TEST_CASE("shuffles take the low bits of the mask; integer functions at their edges") {
  ModelProgram program(
      "kernel void k(global const uint8* mask, global uint* out) { uint4 x = (uint4)(10, 11, 12, 13);"
      "  vstore4(shuffle(x, mask[0].lo), 0, out); vstore8(shuffle2(x, x + 10u, mask[0]), 0, out + 4);"
      "  out[12] = add_sat(0xfffffff0u, 0x20u); out[13] = (uint)sub_sat(INT_MIN, 5); out[14] = "
      "mul_hi(0x80000000u, 6u);"
      "  out[15] = rotate(0x80000001u, 4u); out[16] = upsample((ushort)1, (ushort)2); out[17] = abs_diff(-5, "
      "7);"
      "  out[18] = clz(0u); out[19] = ctz(0u); out[20] = ctz((uchar)0); out[21] = popcount(0xf0f0u);"
      "  out[22] = (uint)mad_sat(INT_MAX, 2, 1); out[23] = rhadd(7u, 8u); }");
  std::vector<std::uint32_t> mask{3, 2, 5, 0, 4, 7, 9, 31};
  Bytes in = bytes_of(mask), out(24 * 4);
  program.run("k", {&in, &out}, 1, 1);
  CHECK(values_of<std::uint32_t>(out) ==
        std::vector<std::uint32_t>{13,    12, 11, 10, 13,         12,         21,         10,
                                   20,    23, 11, 23, 0xffffffff, 0x80000000, 3,          0x18,
                                   65538, 12, 32, 32, 8,          8,          0x7fffffff, 8});
}

TEST_CASE("saturation at the ends of int and long") {
  ModelProgram program(
      "kernel void k(global const long* in, global long* out) { long zero = in[0], least = in[1], most = "
      "in[2];"
      "  out[0] = sub_sat((int)zero, INT_MIN); out[1] = sub_sat((int)(zero - 1), INT_MIN);"
      "  out[2] = sub_sat(zero, least); out[3] = sub_sat(least, 1l); out[4] = sub_sat(zero - 1, least);"
      "  out[5] = mad_sat(most, 3l, most); out[6] = mad_sat(least, zero, 22l); out[7] = mad_sat(2305l, 2l, "
      "most);"
      "  out[8] = mad_sat(most, -3l, 5l); out[9] = mad_sat(-1l, least, -1l); out[10] = mad_sat(-1l, most, "
      "-2l); }");
  constexpr std::int64_t kLeast = INT64_MIN, kMost = INT64_MAX;
  Bytes in = bytes_of(std::vector<std::int64_t>{0, kLeast, kMost}), out(11 * 8);
  program.run("k", {&in, &out}, 1, 1);
  CHECK(values_of<std::int64_t>(out) == std::vector<std::int64_t>{INT32_MAX, INT32_MAX, kMost, kLeast, kMost,
                                                                  kMost, 22, kMost, kLeast, kMost, kLeast});
}

}  // namespace kiesel::compiler::builtins::test
