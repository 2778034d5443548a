#include <set>

#include "compiler/spirv/debug_information.hpp"
#include "compiler/spirv/passes.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpName = 5;

}  // namespace

void drop_debug_information(Words& words) {
  std::set<std::uint32_t> sets, gone;
  Words left(words.begin(), words.begin() + kHeaderWords);
  for_each_instruction(words, [&](Instruction instruction) {
    if (imports_debug_set(instruction)) sets.insert(instruction[1]);
    if (opcode(instruction) == kOpExtInst && instruction.size() > 3 && sets.contains(instruction[3]))
      gone.insert(instruction[2]);
  });
  for_each_instruction(words, [&](Instruction instruction) {
    const auto code = opcode(instruction);
    const bool names_one = code == kOpName && instruction.size() > 1 && gone.contains(instruction[1]);
    const bool is_one = code == kOpExtInst && instruction.size() > 2 && gone.contains(instruction[2]);
    if (!imports_debug_set(instruction) && !names_one && !is_one)
      left.insert(left.end(), instruction.begin(), instruction.end());
  });
  words = std::move(left);
}

}  // namespace kiesel::compiler
