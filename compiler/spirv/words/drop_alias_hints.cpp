#include <algorithm>
#include <span>

#include "compiler/spirv/passes.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpExtension = 10, kOpCapability = 17, kOpLoad = 61, kOpStore = 62,
                        kOpCopyMemory = 63, kOpCopyMemorySized = 64, kOpDecorate = 71, kOpDecorateId = 332;
constexpr std::uint32_t kFirstDeclaration = 5911, kLastDeclaration = 5913;  // domain, scope, list
constexpr std::uint32_t kCapability = 5910, kAliasScope = 5914, kNoAlias = 5915;
constexpr std::string_view kExtension = "SPV_INTEL_memory_access_aliasing";

// Memory operands with an operand of their own.
constexpr std::uint32_t kKept[] = {2, 8, 0x10};         // Aligned, MakePointerAvailable, -Visible
constexpr std::uint32_t kHints[] = {0x10000, 0x20000};  // AliasScopeINTEL, NoAliasINTEL: a list of scopes

bool is_about_aliases(Instruction instruction) {
  const auto code = opcode(instruction);
  if (code == kOpCapability) return instruction.size() > 1 && instruction[1] == kCapability;
  if (code == kOpExtension) return literal_at(instruction, 1) == kExtension;
  const bool decorates = code == kOpDecorate || code == kOpDecorateId;
  if (decorates && instruction.size() > 2) return instruction[2] == kAliasScope || instruction[2] == kNoAlias;
  return code >= kFirstDeclaration && code <= kLastDeclaration;
}

// Where memory operands begin; 0: the instruction has none.
std::size_t memory_operands(Instruction instruction) {
  switch (opcode(instruction)) {
    case kOpStore:
    case kOpCopyMemory:
      return 3;
    case kOpLoad:
    case kOpCopyMemorySized:
      return 4;
    default:
      return 0;
  }
}

std::size_t count_bits(std::uint32_t mask, std::span<const std::uint32_t> bits) {
  return static_cast<std::size_t>(
      std::ranges::count_if(bits, [&](std::uint32_t bit) { return (mask & bit) != 0; }));
}

// Sets of operands: a mask, an operand for each of these bits, and the lists of scopes at the end.
void append_without_hints(Words& out, Instruction instruction) {
  const auto start = out.size();
  auto at = memory_operands(instruction);
  if (at == 0 || at >= instruction.size()) at = instruction.size();
  out.insert(out.end(), instruction.begin(), instruction.begin() + static_cast<std::ptrdiff_t>(at));
  while (at < instruction.size()) {
    const auto mask = instruction[at];
    const auto kept = std::min(1 + count_bits(mask, kKept), instruction.size() - at);
    const auto operands = instruction.subspan(at, kept);
    out.push_back(mask & ~(kHints[0] | kHints[1]));
    out.insert(out.end(), operands.begin() + 1, operands.end());
    at += kept + count_bits(mask, kHints);
  }
  out[start] = static_cast<std::uint32_t>(out.size() - start) << 16 | opcode(instruction);
}

}  // namespace

void drop_alias_hints(Words& words) {
  Words left(words.begin(), words.begin() + kHeaderWords);
  const bool whole = for_each_instruction(words, [&](Instruction instruction) {
    if (!is_about_aliases(instruction)) append_without_hints(left, instruction);
  });
  if (whole) words = std::move(left);
}

}  // namespace kiesel::compiler
