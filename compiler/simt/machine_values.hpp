// Which value each register of finished machine code holds, and whether lanes agree on it.
//
// Register allocation has destroyed SSA form; this rebuilds it over physical registers and spill slots: a
// location holds the result of one instruction, a merge of several at one block, or what it held on entry.
// Copies, spills and reloads carry a value along, so that a token or a condition is known wherever it went.
#pragma once

#include <llvm/ADT/DenseMap.h>
#include <llvm/ADT/SmallPtrSet.h>
#include <llvm/CodeGen/MachineDominators.h>
#include <llvm/CodeGen/MachineFunction.h>
#include <llvm/CodeGen/MachineLoopInfo.h>

#include <map>
#include <string>
#include <vector>

#include "compiler/simt/asm_text.hpp"
#include "compiler/simt/machine_locations.hpp"
#include "compiler/simt/merge_groups.hpp"

namespace kiesel::simt {

inline constexpr ValueId kNoValue = 0;

// What an INLINEASM instruction does; kOther for every other instruction.
AsmText classify(const llvm::MachineInstr& instruction);

class MachineValues {
 public:
  using Loops = llvm::SmallPtrSet<const llvm::MachineLoop*, 8>;
  using Blocks = llvm::SmallPtrSet<const llvm::MachineBasicBlock*, 16>;

  // `masked_loops`: loops that lanes leave one by one; what they computed differs between lanes behind them.
  MachineValues(const llvm::MachineFunction& function, const llvm::MachineLoopInfo& loops,
                const llvm::MachineDominatorTree& dominators, const Loops& masked_loops);

  ValueId used(const llvm::MachineOperand& use) const { return uses_.lookup(&use); }
  // The n-th register that an instruction defines.
  ValueId defined(const llvm::MachineInstr& instruction, unsigned n) const;
  const llvm::MachineInstr* source(ValueId value) const { return values_[value].instruction; }

  // Propagates from what differs between lanes by itself. `divergent_merges`: blocks where lanes from both
  // sides of a guarded branch meet.
  void find_divergent(const Blocks& divergent_merges);
  bool is_divergent(ValueId value) const { return values_[value].divergent; }
  // For people: what made the value differ between lanes in the first place.
  std::string reason(ValueId value) const;

 private:
  struct Value {
    const llvm::MachineInstr* instruction = nullptr;
    const llvm::MachineBasicBlock* block = nullptr;  // where it comes to be; null: as soon as its inputs are
    bool merge = false;
    const llvm::MachineLoop* left = nullptr;  // the loop behind which this is another value
    bool divergent = false;
    ValueId cause = kNoValue;  // of the inputs, the one that made it so
    std::vector<ValueId> inputs;
    std::vector<const llvm::MachineLoop*> loops;  // without a block: the masked loops its inputs come from
  };
  using State = std::vector<ValueId>;  // by location

  ValueId intern(const void* where, std::uint64_t what, Value value);
  ValueId read(const State& state, llvm::MCRegister reg) const;
  void write(State& state, llvm::MCRegister reg, ValueId value) const;
  ValueId numbered(const llvm::MachineInstr& instruction);
  void add_loops(std::vector<const llvm::MachineLoop*>& loops, ValueId value) const;
  bool comes_from(const llvm::MachineLoop& loop, ValueId value) const;
  bool carries_value(const llvm::MachineInstr& instruction, State& state);
  void execute(const llvm::MachineInstr& instruction, State& state);
  void define(const llvm::MachineInstr& instruction, State& state);
  void clobber(const llvm::MachineInstr& instruction, const llvm::MachineOperand& mask, State& state);
  ValueId meet(const llvm::MachineBasicBlock& block, unsigned location, ValueId before, ValueId next);
  State merge_into(const llvm::MachineBasicBlock& block);
  using ZeroBlocks = llvm::DenseMap<ValueId, llvm::SmallVector<const llvm::MachineBasicBlock*, 2>>;
  ValueId found_zero(const llvm::MachineBasicBlock& block) const;
  ZeroBlocks find_zeros() const;
  bool is_known_zero(const llvm::MachineBasicBlock& block, ValueId value, const ZeroBlocks& zeros) const;
  std::vector<const llvm::MachineLoop*> masked_loops_left(const llvm::MachineBasicBlock& from,
                                                          const llvm::MachineBasicBlock& to) const;
  ValueId behind(const std::vector<const llvm::MachineLoop*>& loops, const llvm::MachineBasicBlock& to,
                 ValueId value);
  bool is_rounding_mode(unsigned location) const;
  State entry_state();
  void keep_merges(const llvm::MachineBasicBlock& block, const State& before, State& now) const;
  ValueId resolve(ValueId value) const;
  void solve();
  void settle();
  MergeNodes merges();
  bool may_be(ValueId node, ValueId value) const;
  bool drop_superfluous_merges();
  void record_inputs();
  bool differs_by_itself(const llvm::MachineInstr& instruction) const;

  const llvm::MachineFunction& function_;
  const llvm::TargetInstrInfo& instructions_;
  const llvm::TargetRegisterInfo& registers_;
  const llvm::MachineLoopInfo& loops_;
  const llvm::MachineDominatorTree& dominators_;
  const Loops& masked_loops_;
  const MachineLocations locations_;
  std::vector<Value> values_{1};  // 0 is no value: unknown, divergent
  llvm::DenseMap<std::pair<const void*, std::uint64_t>, ValueId> known_;
  std::map<std::vector<std::uint64_t>, ValueId> numbers_;  // pure instructions by operation and inputs
  llvm::DenseMap<ValueId, ValueId> superfluous_;           // merges that are but another value
  llvm::DenseMap<const llvm::MachineOperand*, ValueId> uses_;
  llvm::DenseMap<const llvm::MachineBasicBlock*, State> at_end_;
  llvm::DenseMap<const llvm::MachineBasicBlock*, State> at_start_;
};

}  // namespace kiesel::simt
