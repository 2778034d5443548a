// Divides integers of more than one register, for which the code generator would call a run-time library.
//
// Long division, one digit in each iteration of a loop that is the same for all lanes:
//   remainder = remainder * 2 + next digit of a; if it is not below b, subtract b and set a digit of the
//   quotient.
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/Pass.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>

#include "compiler/simt/passes.hpp"

namespace kiesel::simt {
namespace {

using llvm::BasicBlock;
using llvm::Instruction;
using llvm::IRBuilder;
using llvm::PHINode;
using llvm::Value;

bool is_division(const Instruction& instruction) {
  switch (instruction.getOpcode()) {
    case Instruction::UDiv:
    case Instruction::SDiv:
    case Instruction::URem:
    case Instruction::SRem:
      return instruction.getType()->isIntegerTy() && instruction.getType()->getIntegerBitWidth() > 64;
    default:
      return false;
  }
}

Value* negate_if(IRBuilder<>& at, Value* mask, Value* value) {
  return at.CreateSub(at.CreateXor(value, mask), mask);
}

struct Quotient {
  Value *quotient, *remainder;
};

// The loop stands before `behind`.
Quotient divide(Instruction& behind, Value* a, Value* b) {
  auto& context = behind.getContext();
  llvm::Type* type = a->getType();
  const auto number = [&](std::uint64_t value) { return llvm::ConstantInt::get(type, value); };
  BasicBlock* before = behind.getParent();
  BasicBlock* after = llvm::SplitBlock(before, &behind);
  auto* body = BasicBlock::Create(context, "divide", before->getParent(), after);
  before->getTerminator()->setSuccessor(0, body);

  IRBuilder<> at(body);
  at.SetCurrentDebugLocation(behind.getDebugLoc());
  auto* count = at.CreatePHI(at.getInt32Ty(), 2);
  // The quotient's digits come in from below where a's leave above.
  PHINode *digits = at.CreatePHI(type, 2), *remainder = at.CreatePHI(type, 2);
  Value* digit = at.CreateLShr(digits, type->getIntegerBitWidth() - 1);
  Value* carry = at.CreateICmpSLT(remainder, number(0));
  Value* partial = at.CreateOr(at.CreateShl(remainder, 1), digit);
  Value* fits = at.CreateOr(carry, at.CreateICmpUGE(partial, b));
  Value* left = at.CreateSub(partial, at.CreateSelect(fits, b, number(0)));
  Value* next = at.CreateOr(at.CreateShl(digits, 1), at.CreateZExt(fits, type));
  Value* counted = at.CreateAdd(count, at.getInt32(1));
  at.CreateCondBr(at.CreateICmpULT(counted, at.getInt32(type->getIntegerBitWidth())), body, after);

  count->addIncoming(at.getInt32(0), before);
  count->addIncoming(counted, body);
  digits->addIncoming(a, before);
  digits->addIncoming(next, body);
  remainder->addIncoming(number(0), before);
  remainder->addIncoming(left, body);
  return {next, left};
}

void expand(Instruction& division) {
  IRBuilder<> at(&division);
  Value *a = division.getOperand(0), *b = division.getOperand(1);
  const auto opcode = division.getOpcode();
  const bool is_signed = opcode == Instruction::SDiv || opcode == Instruction::SRem;
  const bool wants_quotient = opcode == Instruction::SDiv || opcode == Instruction::UDiv;
  Value *a_sign = nullptr, *b_sign = nullptr;
  if (is_signed) {
    const unsigned last = a->getType()->getIntegerBitWidth() - 1;
    a_sign = at.CreateAShr(a, last);
    b_sign = at.CreateAShr(b, last);
    a = negate_if(at, a_sign, a);
    b = negate_if(at, b_sign, b);
  }
  const Quotient made = divide(division, a, b);
  at.SetInsertPoint(&division);
  Value* result = wants_quotient ? made.quotient : made.remainder;
  if (is_signed) result = negate_if(at, wants_quotient ? at.CreateXor(a_sign, b_sign) : a_sign, result);
  division.replaceAllUsesWith(result);
  division.eraseFromParent();
}

class ExpandDivision final : public llvm::FunctionPass {
 public:
  static char ID;
  ExpandDivision() : FunctionPass(ID) {}

  bool runOnFunction(llvm::Function& function) override {
    std::vector<Instruction*> divisions;
    for (Instruction& instruction : llvm::instructions(function))
      if (is_division(instruction)) divisions.push_back(&instruction);
    for (Instruction* division : divisions) expand(*division);
    return !divisions.empty();
  }
};
char ExpandDivision::ID = 0;

}  // namespace

llvm::FunctionPass* create_expand_division() { return new ExpandDivision; }

}  // namespace kiesel::simt
