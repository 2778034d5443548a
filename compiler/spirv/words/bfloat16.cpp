#include "compiler/spirv/words/bfloat16.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpTypeFloat = 22, kOpUConvert = 113, kOpBitcast = 124, kOpIAdd = 128,
                        kOpSelect = 169, kOpUGreaterThan = 172, kOpShiftRightLogical = 194,
                        kOpShiftLeftLogical = 196, kOpBitwiseOr = 197, kOpBitwiseAnd = 199;
constexpr std::uint32_t kBits = 16, kEncoding = 0, kFloatBits = 32;
constexpr std::uint32_t kMagnitude = 0x7fffffff, kInfinity = 0x7f800000, kQuiet = 0x400000,
                        kBelowHalf = 0x7fff;

// Instructions on integers of 32 bits.
class Arithmetic {
 public:
  Arithmetic(Rewriting& to, std::uint32_t count)
      : to_(to), count_(count), type_(to.vector_type(to.integer_type(kFloatBits), count)) {}

  std::uint32_t type() const { return type_; }
  std::uint32_t convert(std::uint32_t code, std::uint32_t value) { return to_.emit(code, type_, {value}); }
  std::uint32_t with(std::uint32_t code, std::uint32_t a, std::uint32_t number) {
    return both(code, a, to_.integer_constant(type_, number));
  }
  std::uint32_t both(std::uint32_t code, std::uint32_t a, std::uint32_t b) {
    return to_.emit(code, type_, {a, b});
  }
  std::uint32_t choose_above(std::uint32_t value, std::uint32_t number, std::uint32_t above,
                             std::uint32_t otherwise) {
    const auto truth = to_.emit(kOpUGreaterThan, to_.vector_type(to_.boolean_type(), count_),
                                {value, to_.integer_constant(type_, number)});
    return to_.emit(kOpSelect, type_, {truth, above, otherwise});
  }

 private:
  Rewriting& to_;
  std::uint32_t count_, type_;
};

}  // namespace

bool is_bfloat16_type(Instruction instruction) {
  return opcode(instruction) == kOpTypeFloat && instruction.size() == 4 && instruction[2] == kBits &&
         instruction[3] == kEncoding;
}

std::uint32_t bits_of_bfloat16(Rewriting& to, std::uint32_t value, std::uint32_t count) {
  Arithmetic make(to, count);
  return make.with(kOpShiftLeftLogical, make.convert(kOpUConvert, value), kBits);
}

std::uint32_t float_of_bfloat16(Rewriting& to, std::uint32_t value, std::uint32_t count) {
  return to.emit(kOpBitcast, to.vector_type(to.float_type(kFloatBits), count),
                 {bits_of_bfloat16(to, value, count)});
}

std::uint32_t round_to_bfloat16(Rewriting& to, std::uint32_t value, std::uint32_t count) {
  Arithmetic make(to, count);
  const auto bits = make.convert(kOpBitcast, value);
  const auto odd = make.with(kOpBitwiseAnd, make.with(kOpShiftRightLogical, bits, kBits), 1);
  const auto rounded = make.both(kOpIAdd, bits, make.with(kOpIAdd, odd, kBelowHalf));
  const auto chosen = make.choose_above(make.with(kOpBitwiseAnd, bits, kMagnitude), kInfinity,
                                        make.with(kOpBitwiseOr, bits, kQuiet), rounded);
  return make.with(kOpShiftRightLogical, chosen, kBits);
}

}  // namespace kiesel::compiler
