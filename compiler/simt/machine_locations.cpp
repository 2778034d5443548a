#include "compiler/simt/machine_locations.hpp"

#include <llvm/ADT/PostOrderIterator.h>
#include <llvm/CodeGen/MachineFrameInfo.h>
#include <llvm/CodeGen/MachineMemOperand.h>
#include <llvm/CodeGen/PseudoSourceValue.h>
#include <llvm/CodeGen/TargetSubtargetInfo.h>

namespace kiesel::simt {

using llvm::BitVector;
using llvm::MachineBasicBlock;
using llvm::MachineInstr;
using llvm::MachineOperand;

namespace {

// The frame index of the spill slot that an instruction loads or stores, or -1.
int spill_slot(const MachineInstr& instruction) {
  if (!instruction.hasOneMemOperand() || instruction.getNumExplicitOperands() == 0) return -1;
  const auto* pseudo = (*instruction.memoperands_begin())->getPseudoValue();
  const auto* slot = llvm::dyn_cast_or_null<llvm::FixedStackPseudoSourceValue>(pseudo);
  if (!slot || slot->getFrameIndex() < 0) return -1;
  const auto& frame = instruction.getMF()->getFrameInfo();
  return frame.isSpillSlotObjectIndex(slot->getFrameIndex()) ? slot->getFrameIndex() : -1;
}

}  // namespace

MachineLocations::MachineLocations(const llvm::MachineFunction& function)
    : function_(function),
      registers_(*function.getSubtarget().getRegisterInfo()),
      register_units_(registers_.getNumRegUnits()),
      count_(register_units_) {
  number_slots();
  find_live();
}

// Most slots of a large function have been merged into others and are used by nothing.
void MachineLocations::number_slots() {
  slots_.assign(static_cast<std::size_t>(std::max(0, function_.getFrameInfo().getObjectIndexEnd())), -1);
  for (const MachineBasicBlock& block : function_)
    for (const MachineInstr& instruction : block)
      if (const int slot = spill_slot(instruction); slot >= 0 && slots_[static_cast<std::size_t>(slot)] < 0)
        slots_[static_cast<std::size_t>(slot)] = static_cast<int>(count_++);
}

int MachineLocations::spill_location(const MachineInstr& instruction) const {
  const int slot = spill_slot(instruction);
  return slot < 0 ? -1 : slots_[static_cast<std::size_t>(slot)];
}

void MachineLocations::set(BitVector& live, llvm::MCRegister reg, bool is_live) const {
  for (llvm::MCRegUnitIterator unit(reg, &registers_); unit.isValid(); ++unit) live[*unit] = is_live;
}

void MachineLocations::step_back(const MachineInstr& instruction, BitVector& live) const {
  if (instruction.isDebugInstr() || instruction.isCFIInstruction()) return;
  for (const MachineOperand& operand : instruction.operands())
    if (operand.isReg() && operand.isDef() && operand.getReg()) set(live, operand.getReg().asMCReg(), false);
  const int slot = spill_location(instruction);
  if (slot >= 0 && instruction.mayStore()) live.reset(static_cast<unsigned>(slot));
  if (slot >= 0 && instruction.mayLoad()) live.set(static_cast<unsigned>(slot));
  for (const MachineOperand& operand : instruction.operands())
    if (operand.isReg() && operand.isUse() && operand.getReg()) set(live, operand.getReg().asMCReg(), true);
}

void MachineLocations::find_live() {
  live_.assign(function_.getNumBlockIDs(), BitVector(count_));
  bool changed = true;
  while (changed) {
    changed = false;
    for (const MachineBasicBlock* block : llvm::post_order(&function_)) {
      BitVector live(count_);
      for (const MachineBasicBlock* next : block->successors())
        live |= live_[static_cast<std::size_t>(next->getNumber())];
      for (const MachineInstr& instruction : llvm::reverse(*block)) step_back(instruction, live);
      auto& known = live_[static_cast<std::size_t>(block->getNumber())];
      if (live == known) continue;
      known = std::move(live);
      changed = true;
    }
  }
}

}  // namespace kiesel::simt
