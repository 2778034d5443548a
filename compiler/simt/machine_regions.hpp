// The pairing of split with join and of pred with its loop on finished machine code, and where lanes from
// both sides of a split meet.
#pragma once

#include <llvm/CodeGen/MachineDominators.h>

#include <optional>
#include <string>

#include "compiler/simt/machine_values.hpp"

namespace kiesel::simt {

struct Defect {
  const llvm::MachineInstr* instruction;
  std::string text;
};

// The conditional branch that ends a block, or null.
const llvm::MachineInstr* conditional_branch(const llvm::MachineBasicBlock& block);
// The split, pred or pred_n whose condition register the block's branch tests, or null.
const llvm::MachineInstr* guard_of(const llvm::MachineBasicBlock& block, const MachineValues& values);
// The loops around blocks that hold a pred.
MachineValues::Loops find_masked_loops(const llvm::MachineFunction& function,
                                       const llvm::MachineLoopInfo& loops);

class MachineRegions {
 public:
  MachineRegions(const llvm::MachineFunction& function, const MachineValues& values,
                 const llvm::MachineLoopInfo& loops, const llvm::MachineDominatorTree& dominators)
      : function_(function), values_(values), loops_(loops), dominators_(dominators) {}

  // Follows the stack of open splits along every path and checks each pred. The first defect, or none.
  std::optional<Defect> check();
  // Blocks where lanes from different sides of a split meet. After check() found nothing.
  MachineValues::Blocks divergent_merges() const;

 private:
  using Stack = std::vector<const llvm::MachineInstr*>;  // open splits, outer first

  std::optional<Defect> follow(const llvm::MachineBasicBlock& block);
  std::optional<Defect> step(const llvm::MachineInstr& instruction, Stack& open) const;
  std::optional<Defect> check_pred(const llvm::MachineInstr& pred) const;
  Stack open_at(const llvm::MachineInstr& instruction) const;
  using BlockList = std::vector<const llvm::MachineBasicBlock*>;
  llvm::DenseMap<const llvm::MachineInstr*, BlockList> blocks_inside() const;
  static void mark_merges(const llvm::MachineInstr& split, const BlockList& inside,
                          MachineValues::Blocks& merges);

  const llvm::MachineFunction& function_;
  const MachineValues& values_;
  const llvm::MachineLoopInfo& loops_;
  const llvm::MachineDominatorTree& dominators_;
  llvm::DenseMap<const llvm::MachineBasicBlock*, Stack> at_start_;
};

}  // namespace kiesel::simt
