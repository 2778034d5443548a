#include <algorithm>
#include <map>

#include "compiler/il/constants.hpp"
#include "compiler/spirv/clocks.hpp"
#include "compiler/spirv/names.hpp"
#include "compiler/spirv/passes.hpp"
#include "compiler/spirv/read/rewriting.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpExtension = 10, kOpCapability = 17, kOpFirstType = 19, kOpLastType = 39,
                        kOpTypeInt = 21, kOpFunction = 54, kOpFunctionEnd = 56, kOpFunctionCall = 57,
                        kOpBitcast = 124;
constexpr std::uint32_t kClockBits = 64, kImport = 1;

class Calls {
 public:
  explicit Calls(const Words& words) : words_(words), constants_(words), to_(words) {}

  bool are_needed() {
    for_each_instruction(words_, [&](Instruction instruction) {
      if (opcode(instruction) == kOpReadClock) functions_.try_emplace(scope_of(instruction), 0);
    });
    for (auto& [scope, function] : functions_) function = to_.fresh();
    return !functions_.empty();
  }

  Words run() {
    for_each_instruction(words_, [&](Instruction instruction) { rewrite(instruction); });
    return to_.finish();
  }

 private:
  std::uint32_t scope_of(Instruction instruction) const {
    const auto scope = constants_.value(instruction[3]).value_or(kSubgroupScope);
    return scope == kDeviceScope || scope == kWorkgroupScope ? scope : kSubgroupScope;
  }
  std::uint32_t clock_type() { return to_.integer_type(kClockBits); }

  static bool is_declaration(Instruction instruction) {
    if (opcode(instruction) == kOpCapability) return instruction[1] == kShaderClock;
    return opcode(instruction) == kOpExtension && literal_at(instruction, 1) == kShaderClockExtension;
  }

  // Names stand before types, functions without a body before those with one.
  void name_functions() {
    for (const auto& [scope, function] : functions_) {
      const std::uint32_t nameless[] = {kOpDecorate, function, kLinkageAttributes, 0, kImport};
      Words named;
      append_named(named, nameless, 3, std::ranges::find(kClocks, scope, &Clock::scope)->function);
      to_.copy(named);
    }
    named_ = true;
  }
  void declare_functions() {
    to_.begin_functions();
    for (const auto& [scope, function] : functions_) {
      to_.append(kOpFunction, {clock_type(), function, 0, to_.function_type(clock_type())});
      to_.append(kOpFunctionEnd, {});
    }
    declared_ = true;
  }

  // The value is one number or its two halves, the lower first.
  void read(Instruction instruction) {
    const auto function = functions_.at(scope_of(instruction));
    if (to_.opcode_of(instruction[1]) == kOpTypeInt)
      return to_.append(kOpFunctionCall, {instruction[1], instruction[2], function});
    const auto value = to_.emit(kOpFunctionCall, clock_type(), {function});
    to_.append(kOpBitcast, {instruction[1], instruction[2], value});
  }

  void rewrite(Instruction instruction) {
    const auto code = opcode(instruction);
    if (is_declaration(instruction)) return;
    if (!named_ && code >= kOpFirstType && code <= kOpLastType) name_functions();
    if (!declared_ && code == kOpFunction) declare_functions();
    code == kOpReadClock ? read(instruction) : to_.copy(instruction);
  }

  const Words& words_;
  Constants constants_;
  Rewriting to_;
  std::map<std::uint32_t, std::uint32_t> functions_;  // by scope
  bool named_ = false, declared_ = false;
};

}  // namespace

void call_clocks(Words& words) {
  Calls calls(words);
  if (calls.are_needed()) words = calls.run();
}

}  // namespace kiesel::compiler
