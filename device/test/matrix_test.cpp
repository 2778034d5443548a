// The matrix instruction against a second implementation of docs/isa.md, step by step and in plain numbers,
// in both engines: bits must be equal, whatever the operands are.
#include "device/isa/matrix.hpp"

#include <fmt/format.h>

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <random>

#include "device/test/machine.hpp"

namespace kiesel::device::test {
namespace {

using isa::MatrixFormat;

constexpr unsigned kRegisters = 32;
constexpr std::uint32_t kNan = 0x7FC00000;

// Of a sign, an exponent and a fraction, as IEEE 754 and OCP's 8-bit formats say.
double small_float(std::uint32_t bits, unsigned exponent_bits, unsigned fraction_bits, bool has_infinity) {
  const std::uint32_t fraction = bits & ((1u << fraction_bits) - 1);
  const std::uint32_t exponent = bits >> fraction_bits & ((1u << exponent_bits) - 1);
  const double sign = bits >> (fraction_bits + exponent_bits) & 1 ? -1 : 1;
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const bool top = exponent == (1u << exponent_bits) - 1;
  if (has_infinity && top) return fraction ? NAN : sign * INFINITY;
  if (!has_infinity && top && fraction == (1u << fraction_bits) - 1) return NAN;
  const int shift = -static_cast<int>(fraction_bits) - bias;
  if (exponent == 0) return sign * std::ldexp(fraction, 1 + shift);
  return sign * std::ldexp(fraction + (1u << fraction_bits), static_cast<int>(exponent) + shift);
}

float factor(MatrixFormat format, std::uint32_t word, unsigned number) {
  const unsigned bits = isa::find_matrix_format(static_cast<unsigned>(format))->bits;
  const std::uint32_t element = word >> bits * number & (bits == 32 ? ~0u : (1u << bits) - 1);
  switch (format) {
    case MatrixFormat::fp32:
      return std::bit_cast<float>(element);
    case MatrixFormat::tf32:
      return static_cast<float>(small_float(element >> 13, 8, 10, true));
    case MatrixFormat::fp16:
      return static_cast<float>(small_float(element, 5, 10, true));
    case MatrixFormat::bf16:
      return static_cast<float>(small_float(element, 8, 7, true));
    case MatrixFormat::fp8:
      return static_cast<float>(small_float(element, 4, 3, false));
    case MatrixFormat::bf8:
      return static_cast<float>(small_float(element, 5, 2, true));
    default:
      FAIL("no format of floats");
      return 0;
  }
}

// A double that is a float, to half: to nearest even.
std::uint32_t to_half(double value) {
  if (std::isnan(value)) return 0x7E00;
  const std::uint32_t sign = std::signbit(value) ? 0x8000 : 0;
  const double magnitude = std::abs(value);
  if (magnitude >= 65520) return sign | 0x7C00;
  int exponent;
  std::frexp(magnitude, &exponent);
  const int unit = std::max(exponent - 11, -24);
  const auto digits = static_cast<std::uint32_t>(std::nearbyint(std::ldexp(magnitude, -unit)));
  return sign | (unit == -24 ? digits : (static_cast<std::uint32_t>(unit + 24) << 10) + digits);
}

std::int32_t integer(MatrixFormat format, std::uint32_t word, unsigned number) {
  const bool bytes = format == MatrixFormat::i8 || format == MatrixFormat::u8;
  const unsigned bits = bytes ? 8 : 4;
  const std::uint32_t element = word >> bits * number & ((1u << bits) - 1);
  const bool is_signed = format == MatrixFormat::i8 || format == MatrixFormat::i4;
  return static_cast<std::int32_t>(element) - (is_signed && element >> (bits - 1) ? 1 << bits : 0);
}

using Words = std::vector<std::uint32_t>;  // by register, then lane

// One step: of an element of C the words of a row of A and of a column of B.
std::uint32_t step(const isa::MatrixProduct& of, const std::uint32_t* a, const std::uint32_t* b,
                   std::uint32_t c, unsigned words) {
  const unsigned elements = 32 / isa::find_matrix_format(static_cast<unsigned>(of.factor))->bits;
  if (of.sum == MatrixFormat::i32) {
    for (unsigned z = 0; z < words; ++z)
      for (unsigned e = 0; e < elements; ++e)
        c += static_cast<std::uint32_t>(integer(of.factor, a[z], e) * integer(of.factor, b[z], e));
    return c;
  }
  if (of.sum == MatrixFormat::fp16) {
    std::uint32_t half = c & 0xFFFF;
    for (unsigned z = 0; z < words; ++z)
      for (unsigned e = 0; e < elements; ++e) {
        const float sum = std::fma(factor(of.factor, a[z], e), factor(of.factor, b[z], e),
                                   static_cast<float>(small_float(half, 5, 10, true)));
        half = to_half(sum);
      }
    return half;
  }
  float all = 0;
  for (unsigned z = 0; z < words; ++z) {
    float word = 0;
    for (unsigned e = 0; e < elements; ++e) {
      const volatile float product = factor(of.factor, a[z], e) * factor(of.factor, b[z], e);
      word = product + word;
    }
    all = word + all;
  }
  const float sum = std::bit_cast<float>(c) + all;
  return std::isnan(sum) ? kNan : std::bit_cast<std::uint32_t>(sum);
}

void multiply(const isa::MatrixProduct& of, const isa::MatrixRegisters& registers, unsigned lanes,
              Words& words) {
  const isa::MatrixTile& t = registers.tile;
  for (unsigned k = 0; k < t.deep(); ++k)
    for (unsigned m = 0; m < t.down(); ++m)
      for (unsigned n = 0; n < t.across(); ++n) {
        const std::uint32_t* a =
            &words[registers.a(m, k) * lanes + m % t.a_blocks * t.block_rows * t.block_words];
        const std::uint32_t* b =
            &words[registers.b(k, n) * lanes + n % t.b_blocks * t.block_columns * t.block_words];
        std::uint32_t* c = &words[registers.c(m, n) * lanes];
        for (unsigned i = 0; i < t.block_rows; ++i)
          for (unsigned j = 0; j < t.block_columns; ++j, ++c)
            *c = step(of, a + i * t.block_words, b + j * t.block_words, *c, t.block_words);
      }
}

// Loads all float registers, does `body`, stores the sums. s0: the work-item's words of argument 0.
std::string program(unsigned lanes, const std::string& body) {
  std::string text = R"(
kernel:
  csrrs t0, mscratch, zero
  ld a0, 128(t0)
  csrrs s1, local_id_x, zero
  sh2add a0, s1, a0
  addi a1, a0, 0
)";
  for (unsigned r = 0; r < kRegisters; ++r)
    text += fmt::format("flw {}, 0(a1)\naddi a1, a1, {}\n", isa::float_register_name(r), lanes * 4);
  text += body;
  for (unsigned r = 0; isa::kMatrixSums >> r & 1; ++r)
    text += fmt::format("fsw {}, {}(a0)\n", isa::float_register_name(r), r * lanes * 4);
  return text + "jalr zero, 0(ra)\n";
}

model::Configuration shape(unsigned lanes, model::EngineChoice engine, bool ordered) {
  model::Configuration c = *model::built_in_shape("kiesel");
  c.global_memory_bytes = std::uint64_t{1} << 30;
  c.engine = engine;
  c.target.lanes = lanes;
  c.target.warps = 4;
  c.target.matrix = c.target.dot = true;
  c.target.ordered_matrices = ordered;
  return c;
}

// Numbers that add up, and now and then any bits at all.
Words operands(MatrixFormat format, unsigned lanes, unsigned seed) {
  std::mt19937 random(seed);
  const unsigned bits = isa::find_matrix_format(static_cast<unsigned>(format))->bits;
  const bool wild = seed % 2;
  Words words(std::size_t{kRegisters} * lanes);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const float number = static_cast<float>(static_cast<int>(random() % 4001) - 2000) / 64;
    words[i] = std::bit_cast<std::uint32_t>(number);
    if (format == MatrixFormat::fp16) words[i] = to_half(number) | to_half(number / 3) << 16;
    if (bits < 16 || (wild && random() % 8 == 0)) words[i] = static_cast<std::uint32_t>(random());
    if (wild && random() % 64 == 0) words[i] &= 0x807F807F;  // subnormal
  }
  return words;
}

