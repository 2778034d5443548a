#include <spirv-tools/libspirv.hpp>

#include "compiler/spirv/passes.hpp"
#include "compiler/spirv/rules.hpp"
#include "compiler/spirv/spirv.hpp"
#include "compiler/spirv/tools.hpp"

namespace kiesel::compiler {
namespace {

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
  if (is_valid(tools, words, false)) return check_rules(words);
  std::string log;
  tools.SetMessageConsumer(collect_into(log));
  static_cast<void>(is_valid(tools, words, true));
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
