#include "compiler/il/specialization.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpTypeInt = 21, kOpTypeFloat = 22, kOpSpecConstantTrue = 48,
                        kOpSpecConstantFalse = 49, kOpSpecConstant = 50, kOpDecorate = 71;
constexpr std::uint32_t kSpecId = 1;
constexpr unsigned kWordBits = 32;

bool is_boolean(std::uint32_t code) { return code == kOpSpecConstantTrue || code == kOpSpecConstantFalse; }
bool is_constant(std::uint32_t code) { return is_boolean(code) || code == kOpSpecConstant; }

// Widths that numbers of OpenCL's modules have; what has another is no constant that could be set.
bool is_width(std::uint32_t type_code, unsigned bits) {
  return bits == 16 || bits == 32 || bits == 64 || (bits == 8 && type_code == kOpTypeInt);
}

// One constant: where it stands among the words, its SpecId and how many bits its value has.
struct Constant {
  std::size_t at;
  std::uint32_t id;
  unsigned bits;  // 0 for a boolean
};

std::vector<Constant> find_constants(std::span<const std::uint32_t> words) {
  std::map<std::uint32_t, std::uint32_t> ids;  // of decorated results
  std::map<std::uint32_t, unsigned> widths;    // of types of numbers
  std::vector<Constant> constants;
  std::size_t at = kHeaderWords;
  for_each_instruction(words, [&](Instruction instruction) {
    const auto code = opcode(instruction);
    if (code == kOpDecorate && instruction.size() >= 4 && instruction[2] == kSpecId)
      ids[instruction[1]] = instruction[3];
    if ((code == kOpTypeInt || code == kOpTypeFloat) && instruction.size() >= 3)
      widths[instruction[1]] = is_width(code, instruction[2]) ? instruction[2] : 0;
    if (is_constant(code) && instruction.size() >= 3 && ids.contains(instruction[2])) {
      const unsigned bits = is_boolean(code) ? 0 : widths[instruction[1]];
      if (bits || is_boolean(code)) constants.push_back({at, ids[instruction[2]], bits});
    }
    at += instruction.size();
  });
  return constants;
}

// A value of fewer bits than a word has zeros above them: integers of OpenCL have no sign in SPIR-V.
std::uint64_t cut(std::uint64_t value, unsigned bits) {
  return bits < 64 ? value & ((std::uint64_t{1} << bits) - 1) : value;
}

void set_value(Words& words, const Constant& constant, std::uint64_t value) {
  auto& first = words[constant.at];
  if (constant.bits == 0) {
    first = (first & ~0xffffU) | ((value & 0xff) ? kOpSpecConstantTrue : kOpSpecConstantFalse);
    return;
  }
  const std::size_t length = first >> 16;
  value = cut(value, constant.bits);
  for (std::size_t word = 3; word < length; ++word, value >>= kWordBits)
    words[constant.at + word] = static_cast<std::uint32_t>(value);
}

}  // namespace

std::optional<std::size_t> specialization_bytes(std::span<const std::uint32_t> words, std::uint32_t id) {
  for (const auto& constant : find_constants(words))
    if (constant.id == id) return constant.bits == 0 ? 1 : constant.bits / 8;
  return std::nullopt;
}

void specialize(Words& words, const Specialization& values) {
  if (values.empty()) return;
  for (const auto& constant : find_constants(words))
    if (const auto value = values.find(constant.id); value != values.end())
      set_value(words, constant, value->second);
}

}  // namespace kiesel::compiler