void compare(unsigned lanes, bool ordered) {
  const isa::MatrixRegisters registers{isa::matrix_tile(lanes), ordered};
  for (const auto engine : {model::EngineChoice::kInterpreter, model::EngineChoice::kTranslator}) {
    Machine machine(shape(lanes, engine, ordered), test_service());
    std::uint64_t* buffer = machine.buffer(std::size_t{kRegisters} * lanes);
    for (const isa::MatrixProduct& product : isa::kMatrixProducts) {
      const auto name = [](MatrixFormat format) {
        return isa::find_matrix_format(static_cast<unsigned>(format))->name;
      };
      const std::string wmma = fmt::format("wmma {}, {}\n", name(product.sum), name(product.factor));
      const auto module = machine.load(program(lanes, wmma + wmma));
      for (unsigned seed = 0; seed < 4; ++seed) {
        INFO(lanes << " lanes, " << wmma << "seed " << seed);
        Words wanted = operands(product.factor, lanes, seed);
        std::memcpy(buffer, wanted.data(), wanted.size() * 4);
        REQUIRE(machine.run(module, {lanes, lanes}, {machine.address(buffer)}));
        multiply(product, registers, lanes, wanted);
        multiply(product, registers, lanes, wanted);
        CHECK(std::memcmp(buffer, wanted.data(), std::size_t{8} * lanes * 4) == 0);
      }
      machine.device().unload(module);
    }
    if (engine == model::EngineChoice::kTranslator) CHECK(machine.counter("translated warps") > 0);
  }
}

