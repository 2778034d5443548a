// Scheduling leaves code between a split or pred and its branch. There it runs under the mask of one side,
// for a split twice, and lanes that wait for their side or have left the loop keep what it reads. A guard
// does not care what is computed between: it moves down to its branch, and the code runs once, before lanes
// part.
#include <llvm/CodeGen/MachineFunctionPass.h>
#include <llvm/CodeGen/TargetRegisterInfo.h>
#include <llvm/CodeGen/TargetSubtargetInfo.h>

#include <algorithm>

#include "compiler/simt/machine_regions.hpp"
#include "compiler/simt/passes.hpp"

namespace kiesel::simt {
namespace {

using llvm::MachineBasicBlock;
using llvm::MachineInstr;

bool is_guard(const MachineInstr& instruction) {
  const AsmKind kind = classify(instruction).kind;
  return kind == AsmKind::kSplit || kind == AsmKind::kPred || kind == AsmKind::kPredNot;
}

// Gives the same under either mask.
bool ignores_mask(const MachineInstr& instruction) {
  if (instruction.isDebugInstr() || instruction.isCFIInstruction() || instruction.isKill()) return true;
  if (instruction.isInlineAsm()) {
    const AsmText text = classify(instruction);
    return text.kind == AsmKind::kPure || (text.kind == AsmKind::kCsrRead && text.csr != kActiveLanes);
  }
  return !instruction.isCall() && !instruction.isPosition() && !instruction.isTerminator();
}

class SinkGuards final : public llvm::MachineFunctionPass {
 public:
  static char ID;
  SinkGuards() : MachineFunctionPass(ID) {}
  llvm::StringRef getPassName() const override { return "Sink guards to their branches"; }

  bool runOnMachineFunction(llvm::MachineFunction& function) override {
    registers_ = function.getSubtarget().getRegisterInfo();
    bool changed = false;
    for (MachineBasicBlock& block : function) {
      const auto branch = block.getFirstTerminator();
      if (branch == block.end() || !branch->isConditionalBranch()) continue;
      for (auto at = branch; at != block.begin();) {
        MachineInstr& guard = *--at;
        if (!is_guard(guard)) continue;
        if (std::next(at) != branch && may_sink(guard, branch)) {
          block.splice(branch, &block, at);
          changed = true;
        }
        break;
      }
    }
    return changed;
  }

 private:
  bool may_sink(const MachineInstr& guard, MachineBasicBlock::iterator branch) const {
    return std::all_of(
        std::next(MachineBasicBlock::const_iterator(guard)), MachineBasicBlock::const_iterator(branch),
        [&](const MachineInstr& next) { return ignores_mask(next) && are_independent(guard, next); });
  }

  // The guard's results and what it reads are not written by the other one, nor its results read. Where a
  // result is the register that was read, the value is the same.
  bool are_independent(const MachineInstr& guard, const MachineInstr& other) const {
    for (const llvm::MachineOperand& operand : guard.operands()) {
      if (!operand.isReg() || !operand.getReg()) continue;
      if (other.modifiesRegister(operand.getReg(), registers_)) return false;
      if (operand.isDef() && !operand.isTied() && other.readsRegister(operand.getReg(), registers_))
        return false;
    }
    return true;
  }

  const llvm::TargetRegisterInfo* registers_ = nullptr;
};
char SinkGuards::ID = 0;

}  // namespace

llvm::MachineFunctionPass* create_sink_guards() { return new SinkGuards; }

}  // namespace kiesel::simt
