#include "compiler/spirv/read/plain_integers.hpp"

namespace kiesel::compiler {
namespace {

enum Op : std::uint32_t {
  kOpExtInst = 12,
  kOpTypeVector = 23,
  kOpUndef = 1,
  kOpCompositeInsert = 82,
  kOpUConvert = 113,
  kOpIAdd = 128,
  kOpISub = 130,
  kOpIMul = 132,
  kOpIAddCarry = 149,
  kOpISubBorrow = 150,
  kOpUMulExtended = 151,
  kOpSMulExtended = 152,
  kOpShiftRightLogical = 194,
  kOpShiftRightArithmetic = 195,
  kOpShiftLeftLogical = 196,
  kOpBitwiseOr = 197,
  kOpBitwiseXor = 198,
  kOpBitwiseAnd = 199,
  kOpNot = 200,
  kOpBitFieldInsert = 201,
  kOpBitFieldSExtract = 202,
  kOpBitFieldUExtract = 203,
};
constexpr std::uint32_t kSignedHighProduct = 160, kUnsignedHighProduct = 203;  // of OpenCL.std
constexpr std::uint32_t kCountBits = 32;

struct Pair {
  std::uint32_t low, high;
};

class Arithmetic {
 public:
  Arithmetic(Rewriting& to, Instruction instruction)
      : to_(to), type_(to.type_of(instruction[3])), a_(instruction[3]), b_(instruction[4]) {}

  // The carry is the top bit of what both operands have, or one of them while the sum lost it.
  Pair sum() {
    const auto low = make(kOpIAdd, a_, b_);
    const auto lost = make(kOpBitwiseAnd, make(kOpBitwiseOr, a_, b_), complement(low));
    return {low, top_bit(make(kOpBitwiseOr, make(kOpBitwiseAnd, a_, b_), lost))};
  }
  Pair difference() {
    const auto low = make(kOpISub, a_, b_);
    const auto kept = make(kOpBitwiseAnd, complement(make(kOpBitwiseXor, a_, b_)), low);
    return {low, top_bit(make(kOpBitwiseOr, make(kOpBitwiseAnd, complement(a_), b_), kept))};
  }
  Pair product(std::uint32_t high_product) {
    const auto high = to_.emit(kOpExtInst, type_, {to_.opencl_functions(), high_product, a_, b_});
    return {make(kOpIMul, a_, b_), high};
  }

 private:
  std::uint32_t make(std::uint32_t code, std::uint32_t a, std::uint32_t b) {
    return to_.emit(code, type_, {a, b});
  }
  std::uint32_t complement(std::uint32_t value) { return to_.emit(kOpNot, type_, {value}); }
  std::uint32_t top_bit(std::uint32_t value) {
    const auto shape = to_.definition(type_);
    const auto bits = opcode(shape) == kOpTypeVector ? to_.definition(shape[2])[2] : shape[2];
    return make(kOpShiftRightLogical, value, to_.integer_constant(type_, bits - 1));
  }

  Rewriting& to_;
  std::uint32_t type_, a_, b_;
};

bool write_pair(Rewriting& to, Instruction instruction, Pair pair) {
  const auto type = instruction[1];
  const auto first = to.emit(kOpCompositeInsert, type, {pair.low, to.emit(kOpUndef, type, {}), 0});
  to.append(kOpCompositeInsert, {type, instruction[2], pair.high, first, 1});
  return true;
}

// The operands from `first` on in this type.
bool convert_counts(Rewriting& to, Instruction instruction, std::size_t first, std::uint32_t type) {
  Words changed(instruction.begin(), instruction.end());
  for (auto& count : std::span(changed).subspan(first))
    if (to.type_of(count) != type) count = to.emit(kOpUConvert, type, {count});
  to.copy(changed);
  return true;
}

}  // namespace

bool write_plain_integers(Rewriting& to, Instruction instruction) {
  switch (opcode(instruction)) {
    case kOpIAddCarry:
      return write_pair(to, instruction, Arithmetic(to, instruction).sum());
    case kOpISubBorrow:
      return write_pair(to, instruction, Arithmetic(to, instruction).difference());
    case kOpUMulExtended:
      return write_pair(to, instruction, Arithmetic(to, instruction).product(kUnsignedHighProduct));
    case kOpSMulExtended:
      return write_pair(to, instruction, Arithmetic(to, instruction).product(kSignedHighProduct));
    case kOpShiftRightLogical:
    case kOpShiftRightArithmetic:
    case kOpShiftLeftLogical:
      return convert_counts(to, instruction, 4, instruction[1]);
    case kOpBitFieldInsert:
      return convert_counts(to, instruction, 5, to.integer_type(kCountBits));
    case kOpBitFieldSExtract:
    case kOpBitFieldUExtract:
      return convert_counts(to, instruction, 4, to.integer_type(kCountBits));
    default:
      return false;
  }
}

}  // namespace kiesel::compiler
