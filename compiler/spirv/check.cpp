#include <spirv-tools/libspirv.hpp>
#include <spirv-tools/linker.hpp>

#include "compiler/spirv/mend.hpp"
#include "compiler/spirv/spirv.hpp"

namespace kiesel::compiler {
namespace {

// The environment "OpenCL 2.2" of this library's version rejects valid modules; the universal one holds every
// rule of the core specification.
constexpr spv_target_env kEnvironment = SPV_ENV_UNIVERSAL_1_4;

spvtools::MessageConsumer collect_into(std::string& log) {
  return [&log](spv_message_level_t level, const char*, const spv_position_t&, const char* text) {
    if (level <= SPV_MSG_ERROR) log.append(log.empty() ? "" : "; ").append(text);
  };
}

constexpr std::size_t kVersionWord = 1;

// The linker takes modules of one version only; a higher number allows more.
std::vector<Words> same_version(std::vector<Words> modules) {
  std::uint32_t highest = 0;
  for (const auto& module : modules) highest = std::max(highest, module.at(kVersionWord));
  for (auto& module : modules) module[kVersionWord] = highest;
  return modules;
}

}  // namespace

Status check_spirv(std::span<const std::uint32_t> words) {
  std::string log;
  spvtools::SpirvTools tools(kEnvironment);
  tools.SetMessageConsumer(collect_into(log));
  if (!tools.Validate(words.data(), words.size()))
    return Error{Errc::kInvalidArgument, "the SPIR-V module is not valid: " + log};
  return {};
}

Result<Words> link_spirv(const std::vector<Words>& modules, bool library) {
  std::string log;
  spvtools::Context context(kEnvironment);
  context.SetMessageConsumer(collect_into(log));
  spvtools::LinkerOptions options;
  options.SetCreateLibrary(library);
  options.SetAllowPartialLinkage(library);
  Words linked;
  if (spvtools::Link(context, same_version(modules), &linked, options) != SPV_SUCCESS)
    return Error{Errc::kInvalidArgument, "cannot link: " + log};
  mend_interfaces(linked);
  return linked;
}

}  // namespace kiesel::compiler
