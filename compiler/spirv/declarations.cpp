#include "compiler/spirv/declarations.hpp"

#include "compiler/spirv/names.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpExtension = 10, kOpCapability = 17;

bool is_capability(Instruction instruction, std::uint32_t capability) {
  return opcode(instruction) == kOpCapability && instruction.size() > 1 && instruction[1] == capability;
}

bool is_extension(Instruction instruction, std::string_view name) {
  return opcode(instruction) == kOpExtension && literal_at(instruction, 1) == name;
}

}  // namespace

void add_capability(Words& words, std::uint32_t capability) {
  bool known = false;
  for_each_instruction(words, [&](Instruction one) { known |= is_capability(one, capability); });
  if (known) return;
  const std::uint32_t added[] = {2U << 16 | kOpCapability, capability};
  words.insert(words.begin() + kHeaderWords, std::begin(added), std::end(added));
}

void add_extension(Words& words, std::string_view name) {
  bool known = false;
  std::size_t end = kHeaderWords, at = kHeaderWords;  // of the capabilities
  for_each_instruction(words, [&](Instruction one) {
    known |= is_extension(one, name);
    at += one.size();
    if (opcode(one) == kOpCapability) end = at;
  });
  if (known) return;
  const std::uint32_t nameless[] = {kOpExtension, 0};
  Words added;
  append_named(added, nameless, 1, name);
  words.insert(words.begin() + static_cast<std::ptrdiff_t>(end), added.begin(), added.end());
}

}  // namespace kiesel::compiler
