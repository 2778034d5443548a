#include "compiler/backend/unspecified.hpp"

#include <llvm/Analysis/ValueTracking.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>
#include <llvm/Support/KnownBits.h>

#include <vector>

namespace kiesel::compiler {
namespace {

bool is_signed(const llvm::Instruction& division) {
  return division.getOpcode() == llvm::Instruction::SDiv || division.getOpcode() == llvm::Instruction::SRem;
}

// Constants that are neither 0 nor -1.
bool is_harmless(llvm::Value* divisor) {
  const auto* constant = llvm::dyn_cast<llvm::Constant>(divisor);
  const auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(divisor->getType());
  if (!constant) return false;
  for (unsigned i = 0; i < (vector ? vector->getNumElements() : 1); ++i) {
    const auto* element = vector ? constant->getAggregateElement(i) : constant;
    const auto* number = llvm::dyn_cast_or_null<llvm::ConstantInt>(element);
    if (!number || number->isZero() || number->isMinusOne()) return false;
  }
  return true;
}

// What is asked of the divisor alone is often the same for all work-items, or for all rounds of a loop.
void make_defined(llvm::Instruction& division) {
  auto* divisor = division.getOperand(1);
  const auto& layout = division.getModule()->getDataLayout();
  if (is_harmless(divisor)) return;
  llvm::IRBuilder<> at(&division);
  auto* one = llvm::ConstantInt::get(divisor->getType(), 1);
  if (!is_signed(division) || llvm::isKnownNonNegative(divisor, layout)) {
    if (!llvm::isKnownNonZero(divisor, layout))
      division.setOperand(1, at.CreateBinaryIntrinsic(llvm::Intrinsic::umax, divisor, one));
    return;
  }
  auto* next = at.CreateAdd(divisor, one);
  auto* is_special = at.CreateICmpULT(next, llvm::ConstantInt::get(divisor->getType(), 2));  // -1 and 0
  division.setOperand(1, at.CreateSelect(is_special, one, divisor));
  if (division.getOpcode() == llvm::Instruction::SRem) return;
  at.SetInsertPoint(division.getNextNode());
  auto* mask = at.CreateSExt(at.CreateIsNull(next), divisor->getType());  // all ones to negate
  auto* flipped = llvm::cast<llvm::Instruction>(at.CreateXor(&division, mask));
  auto* quotient = at.CreateSub(flipped, mask);
  division.replaceUsesWithIf(quotient, [&](const llvm::Use& use) { return use.getUser() != flipped; });
}

// The machine's value, the same wherever it is used. To LLVM a number out of range is none at all, and what
// is compared with it may come out either way.
void keep_one_value(llvm::Instruction& conversion) {
  llvm::IRBuilder<> behind(conversion.getNextNode());
  auto* frozen = llvm::cast<llvm::Instruction>(behind.CreateFreeze(&conversion));
  conversion.replaceUsesWithIf(frozen, [&](const llvm::Use& use) { return use.getUser() != frozen; });
}

// The low bits of the count, as the language has it and its compilers write; modules of others need not.
void bound_count(llvm::Instruction& shift) {
  auto* count = shift.getOperand(1);
  const unsigned bits = shift.getType()->getScalarSizeInBits();
  if (!llvm::isPowerOf2_32(bits)) return;
  const auto known = llvm::computeKnownBits(count, shift.getModule()->getDataLayout());
  if (known.getMaxValue().ult(bits)) return;
  llvm::IRBuilder<> at(&shift);
  shift.setOperand(1, at.CreateAnd(count, llvm::ConstantInt::get(count->getType(), bits - 1)));
}

// Where the value of an operand decides what the program does; not where a value is put together or chosen.
bool computes(const llvm::Instruction& instruction) {
  return !llvm::isa<llvm::PHINode, llvm::InsertElementInst, llvm::InsertValueInst, llvm::ShuffleVectorInst>(
      instruction);
}

void define_operands(llvm::Instruction& instruction) {
  for (auto& operand : instruction.operands()) {
    auto* type = operand->getType();
    auto* constant = llvm::dyn_cast<llvm::Constant>(operand);
    if (constant && (type->isIntOrIntVectorTy() || type->isFPOrFPVectorTy()))
      operand =
          llvm::Constant::replaceUndefsWith(constant, llvm::Constant::getNullValue(type->getScalarType()));
  }
}

}  // namespace

void specify_values(llvm::Module& module) {
  std::vector<llvm::Instruction*> divisions, conversions;
  for (auto& function : module)
    for (auto& instruction : llvm::instructions(function)) {
      if (computes(instruction)) define_operands(instruction);
      if (instruction.isIntDivRem()) divisions.push_back(&instruction);
      if (instruction.isShift()) bound_count(instruction);
      if (llvm::isa<llvm::FPToSIInst, llvm::FPToUIInst>(instruction)) conversions.push_back(&instruction);
    }
  for (auto* division : divisions) make_defined(*division);
  for (auto* conversion : conversions) keep_one_value(*conversion);
}

}  // namespace kiesel::compiler
