#include <algorithm>
#include <map>

#include "compiler/spirv/clocks.hpp"
#include "compiler/spirv/declarations.hpp"
#include "compiler/spirv/names.hpp"
#include "compiler/spirv/passes.hpp"
#include "compiler/spirv/read/rewriting.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpFunction = 54, kOpFunctionEnd = 56, kOpFunctionCall = 57;
constexpr std::uint32_t kScopeBits = 32;

// Functions that nobody defines, and the scope of the clock that each reads.
std::map<std::uint32_t, std::uint32_t> find_functions(const Words& words) {
  std::map<std::uint32_t, std::uint32_t> scopes;
  for_each_instruction(words, [&](Instruction instruction) {
    if (opcode(instruction) != kOpDecorate || !place_of_name(instruction)) return;
    const auto name = literal_at(instruction, place_of_name(instruction));
    const auto* clock = std::ranges::find(kClocks, name, &Clock::function);
    if (clock != kClocks.end()) scopes.emplace(instruction[1], clock->scope);
  });
  return scopes;
}

}  // namespace

void read_clocks(Words& words) {
  const auto scopes = find_functions(words);
  if (scopes.empty()) return;
  Rewriting to(words);
  bool inside = false;  // the declaration of one of them
  for_each_instruction(words, [&](Instruction instruction) {
    const auto code = opcode(instruction);
    if (code == kOpFunction) to.begin_functions();
    const bool is_about_one = (code == kOpName || code == kOpDecorate) && scopes.contains(instruction[1]);
    inside |= code == kOpFunction && scopes.contains(instruction[2]);
    if (code == kOpFunctionCall && scopes.contains(instruction[3])) {
      const auto scope = to.integer_constant(to.integer_type(kScopeBits), scopes.at(instruction[3]));
      to.append(kOpReadClock, {instruction[1], instruction[2], scope});
    } else if (!is_about_one && !inside) {
      to.copy(instruction);
    }
    inside &= code != kOpFunctionEnd;
  });
  words = to.finish();
  add_capability(words, kShaderClock);
  add_extension(words, kShaderClockExtension);
}

}  // namespace kiesel::compiler
