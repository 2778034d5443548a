// The proof that lanes never disagree at an unguarded branch, on the machine code as it will run.
//
// Argument: take all unguarded branches as uniform. Then lanes separate only at a split or a pred whose
// branch tests the register it read, and meet again at its join or loop exit; that each has one, on every
// path, is checked (machine_regions). Under this assumption data flow says which registers lanes agree on
// (machine_values). If every unguarded branch tests only such registers, the first one on which lanes
// disagree cannot exist, and the assumption holds. A branch that code generation invented has no guard, so it
// passes only when it is uniform by the same proof.
#include <llvm/CodeGen/MachineDominators.h>
#include <llvm/CodeGen/MachineFunctionPass.h>
#include <llvm/CodeGen/MachineLoopInfo.h>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/Support/raw_ostream.h>

#include "compiler/simt/machine_regions.hpp"
#include "compiler/simt/passes.hpp"

namespace kiesel::simt {
namespace {

using llvm::MachineBasicBlock;
using llvm::MachineInstr;

std::string describe(const Defect& defect) {
  const MachineInstr& instruction = *defect.instruction;
  std::string text;
  llvm::raw_string_ostream out(text);
  out << "function " << instruction.getMF()->getName();
  if (const llvm::DebugLoc& place = instruction.getDebugLoc()) out << ", line " << place.getLine();
  out << ": " << defect.text << ": ";
  instruction.print(out, /*IsStandalone=*/true, /*SkipOpers=*/false, /*SkipDebugLoc=*/true,
                    /*AddNewLine=*/false);
  return out.str();
}

std::optional<Defect> find_divergent_jump(const MachineBasicBlock& block, const MachineValues& values) {
  const MachineInstr* guard = guard_of(block, values);
  for (const MachineInstr& jump : block.terminators()) {
    if (!jump.isConditionalBranch() && !jump.isIndirectBranch()) continue;
    if (guard && &jump == conditional_branch(block)) continue;
    for (const llvm::MachineOperand& operand : jump.operands())
      if (operand.isReg() && operand.isUse() && operand.getReg() && values.is_divergent(values.used(operand)))
        return Defect{&jump, "lanes may disagree at a branch that nothing guards, because of " +
                                 values.reason(values.used(operand))};
  }
  return std::nullopt;
}

class Checker final : public llvm::MachineFunctionPass {
 public:
  static char ID;
  explicit Checker(Errors& errors) : MachineFunctionPass(ID), errors_(errors) {}

  void getAnalysisUsage(llvm::AnalysisUsage& usage) const override {
    usage.setPreservesAll();
    MachineFunctionPass::getAnalysisUsage(usage);
  }

  bool runOnMachineFunction(llvm::MachineFunction& function) override {
    if (auto found = find_defect(function)) errors_.push_back({function.getName().str(), describe(*found)});
    return false;
  }

 private:
  static std::optional<Defect> find_defect(llvm::MachineFunction& function) {
    // Made here: what the pass manager has may be older than the blocks that pseudo expansion cut.
    llvm::MachineDominatorTree dominators(function);
    const llvm::MachineLoopInfo loops(dominators);
    const auto masked = find_masked_loops(function, loops);
    MachineValues values(function, loops, dominators, masked);
    MachineRegions regions(function, values, loops, dominators);
    if (auto found = regions.check()) return found;
    values.find_divergent(regions.divergent_merges());
    for (const MachineBasicBlock& block : function)
      if (auto found = find_divergent_jump(block, values)) return found;
    return std::nullopt;
  }

  Errors& errors_;
};
char Checker::ID = 0;

}  // namespace

llvm::MachineFunctionPass* create_checker(Errors& errors) { return new Checker(errors); }

void add_checker(llvm::legacy::PassManagerBase& passes, Errors& errors) {
  passes.add(create_checker(errors));
}

}  // namespace kiesel::simt
