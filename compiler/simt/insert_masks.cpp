// Writes split/join around divergent branches and pred before divergent loop exits.
//
// The branch tests what the assembly returns, not the condition it was given: then the machine branch reads
// the very register that split or pred read, which hardware needs (the branch runs again for the second side)
// and the checker can see.
#include <llvm/Analysis/LegacyDivergenceAnalysis.h>
#include <llvm/Analysis/LoopInfo.h>
#include <llvm/Analysis/PostDominators.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/InitializePasses.h>
#include <llvm/Pass.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>

#include "compiler/simt/asm_text.hpp"
#include "compiler/simt/passes.hpp"
#include "compiler/simt/structure.hpp"

namespace kiesel::simt {
namespace {

using llvm::BasicBlock;
using llvm::BranchInst;

void insert_guard(const Guard& guard, llvm::DominatorTree& dominators, llvm::LoopInfo& loops) {
  auto* branch = llvm::cast<BranchInst>(guard.branch->getTerminator());
  llvm::IRBuilder<> at(branch);
  auto* split = emit_split(at, at.CreateZExt(branch->getCondition(), at.getInt64Ty()));
  branch->setCondition(at.CreateICmpNE(at.CreateExtractValue(split, 1), at.getInt64(0)));
  llvm::Value* token = at.CreateExtractValue(split, 0);

  llvm::SmallVector<BasicBlock*, 8> ends;
  for (BasicBlock* block : predecessors(guard.join))
    if (dominators.dominates(guard.branch, block) && !dominators.dominates(guard.join, block))
      ends.push_back(block);
  BasicBlock* join = llvm::SplitBlockPredecessors(guard.join, ends, ".join", &dominators, &loops);
  llvm::IRBuilder<> after(&*join->getFirstInsertionPt());
  emit_join(after, token)->setDebugLoc(branch->getDebugLoc());
}

void insert_exit(const LoopExit& exit) {
  llvm::IRBuilder<> before(exit.loop->getLoopPreheader()->getTerminator());
  llvm::Value* mask = emit_active_lanes(before);
  auto* branch = llvm::cast<BranchInst>(exit.branch->getTerminator());
  llvm::IRBuilder<> at(branch);
  const bool stay_when_true = exit.loop->contains(branch->getSuccessor(0));
  llvm::Value* condition = at.CreateZExt(branch->getCondition(), at.getInt64Ty());
  branch->setCondition(at.CreateICmpNE(emit_pred(at, condition, mask, !stay_when_true), at.getInt64(0)));
}

std::string describe(const Plan& plan, const llvm::Function& function) {
  std::string text = "function " + function.getName().str();
  if (const llvm::DebugLoc& place = plan.obstacle->getTerminator()->getDebugLoc())
    text += ", line " + std::to_string(place.getLine());
  return text + ": a divergent branch cannot be guarded: " + plan.reason;
}

class InsertMasks final : public llvm::FunctionPass {
 public:
  static char ID;
  explicit InsertMasks(Errors& errors) : FunctionPass(ID), errors_(errors) {}

  void getAnalysisUsage(llvm::AnalysisUsage& usage) const override {
    usage.addRequired<llvm::LegacyDivergenceAnalysis>();
    usage.addRequired<llvm::DominatorTreeWrapperPass>();
    usage.addRequired<llvm::PostDominatorTreeWrapperPass>();
    usage.addRequired<llvm::LoopInfoWrapperPass>();
  }

  bool runOnFunction(llvm::Function& function) override {
    auto& dominators = getAnalysis<llvm::DominatorTreeWrapperPass>().getDomTree();
    auto& loops = getAnalysis<llvm::LoopInfoWrapperPass>().getLoopInfo();
    const Plan plan = make_plan(function, getAnalysis<llvm::LegacyDivergenceAnalysis>(), dominators,
                                getAnalysis<llvm::PostDominatorTreeWrapperPass>().getPostDomTree(), loops);
    if (!plan.structured()) {
      errors_.push_back({function.getName().str(), describe(plan, function)});
      return false;
    }
    for (const LoopExit& exit : plan.exits) insert_exit(exit);
    for (const Guard& guard : plan.guards) insert_guard(guard, dominators, loops);
    return !plan.exits.empty() || !plan.guards.empty();
  }

 private:
  Errors& errors_;
};
char InsertMasks::ID = 0;

}  // namespace

llvm::FunctionPass* create_insert_masks(Errors& errors) { return new InsertMasks(errors); }

}  // namespace kiesel::simt
