#include <set>
#include <string_view>

#include "compiler/spirv/debug_information.hpp"
#include "compiler/spirv/passes.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kDebugInfoNone = 0;

constexpr std::uint32_t kDebugFunction = 20, kDebugSource = 35;
constexpr std::size_t kDebugFunctionWords = 16, kDebugSourceWords = 7;  // with their optional last operand

// The instruction at the end of `words`, whose last operand is DebugInfoNone. The reader wants a source's
// text to be there, so the file's name stands in for it; it can do without a function's declaration.
void mend_instruction(Words& words, std::size_t length) {
  auto* instruction = words.data() + words.size() - length;
  if (instruction[4] == kDebugSource && length == kDebugSourceWords) instruction[6] = instruction[5];
  if (instruction[4] != kDebugFunction || length != kDebugFunctionWords) return;
  instruction[0] -= 1U << 16;
  words.pop_back();
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

}  // namespace kiesel::compiler