TEST_CASE("matrix products are those of a second implementation, bit for bit") {
  for (const unsigned lanes : {1u, 2u, 4u, 8u, 16u, 32u, 64u}) compare(lanes, false);
  compare(32, true);
  compare(4, true);
}

TEST_CASE("the registers of a tile are all different, and those of Vortex 3.0") {
  for (unsigned lanes = 1; lanes <= 64; lanes *= 2)
    for (const bool ordered : {false, true}) {
      INFO(lanes << " lanes");
      const isa::MatrixRegisters registers{isa::matrix_tile(lanes), ordered};
      const isa::MatrixTile& t = registers.tile;
      std::uint32_t a = 0, b = 0, c = 0;
      for (unsigned m = 0; m < t.down(); ++m)
        for (unsigned k = 0; k < t.deep(); ++k) a |= 1u << registers.a(m, k);
      for (unsigned n = 0; n < t.across(); ++n)
        for (unsigned k = 0; k < t.deep(); ++k) b |= 1u << registers.b(k, n);
      for (unsigned m = 0; m < t.down(); ++m)
        for (unsigned n = 0; n < t.across(); ++n) c |= 1u << registers.c(m, n);
      CHECK(a == 0x0003FC00);
      CHECK(b == (t.b_registers() == 8 ? 0xFF000000 : 0xF0000000));
      CHECK(c == isa::kMatrixSums);
    }
  const isa::MatrixRegisters of32{isa::matrix_tile(32), false};
  CHECK(of32.tile.rows == 16);
  CHECK(of32.tile.columns == 16);
  CHECK(of32.tile.words == 16);
  CHECK(of32.tile.steps() == 32);
  CHECK(of32.c(0, 0) == 2);
  CHECK(of32.c(1, 3) == 5);
  CHECK(of32.a(0, 0) == 12);
  CHECK(of32.a(1, 2) == 10);
  CHECK(of32.b(0, 0) == 25);
  CHECK(of32.b(3, 2) == 28);
}

TEST_CASE("a matrix product with some lanes off is a fault") {
  for (const auto engine : {model::EngineChoice::kInterpreter, model::EngineChoice::kTranslator}) {
    Machine machine(shape(32, engine, false), test_service());
    std::uint64_t* buffer = machine.buffer(std::size_t{kRegisters} * 32);
    const auto module = machine.load(program(32, "wmma fp32, fp16\n"));
    const auto status = machine.run(module, {20, 20}, {machine.address(buffer)});
    REQUIRE(!status);
    CHECK(status.error().reason.find("matrix instruction while lane 20 is off") != std::string::npos);
  }
}

TEST_CASE("a target without matrices has no such instruction") {
  model::Configuration c = shape(32, model::EngineChoice::kInterpreter, false);
  c.target.matrix = false;
  Machine machine(c, test_service());
  std::uint64_t* buffer = machine.buffer(std::size_t{kRegisters} * 32);
  const auto module = machine.load(program(32, "wmma fp32, fp16\n"));
  CHECK(!machine.run(module, {32, 32}, {machine.address(buffer)}));
}

}  // namespace
}  // namespace kiesel::device::test
