// The places that hold values in finished machine code, numbered: units of registers, then spill slots.
#pragma once

#include <llvm/ADT/BitVector.h>
#include <llvm/CodeGen/MachineFunction.h>
#include <llvm/CodeGen/TargetRegisterInfo.h>

#include <vector>

namespace kiesel::simt {

class MachineLocations {
 public:
  explicit MachineLocations(const llvm::MachineFunction& function);

  unsigned count() const { return count_; }
  unsigned register_units() const { return register_units_; }
  // The location of the spill slot that an instruction loads or stores, or -1.
  int spill_location(const llvm::MachineInstr& instruction) const;
  // Whether something may still read the location when the block starts. Few do: what a block takes over is a
  // small part of all registers and slots, so that the cost of a function grows with its length and not with
  // the square of it.
  bool is_live(const llvm::MachineBasicBlock& block, unsigned location) const {
    return live_[static_cast<std::size_t>(block.getNumber())].test(location);
  }
  const llvm::BitVector& live(const llvm::MachineBasicBlock& block) const {
    return live_[static_cast<std::size_t>(block.getNumber())];
  }

 private:
  void number_slots();
  void step_back(const llvm::MachineInstr& instruction, llvm::BitVector& live) const;
  void set(llvm::BitVector& live, llvm::MCRegister reg, bool is_live) const;
  void find_live();

  const llvm::MachineFunction& function_;
  const llvm::TargetRegisterInfo& registers_;
  unsigned register_units_;
  unsigned count_;
  std::vector<int> slots_;             // by frame index
  std::vector<llvm::BitVector> live_;  // at the start of each block
};

}  // namespace kiesel::simt
