#include "compiler/backend/work_groups.hpp"

#include <llvm/IR/InstIterator.h>
#include <llvm/IR/InstrTypes.h>
#include <llvm/IR/Module.h>

#include <set>

namespace kiesel::compiler {
namespace {

constexpr unsigned kLocal = 3;

// Builtins' names say it: get_local_id, work_group_barrier, sub_group_all, __spirv_GroupIAdd and so on. The
// order of what is printed tells it, too.
bool tells(const llvm::Function& builtin) {
  const auto name = builtin.getName();
  return name.contains_insensitive("group") || name.contains_insensitive("local") ||
         name.contains_insensitive("barrier") || name == "printf";
}

bool is_local(const llvm::Type* type) {
  return type->isPointerTy() && type->getPointerAddressSpace() == kLocal;
}

bool has_local_variables(const llvm::Module& module) {
  for (const auto& variable : module.globals())
    if (is_local(variable.getType()) && !variable.use_empty()) return true;
  return false;
}

bool reaches(const llvm::Function& function, std::set<const llvm::Function*>& seen) {
  if (function.isDeclaration()) return tells(function);
  if (!seen.insert(&function).second) return false;
  for (const auto& instruction : llvm::instructions(function))
    if (const auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction)) {
      const auto* callee = call->getCalledFunction();
      if (!callee || reaches(*callee, seen)) return true;
    }
  return false;
}

}  // namespace

bool observes_work_groups(const llvm::Function& kernel) {
  for (const auto& parameter : kernel.args())
    if (is_local(parameter.getType())) return true;
  std::set<const llvm::Function*> seen;
  return has_local_variables(*kernel.getParent()) || reaches(kernel, seen);
}

}  // namespace kiesel::compiler
