#include "compiler/backend/program_variables.hpp"

#include <fmt/format.h>
#include <llvm/IR/DataLayout.h>
#include <llvm/IR/GlobalVariable.h>
#include <llvm/IR/Module.h>

#include "compiler/backend/undefined.hpp"
#include "device/isa/target.hpp"

namespace kiesel::compiler {
namespace {

constexpr unsigned kGlobalSpace = 1, kConstantSpace = 2;

}  // namespace

Result<std::uint64_t, std::string> program_variable_bytes(const llvm::Module& module) {
  std::uint64_t global = 0, all = 0;
  for (const auto& variable : module.globals()) {
    const auto space = variable.getAddressSpace();
    if (space != kGlobalSpace && space != kConstantSpace) continue;
    const std::uint64_t bytes =
        module.getDataLayout().getTypeAllocSize(variable.getValueType()).getFixedSize();
    if (bytes > isa::kMaxProgramVariableBytes)
      return fmt::format("error: variable '{}' has {} bytes: a variable of a program may have {}\n",
                         readable_name(variable), bytes, isa::kMaxProgramVariableBytes);
    all += bytes;
    if (space == kGlobalSpace) global += bytes;
  }
  if (all > isa::kMaxProgramBytes)
    return fmt::format("error: the program's variables have {} bytes: a program may have {}\n", all,
                       isa::kMaxProgramBytes);
  return global;
}

}  // namespace kiesel::compiler
