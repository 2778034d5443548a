#include "compiler/il/constants.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpConstantTrue = 41, kOpConstantFalse = 42, kOpConstant = 43, kOpConstantNull = 46,
                        kOpSpecConstantTrue = 48, kOpSpecConstantFalse = 49, kOpSpecConstant = 50,
                        kOpSpecConstantOp = 52;
constexpr unsigned kWordBits = 32;

enum Op : std::uint32_t {
  kUConvert = 113,
  kSConvert = 114,
  kSNegate = 126,
  kIAdd = 128,
  kISub = 130,
  kIMul = 132,
  kUDiv = 134,
  kSDiv = 135,
  kUMod = 137,
  kSelect = 169,
  kShiftRightLogical = 194,
  kShiftLeftLogical = 196,
  kBitwiseOr = 197,
  kBitwiseXor = 198,
  kBitwiseAnd = 199,
  kNot = 200,
};

std::optional<std::uint32_t> compute(std::uint32_t op, std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  switch (op) {
    case kUConvert:
    case kSConvert:
      return a;
    case kSNegate:
      return -a;
    case kIAdd:
      return a + b;
    case kISub:
      return a - b;
    case kIMul:
      return a * b;
    case kUDiv:
    case kSDiv:  // sizes are positive
      return b ? a / b : 0;
    case kUMod:
      return b ? a % b : 0;
    case kSelect:
      return a ? b : c;
    case kShiftRightLogical:
      return b < kWordBits ? a >> b : 0;
    case kShiftLeftLogical:
      return b < kWordBits ? a << b : 0;
    case kBitwiseOr:
      return a | b;
    case kBitwiseXor:
      return a ^ b;
    case kBitwiseAnd:
      return a & b;
    case kNot:
      return ~a;
    default:
      return std::nullopt;
  }
}

}  // namespace

Constants::Constants(std::span<const std::uint32_t> words) {
  for_each_instruction(words, [&](Instruction instruction) {
    const auto code = opcode(instruction);
    if (code >= kOpConstantTrue && code <= kOpSpecConstantOp && instruction.size() > 2)
      definitions_[instruction[2]] = instruction;
  });
}

std::optional<std::uint32_t> Constants::value(std::uint32_t id) const {
  if (const auto known = values_.find(id); known != values_.end()) return known->second;
  values_[id] = std::nullopt;  // what one that leads back to itself is worth
  return values_[id] = compute_value(id);
}

std::optional<std::uint32_t> Constants::compute_value(std::uint32_t id) const {
  const auto found = definitions_.find(id);
  if (found == definitions_.end()) return std::nullopt;
  const auto words = found->second;
  switch (opcode(words)) {
    case kOpConstantTrue:
    case kOpSpecConstantTrue:
      return 1;
    case kOpConstantFalse:
    case kOpSpecConstantFalse:
    case kOpConstantNull:
      return 0;
    case kOpConstant:
    case kOpSpecConstant:
      return words.size() > 3 ? std::optional(words[3]) : std::nullopt;
    case kOpSpecConstantOp: {
      if (words.size() <= 3) return std::nullopt;
      std::uint32_t operands[3] = {};
      for (std::size_t i = 0; i < 3 && 4 + i < words.size(); ++i) {
        const auto operand = value(words[4 + i]);
        if (!operand) return std::nullopt;
        operands[i] = *operand;
      }
      return compute(words[3], operands[0], operands[1], operands[2]);
    }
    default:
      return std::nullopt;
  }
}

}  // namespace kiesel::compiler
