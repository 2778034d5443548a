// Undoes what structurizing does to an if with an else: "if (c) A; flow: if (not c) B" becomes one branch
// with two sides again, which is one split and join instead of two.
//
// A flow block holds phis and a branch on one of them whose inputs are all constants: each way into the block
// already knows the way out, and goes there directly.
#include <llvm/Analysis/LoopInfo.h>
#include <llvm/IR/CFG.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/Instructions.h>
#include <llvm/Pass.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>
#include <llvm/Transforms/Utils/Local.h>
#include <llvm/Transforms/Utils/PromoteMemToReg.h>
#include <llvm/Transforms/Utils/ValueMapper.h>

#include <map>

#include "compiler/simt/passes.hpp"

namespace kiesel::simt {
namespace {

using llvm::BasicBlock;
using llvm::BranchInst;
using llvm::ConstantInt;
using llvm::PHINode;

// The phi that decides where `block` goes on, when threading it keeps the loops as they are; or null.
PHINode* find_switch(BasicBlock& block, const llvm::LoopInfo& loops) {
  auto* branch = llvm::dyn_cast<BranchInst>(block.getTerminator());
  if (!branch || !branch->isConditional() || branch->getSuccessor(0) == branch->getSuccessor(1))
    return nullptr;
  auto* decides = llvm::dyn_cast<PHINode>(branch->getCondition());
  if (!decides || decides->getParent() != &block || block.getFirstNonPHI() != branch) return nullptr;
  for (const llvm::Use& input : decides->incoming_values())
    if (!llvm::isa<ConstantInt>(input)) return nullptr;
  const llvm::Loop* loop = loops.getLoopFor(&block);
  if (loop && loop->getHeader() == &block) return nullptr;
  for (BasicBlock* next : successors(&block))
    if (loops.getLoopFor(next) != loop || (loop && loop->getHeader() == next)) return nullptr;
  for (BasicBlock* before : predecessors(&block)) {
    auto* jump = llvm::dyn_cast<BranchInst>(before->getTerminator());
    if (!jump || loops.getLoopFor(before) != loop) return nullptr;
    // It must not come to have both its ways to one block.
    if (jump->isConditional() && (llvm::is_contained(successors(&block), jump->getSuccessor(0)) ||
                                  llvm::is_contained(successors(&block), jump->getSuccessor(1))))
      return nullptr;
  }
  return decides;
}

class ThreadFlow final : public llvm::FunctionPass {
 public:
  static char ID;
  ThreadFlow() : FunctionPass(ID) {}

  void getAnalysisUsage(llvm::AnalysisUsage& usage) const override {
    usage.addRequired<llvm::LoopInfoWrapperPass>();
  }

  bool runOnFunction(llvm::Function& function) override {
    const auto& loops = getAnalysis<llvm::LoopInfoWrapperPass>().getLoopInfo();
    std::vector<BasicBlock*> blocks;
    for (BasicBlock& block : function) blocks.push_back(&block);
    std::vector<llvm::AllocaInst*> slots;
    bool changed = false;
    for (BasicBlock* block : blocks)
      if (PHINode* decides = find_switch(*block, loops)) {
        thread(*block, *decides, slots);
        changed = true;
      }
    if (!changed) return false;
    llvm::removeUnreachableBlocks(function);
    llvm::DominatorTree dominators(function);
    if (!slots.empty()) llvm::PromoteMemToReg(slots, dominators);
    return true;
  }

 private:
  // The other phis travel through memory, which PromoteMemToReg turns into phis where they are needed now.
  static void thread(BasicBlock& block, PHINode& decides, std::vector<llvm::AllocaInst*>& slots) {
    std::map<BasicBlock*, bool> way;
    for (unsigned i = 0; i < decides.getNumIncomingValues(); ++i)
      way[decides.getIncomingBlock(i)] = llvm::cast<ConstantInt>(decides.getIncomingValue(i))->isOne();
    std::vector<PHINode*> phis;
    for (BasicBlock* next : successors(&block))
      for (PHINode& phi : next->phis()) phis.push_back(&phi);
    for (PHINode& phi : block.phis()) phis.push_back(&phi);
    // Code behind the block must not use what is computed in it: that will be computed in each way.
    for (PHINode* phi : phis)
      if (phi->getParent() == &block && phi->isUsedOutsideOfBlock(&block))
        slots.push_back(llvm::DemoteRegToStack(*phi));
    for (PHINode* phi : phis)
      if (llvm::AllocaInst* slot = llvm::DemotePHIToStack(phi)) slots.push_back(slot);
    // What is left in the block (stores for the phis behind it) goes along with each way.
    auto* branch = llvm::cast<BranchInst>(block.getTerminator());
    for (const auto& [before, taken] : way) {
      BasicBlock* copy = copy_body(block, *branch->getSuccessor(taken ? 0 : 1));
      before->getTerminator()->replaceSuccessorWith(&block, copy);
    }
  }

  static BasicBlock* copy_body(BasicBlock& block, BasicBlock& next) {
    auto* copy = BasicBlock::Create(block.getContext(), block.getName() + ".way", block.getParent(), &block);
    llvm::ValueToValueMapTy map;
    for (llvm::Instruction& instruction : block) {
      if (instruction.isTerminator()) break;
      llvm::Instruction* made = instruction.clone();
      copy->getInstList().push_back(made);
      map[&instruction] = made;
      llvm::RemapInstruction(made, map, llvm::RF_IgnoreMissingLocals | llvm::RF_NoModuleLevelChanges);
    }
    BranchInst::Create(&next, copy);
    return copy;
  }
};
char ThreadFlow::ID = 0;

}  // namespace

llvm::FunctionPass* create_thread_flow() { return new ThreadFlow; }

}  // namespace kiesel::simt
