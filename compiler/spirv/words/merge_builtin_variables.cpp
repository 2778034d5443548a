#include <algorithm>
#include <map>

#include "compiler/spirv/passes.hpp"
#include "compiler/spirv/tools.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpName = 5, kOpEntryPoint = 15, kOpVariable = 59, kOpDecorate = 71;
constexpr std::uint32_t kBuiltIn = 11;

using Replacements = std::map<std::uint32_t, std::uint32_t>;  // of a variable by the first of its meaning

Replacements find_doubles(std::span<const std::uint32_t> words) {
  std::map<std::uint32_t, std::uint32_t> first;  // by meaning
  Replacements doubles;
  for_each_instruction(words, [&](Instruction instruction) {
    if (opcode(instruction) != kOpDecorate || instruction.size() != 4 || instruction[2] != kBuiltIn) return;
    const auto [known, fresh] = first.emplace(instruction[3], instruction[1]);
    if (!fresh && known->second != instruction[1]) doubles.emplace(instruction[1], known->second);
  });
  return doubles;
}

class Merge {
 public:
  Merge(Words& merged, const Replacements& doubles) : merged_(merged), doubles_(doubles) {}

  void add(const spv_parsed_instruction_t& instruction) {
    const bool is_about_target = instruction.opcode == kOpName || instruction.opcode == kOpDecorate;
    if (is_about_target && doubles_.contains(instruction.words[1])) return;
    if (instruction.opcode == kOpVariable && doubles_.contains(instruction.result_id)) return;
    Words words(instruction.words, instruction.words + instruction.num_words);
    for (std::uint16_t i = 0; i < instruction.num_operands; ++i) {
      const auto& operand = instruction.operands[i];
      if (operand.type != SPV_OPERAND_TYPE_ID) continue;
      if (const auto found = doubles_.find(words[operand.offset]); found != doubles_.end())
        words[operand.offset] = found->second;
    }
    if (instruction.opcode == kOpEntryPoint) list_once(words, instruction);
    merged_.insert(merged_.end(), words.begin(), words.end());
  }

 private:
  // The interface, which is what follows the name.
  static void list_once(Words& words, const spv_parsed_instruction_t& instruction) {
    constexpr std::uint16_t kBeforeInterface = 3;
    if (instruction.num_operands <= kBeforeInterface) return;
    const auto start = words.begin() + instruction.operands[kBeforeInterface].offset;
    std::sort(start, words.end());
    words.erase(std::unique(start, words.end()), words.end());
    words[0] = static_cast<std::uint32_t>(words.size()) << 16 | kOpEntryPoint;
  }

  Words& merged_;
  const Replacements& doubles_;
};

}  // namespace

void merge_builtin_variables(Words& words) {
  const auto doubles = find_doubles(words);
  if (doubles.empty()) return;
  Words merged(words.begin(), words.begin() + kHeaderWords);
  Merge merge(merged, doubles);
  if (for_each_parsed(words, [&](const spv_parsed_instruction_t& instruction) { merge.add(instruction); }))
    words = std::move(merged);
}

}  // namespace kiesel::compiler
