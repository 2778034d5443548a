#include <llvm/ADT/STLExtras.h>
#include <llvm/Analysis/ConstantFolding.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Module.h>

#include "compiler/spirv/passes.hpp"

namespace kiesel::compiler {
namespace {

bool holds_vector_of_one(const llvm::Constant& constant) {
  const auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(constant.getType());
  if (vector && vector->getNumElements() == 1) return true;
  return llvm::isa<llvm::ConstantExpr, llvm::ConstantVector>(constant) &&
         llvm::any_of(constant.operands(), [](const llvm::Use& operand) {
           return holds_vector_of_one(*llvm::cast<llvm::Constant>(operand));
         });
}

}  // namespace

void fold_reinterpreted_scalars(llvm::Module& module) {
  for (auto& function : module)
    for (auto& instruction : llvm::instructions(function))
      for (auto& operand : instruction.operands())
        if (auto* constant = llvm::dyn_cast<llvm::Constant>(operand);
            constant && holds_vector_of_one(*constant))
          operand = llvm::ConstantFoldConstant(constant, module.getDataLayout());
}

}  // namespace kiesel::compiler
