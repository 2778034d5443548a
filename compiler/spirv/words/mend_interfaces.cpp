#include <algorithm>
#include <set>

#include "compiler/spirv/passes.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kVersion14 = 0x00010400;
constexpr std::uint32_t kOpEntryPoint = 15, kOpFunction = 54, kOpVariable = 59;

// Opcode, model, function, name, interface.
std::size_t interface_start(Instruction entry_point) {
  std::size_t at = 3;
  while (at < entry_point.size() && (entry_point[at] >> 24) != 0) ++at;
  return at + 1;
}

void add_to_interface(Words& words, Instruction entry_point, const std::vector<std::uint32_t>& variables) {
  const auto first = words.size();
  words.insert(words.end(), entry_point.begin(), entry_point.end());
  const auto start = std::min(interface_start(entry_point), entry_point.size());
  const std::set<std::uint32_t> listed(entry_point.begin() + start, entry_point.end());
  for (const auto variable : variables)
    if (!listed.contains(variable)) words.push_back(variable);
  words[first] = static_cast<std::uint32_t>(words.size() - first) << 16 | kOpEntryPoint;
}

}  // namespace

void mend_interfaces(Words& words) {
  if (words.size() < kHeaderWords || words[kVersionWord] < kVersion14) return;
  std::vector<std::uint32_t> variables;
  bool in_functions = false;
  const bool whole = for_each_instruction(words, [&](Instruction instruction) {
    in_functions |= opcode(instruction) == kOpFunction;
    if (!in_functions && opcode(instruction) == kOpVariable && instruction.size() >= 4)
      variables.push_back(instruction[2]);
  });
  if (!whole) return;
  Words mended(words.begin(), words.begin() + kHeaderWords);
  for_each_instruction(words, [&](Instruction instruction) {
    if (opcode(instruction) == kOpEntryPoint)
      add_to_interface(mended, instruction, variables);
    else
      mended.insert(mended.end(), instruction.begin(), instruction.end());
  });
  words = std::move(mended);
}

}  // namespace kiesel::compiler
