#include <set>
#include <spirv-tools/libspirv.hpp>
#include <spirv-tools/linker.hpp>

#include "compiler/il/words.hpp"
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

// Names make the messages readable, but to make them up takes time that grows with the square of how often
// one name occurs: they are left out until there is something to tell.
bool is_valid(const spvtools::SpirvTools& tools, std::span<const std::uint32_t> words, bool with_names) {
  spvtools::ValidatorOptions options;
  options.SetFriendlyNames(with_names);
  return tools.Validate(words.data(), words.size(), options);
}

// The linker takes modules of one version only; a higher number allows more.
std::vector<Words> same_version(std::vector<Words> modules) {
  std::uint32_t highest = 0;
  for (const auto& module : modules) highest = std::max(highest, module.at(kVersionWord));
  for (auto& module : modules) module[kVersionWord] = highest;
  return modules;
}

constexpr std::uint32_t kOpDecorate = 71;
constexpr std::uint32_t kLinkageAttributes = 41;
constexpr std::uint32_t kExport = 0;

// The linker looks only at what is imported.
std::string doubled_exports(const std::vector<Words>& modules) {
  std::string log;
  std::set<std::string_view> exported, told;
  for (const auto& module : modules)
    for_each_instruction(module, [&](Instruction instruction) {
      if (opcode(instruction) != kOpDecorate || instruction.size() < 5 ||
          instruction[2] != kLinkageAttributes || instruction.back() != kExport)
        return;
      const auto name = literal_at(instruction, 3);
      if (exported.insert(name).second || !told.insert(name).second) return;
      log.append(log.empty() ? "'" : ", '").append(name).append("'");
    });
  return log.empty() ? log : "defined in more than one of the programs: " + log;
}

}  // namespace

Status check_spirv(std::span<const std::uint32_t> words) {
  spvtools::SpirvTools tools(kEnvironment);
  if (is_valid(tools, words, false)) return {};
  std::string log;
  tools.SetMessageConsumer(collect_into(log));
  static_cast<void>(is_valid(tools, words, true));
  return Error{Errc::kInvalidArgument, "the SPIR-V module is not valid: " + log};
}

Result<Words> link_spirv(const std::vector<Words>& modules, bool library) {
  std::string log = doubled_exports(modules);
  if (!log.empty()) return Error{Errc::kInvalidArgument, "cannot link: " + log};
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
