#include "compiler/simt/structure.hpp"

#include <llvm/ADT/PostOrderIterator.h>
#include <llvm/ADT/SmallPtrSet.h>
#include <llvm/Analysis/LegacyDivergenceAnalysis.h>
#include <llvm/Analysis/LoopInfo.h>
#include <llvm/Analysis/PostDominators.h>
#include <llvm/IR/CFG.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/Instructions.h>

namespace kiesel::simt {
namespace {

using llvm::BasicBlock;
using Blocks = llvm::SmallPtrSet<const BasicBlock*, 32>;

struct Analyses {
  const llvm::LegacyDivergenceAnalysis& divergence;
  const llvm::DominatorTree& dominators;
  const llvm::PostDominatorTree& post_dominators;
  const llvm::LoopInfo& loops;
};

// The use decides, not the value: what is uniform inside a loop differs once lanes have left it in different
// iterations.
bool is_divergent(const llvm::BranchInst& branch, const llvm::LegacyDivergenceAnalysis& divergence) {
  return branch.isConditional() && branch.getSuccessor(0) != branch.getSuccessor(1) &&
         divergence.isDivergentUse(&branch.getOperandUse(0));
}

Blocks reachable_before(BasicBlock* from, const BasicBlock* end) {
  Blocks seen;
  std::vector<BasicBlock*> work;
  const auto visit = [&](BasicBlock* block) {
    if (block != end && seen.insert(block).second) work.push_back(block);
  };
  visit(from);
  while (!work.empty()) {
    BasicBlock* block = work.back();
    work.pop_back();
    for (BasicBlock* next : successors(block)) visit(next);
  }
  return seen;
}

const char* loop_exit_problem(BasicBlock* branch, const llvm::Loop& loop, const Analyses& all) {
  if (loop.getExitingBlock() != branch) return "the loop has several exits";
  const BasicBlock* latch = loop.getLoopLatch();
  if (!loop.getLoopPreheader() || !latch) return "the loop has several entries or back edges";
  if (!all.dominators.dominates(branch, latch)) return "some iterations of the loop miss its exit";
  const BasicBlock* exit = loop.getExitBlock();
  if (!exit || all.loops.getLoopFor(exit) != loop.getParentLoop()) return "the exit leaves several loops";
  return nullptr;
}

const char* guard_problem(BasicBlock* branch, const BasicBlock* join, const Analyses& all) {
  if (!join) return "its two sides never meet";
  const llvm::Loop* loop = all.loops.getLoopFor(branch);
  if (loop && (!loop->contains(join) || join == loop->getHeader()))
    return "a side leaves the loop or starts it again";
  const Blocks first = reachable_before(branch->getTerminator()->getSuccessor(0), join);
  const Blocks second = reachable_before(branch->getTerminator()->getSuccessor(1), join);
  for (const Blocks* side : {&first, &second})
    for (const BasicBlock* block : *side) {
      if (block == branch || !all.dominators.dominates(branch, block))
        return "a side is entered from elsewhere";
      if (loop && !loop->contains(block)) return "a side leaves the loop";
    }
  for (const BasicBlock* block : first)
    if (second.contains(block)) return "its sides share code before they meet";
  return nullptr;
}

}  // namespace

Plan make_plan(llvm::Function& function, const llvm::LegacyDivergenceAnalysis& divergence,
               const llvm::DominatorTree& dominators, const llvm::PostDominatorTree& post_dominators,
               const llvm::LoopInfo& loops) {
  const Analyses all{divergence, dominators, post_dominators, loops};
  Plan plan;
  const auto fail = [&plan](BasicBlock* branch, const char* why) {
    plan.obstacle = branch;
    plan.reason = why;
    return plan;
  };
  // A dominated block comes before its dominator in post order, so inner guards come first.
  for (BasicBlock* block : llvm::post_order(&function.getEntryBlock())) {
    if (llvm::isa<llvm::SwitchInst, llvm::IndirectBrInst>(block->getTerminator()))
      return fail(block, "the jump has more than two targets");
    auto* branch = llvm::dyn_cast<llvm::BranchInst>(block->getTerminator());
    if (!branch || !is_divergent(*branch, divergence)) continue;
    llvm::Loop* loop = loops.getLoopFor(block);
    if (loop && loop->isLoopExiting(block)) {
      if (const char* why = loop_exit_problem(block, *loop, all)) return fail(block, why);
      plan.exits.push_back({block, loop});
      continue;
    }
    const auto* node = post_dominators.getNode(block);
    BasicBlock* join = node && node->getIDom() ? node->getIDom()->getBlock() : nullptr;
    if (const char* why = guard_problem(block, join, all)) return fail(block, why);
    plan.guards.push_back({block, join});
  }
  return plan;
}

}  // namespace kiesel::simt
