#include "compiler/spirv/mend.hpp"

#include <set>
#include <string_view>

#include "compiler/il/words.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kVersion14 = 0x00010400;
constexpr std::uint32_t kOpName = 5, kOpExtInstImport = 11, kOpExtInst = 12, kOpEntryPoint = 15,
                        kOpFunction = 54, kOpVariable = 59;
constexpr std::string_view kDebugSet = "OpenCL.DebugInfo.100";
constexpr std::uint32_t kDebugInfoNone = 0;

constexpr std::uint32_t kDebugFunction = 20, kDebugSource = 35;
constexpr std::size_t kDebugFunctionWords = 16, kDebugSourceWords = 7;  // with their optional last operand

bool imports_debug_set(Instruction instruction) {
  return opcode(instruction) == kOpExtInstImport && literal_at(instruction, 2) == kDebugSet;
}

// The instruction at the end of `words`, whose last operand is DebugInfoNone. The reader wants a source's
// text to be there, so the file's name stands in for it; it can do without a function's declaration.
void mend_instruction(Words& words, std::size_t length) {
  auto* instruction = words.data() + words.size() - length;
  if (instruction[4] == kDebugSource && length == kDebugSourceWords) instruction[6] = instruction[5];
  if (instruction[4] != kDebugFunction || length != kDebugFunctionWords) return;
  instruction[0] -= 1U << 16;
  words.pop_back();
}

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

// No result depends on it, and few producers' is valid.
Words without_debug_information(std::span<const std::uint32_t> words) {
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
  return left;
}

}  // namespace

void mend_debug_information(Words& words) {
  Words mended(words.begin(), words.begin() + kHeaderWords);
  mended.reserve(words.size());
  std::uint32_t set = 0;
  std::set<std::uint32_t> none;
  const bool whole = for_each_instruction(words, [&](Instruction instruction) {
    if (imports_debug_set(instruction)) set = instruction[1];
    mended.insert(mended.end(), instruction.begin(), instruction.end());
    if (!set || opcode(instruction) != kOpExtInst || instruction.size() < 5 || instruction[3] != set) return;
    if (instruction[4] == kDebugInfoNone) none.insert(instruction[2]);
    if (none.contains(instruction.back())) mend_instruction(mended, instruction.size());
  });
  if (whole) words = std::move(mended);
}

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

Words mend(std::span<const std::uint32_t> words) {
  Words mended = order_labels(without_debug_information(words));
  mend_interfaces(mended);
  mend_addresses(mended);
  return mended;
}

}  // namespace kiesel::compiler
