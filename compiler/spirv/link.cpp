#include <map>
#include <set>
#include <spirv-tools/linker.hpp>

#include "compiler/spirv/passes.hpp"
#include "compiler/spirv/spirv.hpp"
#include "compiler/spirv/tools.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint32_t kOpVariable = 59, kOpDecorate = 71;
constexpr std::uint32_t kBuiltIn = 11, kLinkageAttributes = 41;
constexpr std::uint32_t kExport = 0, kImport = 1, kLinkOnceOdr = 2;
constexpr std::size_t kVariableWordsWithoutValue = 4;

// The linker takes modules of one version only; a higher number allows more.
void make_same_version(std::vector<Words>& modules) {
  std::uint32_t highest = 0;
  for (const auto& module : modules) highest = std::max(highest, module.at(kVersionWord));
  for (auto& module : modules) module[kVersionWord] = highest;
}

// The name under which other modules see the instruction's target; the last word says how.
std::string_view linkage_name(Instruction instruction) {
  const bool linkage =
      opcode(instruction) == kOpDecorate && instruction.size() >= 5 && instruction[2] == kLinkageAttributes;
  return linkage ? literal_at(instruction, 3) : std::string_view();
}

// The linker looks only at what is imported.
std::string doubled_exports(const std::vector<Words>& modules) {
  std::string log;
  std::set<std::string_view> exported, told;
  for (const auto& module : modules)
    for_each_instruction(module, [&](Instruction instruction) {
      const auto name = linkage_name(instruction);
      if (name.empty() || instruction.back() != kExport) return;
      if (exported.insert(name).second || !told.insert(name).second) return;
      log.append(log.empty() ? "'" : ", '").append(name).append("'");
    });
  return log.empty() ? log : "defined in more than one of the programs: " + log;
}

std::set<std::string> exports_of(const std::vector<Words>& modules) {
  std::set<std::string> names;
  for (const auto& module : modules)
    for_each_instruction(module, [&](Instruction instruction) {
      const auto name = linkage_name(instruction);
      if (!name.empty() && instruction.back() == kExport) names.emplace(name);
    });
  return names;
}

// Of a LinkOnceODR definition that another module has too: a function stays as a copy for this module; a
// variable, of which there must be one, is imported.
class Demotion {
 public:
  explicit Demotion(const Words& module) {
    for_each_instruction(module, [&](Instruction instruction) {
      if (opcode(instruction) == kOpVariable && instruction.size() > 2) variables_.insert(instruction[2]);
    });
  }

  void add_linkage(Words& to, Instruction decoration) {
    if (!variables_.contains(decoration[1])) return;
    imported_.insert(decoration[1]);
    to.insert(to.end(), decoration.begin(), decoration.end());
    to.back() = kImport;
  }

  // False when the instruction is none of an imported variable.
  bool add_variable(Words& to, Instruction instruction) {
    if (opcode(instruction) != kOpVariable || instruction.size() < 3 || !imported_.contains(instruction[2]))
      return false;
    to.insert(to.end(), instruction.begin(), instruction.begin() + kVariableWordsWithoutValue);
    to[to.size() - kVariableWordsWithoutValue] = kVariableWordsWithoutValue << 16 | kOpVariable;
    return true;
  }

 private:
  std::set<std::uint32_t> variables_, imported_;
};

// The linker knows exports and imports only: the first LinkOnceODR definition of each name that nobody
// exports becomes an export, the others are demoted. Returns the names of the former.
std::set<std::string> settle_once_definitions(std::vector<Words>& modules) {
  auto defined = exports_of(modules);
  std::set<std::string> once;
  for (auto& module : modules) {
    Demotion demotion(module);
    Words settled(module.begin(), module.begin() + kHeaderWords);
    for_each_instruction(module, [&](Instruction instruction) {
      const auto name = linkage_name(instruction);
      const bool is_once = !name.empty() && instruction.back() == kLinkOnceOdr;
      if (is_once && !defined.emplace(name).second) return demotion.add_linkage(settled, instruction);
      if (demotion.add_variable(settled, instruction)) return;
      settled.insert(settled.end(), instruction.begin(), instruction.end());
      if (!is_once) return;
      settled.back() = kExport;
      once.emplace(name);
    });
    module = std::move(settled);
  }
  return once;
}

// In a library they may meet other definitions still.
void restore_once_definitions(Words& words, const std::set<std::string>& once) {
  std::size_t at = kHeaderWords;
  std::vector<std::size_t> places;
  for_each_instruction(words, [&](Instruction instruction) {
    at += instruction.size();
    const auto name = linkage_name(instruction);
    if (!name.empty() && instruction.back() == kExport && once.contains(std::string(name)))
      places.push_back(at - 1);
  });
  for (const auto place : places) words[place] = kLinkOnceOdr;
}

}  // namespace

std::vector<Import> imports_of(std::span<const std::uint32_t> words) {
  std::set<std::uint32_t> builtins, variables;
  for_each_instruction(words, [&](Instruction instruction) {
    if (opcode(instruction) == kOpVariable) variables.insert(instruction[2]);
    if (opcode(instruction) == kOpDecorate && instruction[2] == kBuiltIn) builtins.insert(instruction[1]);
  });
  std::vector<Import> imports;
  for_each_instruction(words, [&](Instruction instruction) {
    const auto name = linkage_name(instruction);
    if (!name.empty() && instruction.back() == kImport && !builtins.contains(instruction[1]))
      imports.push_back({std::string(name), variables.contains(instruction[1])});
  });
  return imports;
}

Result<Words> link_spirv(std::vector<Words> modules, bool library) {
  std::string log = doubled_exports(modules);
  if (!log.empty()) return Error{Errc::kInvalidArgument, "cannot link: " + log};
  make_same_version(modules);
  const auto once = settle_once_definitions(modules);
  spvtools::Context context(kEnvironment);
  context.SetMessageConsumer(collect_into(log));
  spvtools::LinkerOptions options;
  options.SetCreateLibrary(library);
  options.SetAllowPartialLinkage(library);
  Words linked;
  if (spvtools::Link(context, modules, &linked, options) != SPV_SUCCESS)
    return Error{Errc::kInvalidArgument, "cannot link: " + log};
  restore_once_definitions(linked, once);
  run_passes(At::kAfterLinker, linked);
  return linked;
}

}  // namespace kiesel::compiler
