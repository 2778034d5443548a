#include "compiler/backend/divisors.hpp"

#include <llvm/Analysis/ValueTracking.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Module.h>

namespace kiesel::compiler {
namespace {

bool is_integer_division(const llvm::Instruction& instruction) {
  switch (instruction.getOpcode()) {
    case llvm::Instruction::UDiv:
    case llvm::Instruction::SDiv:
    case llvm::Instruction::URem:
    case llvm::Instruction::SRem:
      return true;
    default:
      return false;
  }
}

}  // namespace

void keep_divisors_from_zero(llvm::Module& module) {
  for (auto& function : module)
    for (auto& instruction : llvm::instructions(function)) {
      if (!is_integer_division(instruction)) continue;
      auto* divisor = instruction.getOperand(1);
      if (llvm::isKnownNonZero(divisor, module.getDataLayout())) continue;
      // One instruction; a negative divisor is large without its sign.
      llvm::IRBuilder<> at(&instruction);
      auto* one = llvm::ConstantInt::get(divisor->getType(), 1);
      instruction.setOperand(1, at.CreateBinaryIntrinsic(llvm::Intrinsic::umax, divisor, one));
    }
}

}  // namespace kiesel::compiler
