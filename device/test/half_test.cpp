// The interpreter's half precision on the host's float and double, against the software that is exact.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <random>

#define KIESEL_HOST test_level
#include "device/model/interpreter/half_bits.hpp"
#include "device/model/interpreter/soft_float.hpp"

namespace kiesel::model::test_level {
namespace {

using isa::Op;
constexpr u64 kBoxes[] = {~u64{0xFFFF}, ~u64{0xFFFFFFFF}, 0};  // of half, float, double

u64 exact(Op op, unsigned mode, u64 a, u64 b = 0, u64 c = 0) {
  unsigned flags = 0;
  return soft_float(op, mode, a, b, c, flags);
}
u64 half_register(u32 bits) { return kBoxes[0] | bits; }

template <unsigned kMode>
std::size_t wrong_conversions() {
  std::mt19937_64 random(kMode);
  std::size_t wrong = 0;
  for (int i = 0; i < 400000; ++i) {
    const u64 word = random();
    // Exponents around half's range, and now and then any bits.
    const double value = i % 8 == 0 ? double_of(word)
                                    : std::ldexp(1.0 + static_cast<double>(word >> (word & 63)) * 0x1p-64,
                                                 static_cast<int>(random() % 50) - 30) *
                                          (i & 1 ? 1 : -1);
    const float single = i % 8 == 0 ? single_of(static_cast<u32>(word)) : static_cast<float>(value);
    wrong += (kBoxes[1] | to_half<kMode>(value)) != exact(Op::fcvt_h_d, kMode, bits_of(value));
    wrong += (kBoxes[1] | to_half<kMode>(single)) != exact(Op::fcvt_h_s, kMode, kBoxes[1] | bits_of(single));
  }
  return wrong;
}

}  // namespace

TEST_CASE("each half is the float that it stands for") {
  std::size_t wrong = 0;
  for (u32 bits = 0; bits < 0x10000; ++bits) {
    const float found = half_to_float(kBoxHalf | bits);
    const auto expected = static_cast<u32>(exact(Op::fcvt_s_h, 0, half_register(bits)));
    wrong += std::isnan(found) ? expected != kNanSingle : bits_of(found) != expected;
  }
  CHECK(wrong == 0);
  CHECK(unboxed_half(0x3C00) == kNanHalf);
}

TEST_CASE("floats and doubles are rounded to half in every mode as the exact software does it") {
  CHECK(wrong_conversions<isa::kRoundNearestEven>() == 0);
  CHECK(wrong_conversions<isa::kRoundTowardsZero>() == 0);
  CHECK(wrong_conversions<isa::kRoundDown>() == 0);
  CHECK(wrong_conversions<isa::kRoundUp>() == 0);
  CHECK(wrong_conversions<isa::kRoundNearestAway>() == 0);
}

TEST_CASE("half arithmetic in float, and fused in double, rounds as if once") {
  std::mt19937_64 random(11);
  const auto near = [](double v) { return kBoxes[1] | to_half<isa::kRoundNearestEven>(v); };
  const auto single = [](float v) { return kBoxes[1] | to_half<isa::kRoundNearestEven>(v); };
  std::size_t wrong = 0;
  for (int i = 0; i < 1000000; ++i) {
    const u64 word = random();
    const u32 bits[3] = {static_cast<u32>(word & 0xFFFF), static_cast<u32>(word >> 16 & 0xFFFF),
                         static_cast<u32>(word >> 32 & 0xFFFF)};
    const u64 a = half_register(bits[0]), b = half_register(bits[1]), c = half_register(bits[2]);
    const float x = half_to_float(bits[0]), y = half_to_float(bits[1]), z = half_to_float(bits[2]);
    wrong += single(x + y) != exact(Op::fadd_h, 0, a, b);
    wrong += single(x * y) != exact(Op::fmul_h, 0, a, b);
    wrong += single(x / y) != exact(Op::fdiv_h, 0, a, b);
    wrong += single(std::sqrt(x)) != exact(Op::fsqrt_h, 0, a);
    wrong += near(std::fma(double{x}, double{y}, double{z})) != exact(Op::fmadd_h, 0, a, b, c);
  }
  CHECK(wrong == 0);
}

}  // namespace kiesel::model::test_level
