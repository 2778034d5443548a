#include "compiler/backend/remainders.hpp"

#include <fmt/format.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Module.h>

namespace kiesel::compiler {
namespace {

std::string mangled(const llvm::Type& type) {
  const auto& scalar = *type.getScalarType();
  const char* letter = scalar.isHalfTy() ? "Dh" : scalar.isFloatTy() ? "f" : "d";
  if (const auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(&type))
    return fmt::format("_Z4fmodDv{}_{}S_", vector->getNumElements(), letter);
  return fmt::format("_Z4fmod{0}{0}", letter);
}

}  // namespace

void lower_remainders(llvm::Module& module) {
  std::vector<llvm::Instruction*> found;
  for (auto& function : module)
    for (auto& instruction : llvm::instructions(function))
      if (instruction.getOpcode() == llvm::Instruction::FRem) found.push_back(&instruction);
  for (auto* remainder : found) {
    auto* type = remainder->getType();
    auto callee =
        module.getOrInsertFunction(mangled(*type), llvm::FunctionType::get(type, {type, type}, false));
    auto* function = llvm::cast<llvm::Function>(callee.getCallee());
    if (function->isDeclaration()) function->setCallingConv(llvm::CallingConv::SPIR_FUNC);
    llvm::IRBuilder<> builder(remainder);
    auto* call = builder.CreateCall(callee, {remainder->getOperand(0), remainder->getOperand(1)});
    call->setCallingConv(function->getCallingConv());
    remainder->replaceAllUsesWith(call);
    remainder->eraseFromParent();
  }
}

}  // namespace kiesel::compiler
