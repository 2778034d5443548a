// Which divergent branches there are and how each is guarded; says no where the control flow has no shape
// that split/join and pred can follow.
#pragma once

#include <string>
#include <vector>

namespace llvm {
class BasicBlock;
class DominatorTree;
class Function;
class LegacyDivergenceAnalysis;
class Loop;
class LoopInfo;
class PostDominatorTree;
}  // namespace llvm

namespace kiesel::simt {

// A forward branch: split before it, join in front of `join`, where both sides meet for the first time.
struct Guard {
  llvm::BasicBlock* branch;
  llvm::BasicBlock* join;
};

// The one exit of a loop that lanes leave at different times: pred before its branch.
struct LoopExit {
  llvm::BasicBlock* branch;
  llvm::Loop* loop;
};

struct Plan {
  std::vector<Guard> guards;  // inner before outer
  std::vector<LoopExit> exits;
  llvm::BasicBlock* obstacle = nullptr;  // the branch that cannot be guarded as it is, or null
  std::string reason;

  bool structured() const { return obstacle == nullptr; }
};

Plan make_plan(llvm::Function& function, const llvm::LegacyDivergenceAnalysis& divergence,
               const llvm::DominatorTree& dominators, const llvm::PostDominatorTree& post_dominators,
               const llvm::LoopInfo& loops);

}  // namespace kiesel::simt
