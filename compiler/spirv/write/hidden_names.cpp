#include "compiler/spirv/write/hidden_names.hpp"

#include <llvm/IR/Module.h>

#include <charconv>
#include <set>

#include "compiler/spirv/names.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpFunction = 54, kOpVariable = 59;

// What stands for a name, behind the prefix: its number.
std::string restored(std::string_view text, const std::vector<std::string>& names) {
  const auto place = begins_with_kernel(text);
  if (!text.substr(place).starts_with(kOwnPrefix)) return std::string(text);
  const auto* number = text.data() + place + kOwnPrefix.size();
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(number, text.data() + text.size(), index);
  if (error != std::errc() || index >= names.size()) return std::string(text);
  return std::string(text.substr(0, place)) + names[index] +
         std::string(text.substr(static_cast<std::size_t>(end - text.data())));
}

// Functions, and variables outside of them.
std::set<std::uint32_t> globals_of(const Words& words) {
  std::set<std::uint32_t> globals;
  bool in_functions = false;
  for_each_instruction(words, [&](Instruction instruction) {
    const auto op = opcode(instruction);
    in_functions |= op == kOpFunction;
    if (op == kOpFunction || (op == kOpVariable && !in_functions)) globals.insert(instruction[2]);
  });
  return globals;
}

}  // namespace

HiddenNames::HiddenNames(llvm::Module& module) {
  const auto hide = [&](llvm::GlobalObject& value, llvm::StringRef name) {
    value.setName(std::string(kOwnPrefix) + std::to_string(names_.size()));
    names_.push_back(name.str());
  };
  for (auto& function : module) {
    if (!function.hasFnAttribute(kOwnAttribute)) continue;
    hide(function, function.getFnAttribute(kOwnAttribute).getValueAsString());
    function.removeFnAttr(kOwnAttribute);
  }
  for (auto& variable : module.globals())
    if (variable.hasAttribute(kOwnAttribute))
      hide(variable, variable.getAttribute(kOwnAttribute).getValueAsString());
}

void HiddenNames::restore(Words& words) const {
  const auto globals = globals_of(words);
  Words named(words.begin(), words.begin() + kHeaderWords);
  named.reserve(words.size());
  for_each_instruction(words, [&](Instruction instruction) {
    const auto place = place_of_name(instruction);
    if (place == 0 || (opcode(instruction) == kOpName && !globals.contains(instruction[1])))
      named.insert(named.end(), instruction.begin(), instruction.end());
    else
      append_named(named, instruction, place, restored(literal_at(instruction, place), names_));
  });
  words = std::move(named);
}

}  // namespace kiesel::compiler
