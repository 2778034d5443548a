#include "compiler/backend/expand_addresses.hpp"

#include <llvm/ADT/StringSwitch.h>
#include <llvm/CodeGen/MachineFunctionPass.h>
#include <llvm/CodeGen/MachineInstrBuilder.h>
#include <llvm/CodeGen/Passes.h>
#include <llvm/CodeGen/TargetInstrInfo.h>
#include <llvm/CodeGen/TargetPassConfig.h>
#include <llvm/CodeGen/TargetRegisterInfo.h>
#include <llvm/CodeGen/TargetSubtargetInfo.h>
#include <llvm/MC/MCContext.h>

namespace kiesel::compiler {
namespace {

using llvm::MachineBasicBlock;
using llvm::MachineInstr;
using llvm::MachineOperand;

// LLVM's numbers for these are private to its RISC-V target; their names are not.
struct Names {
  unsigned load_address = 0, auipc = 0, addi = 0;
  unsigned high = 0, low = 0;  // flags of operands

  explicit Names(const llvm::TargetInstrInfo& instructions) {
    for (unsigned opcode = 0; opcode < instructions.getNumOpcodes(); ++opcode) {
      unsigned* wanted = llvm::StringSwitch<unsigned*>(instructions.getName(opcode))
                             .Case("PseudoLLA", &load_address)
                             .Case("AUIPC", &auipc)
                             .Case("ADDI", &addi)
                             .Default(nullptr);
      if (wanted) *wanted = opcode;
    }
    for (const auto& [flag, name] : instructions.getSerializableDirectMachineOperandTargetFlags()) {
      if (llvm::StringRef(name) == "riscv-pcrel-hi") high = flag;
      if (llvm::StringRef(name) == "riscv-pcrel-lo") low = flag;
    }
  }
};

bool is_plain_load(const MachineInstr& instruction, const llvm::TargetInstrInfo& instructions) {
  return llvm::StringSwitch<bool>(instructions.getName(instruction.getOpcode()))
      .Cases("LB", "LBU", "LH", "LHU", "LW", "LWU", "LD", true)
      .Cases("FLH", "FLW", "FLD", true)
      .Default(false);
}

class ExpandAddresses : public llvm::MachineFunctionPass {
 public:
  static char ID;
  ExpandAddresses() : MachineFunctionPass(ID) {}
  llvm::StringRef getPassName() const override { return "Expand addresses in place"; }

  bool runOnMachineFunction(llvm::MachineFunction& function) override {
    instructions_ = function.getSubtarget().getInstrInfo();
    registers_ = function.getSubtarget().getRegisterInfo();
    static const Names names(*instructions_);
    names_ = &names;
    bool changed = false;
    for (MachineBasicBlock& block : function)
      for (MachineInstr& instruction : llvm::make_early_inc_range(block))
        if (instruction.getOpcode() == names.load_address) {
          expand(instruction);
          changed = true;
        }
    return changed;
  }

 private:
  void expand(MachineInstr& pseudo) {
    MachineBasicBlock& block = *pseudo.getParent();
    auto& function = *block.getParent();
    const llvm::Register result = pseudo.getOperand(0).getReg();
    // The low half is relative to the label at the high half.
    llvm::MCSymbol* label = function.getContext().getOrCreateSymbol(".Laddress" + llvm::Twine(labels_++));
    MachineOperand high = pseudo.getOperand(1);
    high.setTargetFlags(names_->high);
    MachineInstr* upper =
        BuildMI(block, pseudo, pseudo.getDebugLoc(), instructions_->get(names_->auipc), result).add(high);
    upper->setPreInstrSymbol(function, label);
    const char* name = function.createExternalSymbolName(label->getName());
    if (MachineInstr* load = only_reader(pseudo)) {
      load->getOperand(2).ChangeToES(name, names_->low);
    } else {
      BuildMI(block, pseudo, pseudo.getDebugLoc(), instructions_->get(names_->addi), result)
          .addReg(result)
          .addExternalSymbol(name, names_->low);
    }
    pseudo.eraseFromParent();
  }

  // The load that alone reads the address, in the same block, or null.
  MachineInstr* only_reader(MachineInstr& pseudo) const {
    const llvm::Register address = pseudo.getOperand(0).getReg();
    for (MachineInstr& next :
         llvm::make_range(std::next(pseudo.getIterator()), pseudo.getParent()->instr_end())) {
      if (next.isDebugInstr()) continue;
      const bool reads = next.readsRegister(address, registers_);
      if (!reads && !next.modifiesRegister(address, registers_)) continue;
      if (!reads || !is_plain_load(next, *instructions_)) return nullptr;
      const MachineOperand &base = next.getOperand(1), &offset = next.getOperand(2);
      const bool last = base.isKill() || next.modifiesRegister(address, registers_);
      return base.getReg() == address && last && offset.isImm() && offset.getImm() == 0 ? &next : nullptr;
    }
    return nullptr;
  }

  const llvm::TargetInstrInfo* instructions_ = nullptr;
  const llvm::TargetRegisterInfo* registers_ = nullptr;
  const Names* names_ = nullptr;
  unsigned labels_ = 0;
};
char ExpandAddresses::ID = 0;

}  // namespace

void expand_addresses_in_place(llvm::TargetPassConfig& config) {
  config.insertPass(&llvm::StackMapLivenessID, new ExpandAddresses);
}

}  // namespace kiesel::compiler
