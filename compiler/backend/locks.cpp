#include "compiler/backend/locks.hpp"

#include <llvm/ADT/STLExtras.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>

namespace kiesel::compiler {

void keep_tries_single(llvm::Module& module) {
  llvm::SmallVector<llvm::Instruction*> tries;
  for (llvm::Function& function : module)
    for (llvm::Instruction& instruction : llvm::instructions(function))
      if (llvm::isa<llvm::AtomicRMWInst, llvm::AtomicCmpXchgInst>(instruction) && !instruction.use_empty())
        tries.push_back(&instruction);
  auto* type = llvm::FunctionType::get(llvm::Type::getVoidTy(module.getContext()), false);
  auto* nothing = llvm::InlineAsm::get(type, "", "", /*hasSideEffects=*/true);
  for (llvm::Instruction* instruction : tries) {
    auto* mark = llvm::CallInst::Create(type, nothing, "", instruction->getNextNode());
    mark->setConvergent();
    mark->setDoesNotThrow();
  }
}

}  // namespace kiesel::compiler
