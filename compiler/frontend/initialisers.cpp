#include "compiler/frontend/initialisers.hpp"

#include <llvm/Demangle/Demangle.h>
#include <llvm/IR/GlobalVariable.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Module.h>

#include <set>

#include "compiler/frontend/own.hpp"

namespace kiesel::compiler {
namespace {

// Clang's names for the list of what runs at start, and for the function that initialises one variable.
constexpr llvm::StringLiteral kConstructors = "llvm.global_ctors";
constexpr llvm::StringLiteral kInitialiser = "__cxx_global_var_init";
// What begins the name of the flag that a static variable of a function has been initialised.
constexpr llvm::StringLiteral kGuard = "_ZGV";

void add_variable(const llvm::Value& value, std::set<std::string>& names) {
  const auto* variable = llvm::dyn_cast<llvm::GlobalVariable>(value.stripPointerCasts());
  if (variable && !variable->isConstant()) names.insert(llvm::demangle(own_name(*variable)));
}

}  // namespace

std::string run_time_initialisers(const llvm::Module& module) {
  std::set<std::string> names;
  for (const auto& function : module)
    if (function.getName().startswith(kInitialiser))
      for (const auto& instruction : llvm::instructions(function))
        for (const auto& operand : instruction.operands()) add_variable(*operand, names);
  for (const auto& variable : module.globals())
    if (auto name = variable.getName(); name.consume_front(kGuard))
      names.insert(llvm::demangle("_Z" + name.str()));
  std::string log;
  for (const auto& name : names)
    log += "error: variable '" + name +
           "' needs code that runs before the kernels to initialise it, which OpenCL does not have here: its "
           "initialiser must be a constant\n";
  if (log.empty() && module.getGlobalVariable(kConstructors))
    return "error: the program has code that must run before its kernels\n";
  return log;
}

}  // namespace kiesel::compiler
