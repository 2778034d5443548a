#include <spirv-tools/libspirv.hpp>

#include "compiler/spirv/clocks.hpp"
#include "compiler/spirv/passes.hpp"
#include "compiler/spirv/rules.hpp"
#include "compiler/spirv/spirv.hpp"
#include "compiler/spirv/tools.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpUndef = 1, kOpExtension = 10, kOpCapability = 17;

bool declares_clocks(Instruction instruction) {
  if (opcode(instruction) == kOpExtension) return literal_at(instruction, 1) == kShaderClockExtension;
  return opcode(instruction) == kOpCapability && instruction.size() == 2 && instruction[1] == kShaderClock;
}

// For the validator, which takes clocks for part of Shader, wants the control flow of shaders then, and knows
// not all scopes: something undefined stands for what they tell. check_rules() has their rules.
Words without_clocks(std::span<const std::uint32_t> words) {
  Words without(words.begin(), words.begin() + kHeaderWords);
  for_each_instruction(words, [&](Instruction instruction) {
    if (declares_clocks(instruction)) return;
    if (opcode(instruction) == kOpReadClock && instruction.size() == 4)
      without.insert(without.end(), {3U << 16 | kOpUndef, instruction[1], instruction[2]});
    else
      without.insert(without.end(), instruction.begin(), instruction.end());
  });
  return without;
}

bool has_clocks(std::span<const std::uint32_t> words) {
  bool has = false;
  const bool whole = for_each_instruction(words, [&](Instruction one) { has |= declares_clocks(one); });
  return has && whole;
}

// Names make the messages readable, but to make them up takes time that grows with the square of how often
// one name occurs: they are left out until there is something to tell.
bool is_valid(const spvtools::SpirvTools& tools, std::span<const std::uint32_t> words, bool with_names) {
  spvtools::ValidatorOptions options;
  options.SetFriendlyNames(with_names);
  // The universal limit is 255; kernels may have as many as CL_DEVICE_MAX_PARAMETER_SIZE holds bytes.
  options.SetUniversalLimit(spv_validator_limit_max_function_args, 4096);
  return tools.Validate(words.data(), words.size(), options);
}

}  // namespace

Status check_spirv(std::span<const std::uint32_t> words) {
  spvtools::SpirvTools tools(environment_of(words));
  Words without;
  if (has_clocks(words)) without = without_clocks(words);
  const auto checked = without.empty() ? words : std::span<const std::uint32_t>(without);
  if (is_valid(tools, checked, false)) return check_rules(words);
  std::string log;
  tools.SetMessageConsumer(collect_into(log));
  static_cast<void>(is_valid(tools, checked, true));
  return Error{Errc::kInvalidArgument, "the SPIR-V module is not valid: " + log};
}

Result<Words> accept_spirv(Words words) {
  if (auto lowered = run_checked_passes(words); !lowered) return lowered.error();
  if (auto valid = check_spirv(words); !valid) {
    auto mended = mend(words);
    if (!check_spirv(mended)) return valid.error();
    words = std::move(mended);
  }
  if (words[kVersionWord] <= kLastOwnVersion) return words;
  run_passes(At::kNewer, words);
  if (auto valid = check_spirv(words); !valid) return valid.error();
  return words;
}

}  // namespace kiesel::compiler
