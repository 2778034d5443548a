#include "compiler/frontend/initialisers.hpp"

#include <llvm/ADT/SetVector.h>
#include <llvm/Demangle/Demangle.h>
#include <llvm/IR/GlobalVariable.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Module.h>

namespace kiesel::compiler {
namespace {

// Clang's names for the list of what runs at start, and for the function that initialises one variable.
constexpr llvm::StringLiteral kConstructors = "llvm.global_ctors";
constexpr llvm::StringLiteral kInitialiser = "__cxx_global_var_init";

using Variables = llvm::SetVector<const llvm::GlobalVariable*>;

void add_variables(const llvm::Value& value, Variables& variables) {
  const auto* pointer = value.stripPointerCasts();
  if (const auto* variable = llvm::dyn_cast<llvm::GlobalVariable>(pointer))
    if (!variable->isConstant()) variables.insert(variable);
}

}  // namespace

std::string run_time_initialisers(const llvm::Module& module) {
  if (!module.getGlobalVariable(kConstructors)) return {};
  Variables variables;
  for (const auto& function : module)
    if (function.getName().startswith(kInitialiser))
      for (const auto& instruction : llvm::instructions(function))
        for (const auto& operand : instruction.operands()) add_variables(*operand, variables);
  std::string log;
  for (const auto* variable : variables)
    log += "error: variable '" + llvm::demangle(variable->getName().str()) +
           "' needs code that runs before the kernels to initialise it, which OpenCL does not have here: its "
           "initialiser must be a constant\n";
  return log.empty() ? "error: the program has code that must run before its kernels\n" : log;
}

}  // namespace kiesel::compiler
