// A short branch on which lanes may disagree costs more than both its sides: split, branch and join, and on
// most devices a stall for each. Where the sides only compute, both are done and what comes out is chosen.
#include <llvm/ADT/PostOrderIterator.h>
#include <llvm/Analysis/LegacyDivergenceAnalysis.h>
#include <llvm/Analysis/ValueTracking.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/Pass.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>

#include "compiler/simt/asm_text.hpp"
#include "compiler/simt/passes.hpp"

namespace kiesel::simt {
namespace {

using llvm::BasicBlock;
using llvm::BranchInst;
using llvm::Instruction;
using llvm::PHINode;

// In instructions: what a split, its branch and joins are worth, and both sides are when one would do.
constexpr unsigned kMostCost = 16, kTooMuch = kMostCost + 1;

// Of what a side computes: kTooMuch for what must be done under the side's mask, or takes long.
unsigned cost_of(const Instruction& instruction) {
  if (const auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction)) {
    if (const auto* code = llvm::dyn_cast<llvm::InlineAsm>(call->getCalledOperand())) {
      const bool pure = call->doesNotAccessMemory() && !code->hasSideEffects() && !call->isConvergent();
      const AsmKind kind = classify(*code).kind;
      return pure && (kind == AsmKind::kPure || kind == AsmKind::kOther) ? 1 : kTooMuch;
    }
    if (call->getIntrinsicID() == llvm::Intrinsic::sqrt) return kTooMuch;
  }
  switch (instruction.getOpcode()) {
    case Instruction::FDiv:
    case Instruction::FRem:
    case Instruction::UDiv:
    case Instruction::SDiv:
    case Instruction::URem:
    case Instruction::SRem:
      return kTooMuch;
    case Instruction::BitCast:
    case Instruction::PtrToInt:
    case Instruction::IntToPtr:
      return 0;
    default:
      break;
  }
  if (instruction.mayReadOrWriteMemory() || !llvm::isSafeToSpeculativelyExecute(&instruction))
    return kTooMuch;
  return std::max<unsigned>(1, (instruction.getType()->getPrimitiveSizeInBits() + 63) / 64);
}

// Of choosing between two values: floats are moved to integer registers and back.
unsigned choice_cost(const llvm::Value& one, const llvm::Value& other) {
  const llvm::Type& type = *one.getType();
  if (&one == &other || llvm::isa<llvm::UndefValue>(one) || llvm::isa<llvm::UndefValue>(other)) return 0;
  if (type.isIntegerTy(1)) return 1;
  if (type.isFloatingPointTy()) return 4;
  if (type.isPointerTy() || (type.isIntegerTy() && type.getPrimitiveSizeInBits() <= 64)) return 2;
  return kTooMuch;
}

class Flatten final : public llvm::FunctionPass {
 public:
  static char ID;
  Flatten() : FunctionPass(ID) {}

  void getAnalysisUsage(llvm::AnalysisUsage& usage) const override {
    usage.addRequired<llvm::LegacyDivergenceAnalysis>();
  }

  bool runOnFunction(llvm::Function& function) override {
    const auto& divergence = getAnalysis<llvm::LegacyDivergenceAnalysis>();
    // Inner ones first: a side that was two blocks and more is one then.
    llvm::SmallVector<BasicBlock*, 32> blocks(llvm::post_order(&function));
    bool changed = false;
    for (BasicBlock* block : blocks) {
      auto* branch = llvm::dyn_cast<BranchInst>(block->getTerminator());
      if (!branch || !branch->isConditional() || !divergence.isDivergent(branch->getCondition())) continue;
      changed |= flatten(*branch);
    }
    return changed;
  }

 private:
  // Where the side that begins with `first` ends, or null.
  static BasicBlock* end_of(BasicBlock& first, const BasicBlock& from) {
    if (first.getSinglePredecessor() != &from) return nullptr;
    const auto* jump = llvm::dyn_cast<BranchInst>(first.getTerminator());
    return jump && jump->isUnconditional() ? jump->getSuccessor(0) : nullptr;
  }

  static unsigned cost_of_side(const BasicBlock& side) {
    unsigned sum = 0;
    for (const Instruction& instruction : side)
      if (!instruction.isTerminator() && !llvm::isa<llvm::DbgInfoIntrinsic>(instruction))
        sum += cost_of(instruction);
    return sum;
  }

  static bool flatten(BranchInst& branch) {
    BasicBlock& block = *branch.getParent();
    BasicBlock *yes = branch.getSuccessor(0), *no = branch.getSuccessor(1);
    if (yes == no) return false;
    BasicBlock *behind_yes = end_of(*yes, block), *behind_no = end_of(*no, block);
    BasicBlock* join = nullptr;
    if (behind_yes == no)
      join = no, no = &block;
    else if (behind_no == yes)
      join = yes, yes = &block;
    else if (behind_yes && behind_yes == behind_no)
      join = behind_yes;
    if (!join || join == &block) return false;
    unsigned cost = 0;
    for (BasicBlock* side : {yes, no})
      if (side != &block) cost += cost_of_side(*side);
    for (const PHINode& phi : join->phis())
      cost += choice_cost(*phi.getIncomingValueForBlock(yes), *phi.getIncomingValueForBlock(no));
    if (cost > kMostCost) return false;

    for (BasicBlock* side : {yes, no}) {
      if (side == &block) continue;
      for (Instruction& instruction : llvm::make_early_inc_range(*side)) {
        if (instruction.isTerminator()) break;
        instruction.dropPoisonGeneratingFlags();
        instruction.dropUndefImplyingAttrsAndUnknownMetadata();
        instruction.moveBefore(&branch);
      }
    }
    for (PHINode& phi : join->phis()) {
      llvm::Value *one = phi.getIncomingValueForBlock(yes), *other = phi.getIncomingValueForBlock(no);
      if (one != other) {
        auto* chosen = llvm::SelectInst::Create(branch.getCondition(), one, other, "", &branch);
        chosen->setDebugLoc(branch.getDebugLoc());
        one = chosen;
      }
      for (BasicBlock* side : {yes, no})
        if (side != &block) phi.removeIncomingValue(side, /*DeletePHIIfEmpty=*/false);
      if (const int index = phi.getBasicBlockIndex(&block); index >= 0)
        phi.setIncomingValue(index, one);
      else
        phi.addIncoming(one, &block);
    }
    BranchInst::Create(join, &branch);
    branch.eraseFromParent();
    for (BasicBlock* side : {yes, no})
      if (side != &block) side->eraseFromParent();
    llvm::MergeBlockIntoPredecessor(join);
    return true;
  }
};
char Flatten::ID = 0;

}  // namespace

llvm::FunctionPass* create_flatten() { return new Flatten; }

}  // namespace kiesel::simt
