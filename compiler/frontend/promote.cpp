#include "compiler/frontend/promote.hpp"

#include <llvm/IR/Dominators.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>
#include <llvm/Transforms/Utils/PromoteMemToReg.h>

#include <vector>

namespace kiesel::compiler {
namespace {

// Images, samplers and other objects are pointers here; SPIR-V lets few instructions have them, and no phi.
bool is_object(const llvm::Type& type) {
  if (!type.isPointerTy()) return false;
  const auto* pointee = llvm::dyn_cast<llvm::StructType>(type.getNonOpaquePointerElementType());
  return pointee && pointee->isOpaque();
}

bool is_plain(const llvm::AllocaInst& variable) {
  const auto& type = *variable.getAllocatedType();
  return type.isSingleValueType() && !type.isIntegerTy(1) && !is_object(type);
}

std::vector<llvm::AllocaInst*> promotable(llvm::Function& function) {
  std::vector<llvm::AllocaInst*> variables;
  for (auto& instruction : function.getEntryBlock())
    if (auto* variable = llvm::dyn_cast<llvm::AllocaInst>(&instruction))
      if (is_plain(*variable) && llvm::isAllocaPromotable(variable)) variables.push_back(variable);
  return variables;
}

}  // namespace

void promote_variables(llvm::Module& module) {
  for (auto& function : module) {
    if (function.isDeclaration()) continue;
    const auto variables = promotable(function);
    if (variables.empty()) continue;
    llvm::DominatorTree dominators(function);
    llvm::PromoteMemToReg(variables, dominators);
  }
}

}  // namespace kiesel::compiler
