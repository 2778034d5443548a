// Instruction selection leaves "lhs cc rhs ? yes : no" as one pseudo instruction that becomes a branch when
// it ends. Most such choices are gone before (remove_selects); selection makes new ones of comparisons that
// it turns into numbers, of vectors that it takes apart, of conversions. Here each becomes bit arithmetic,
// whatever it was made of.
#include <llvm/ADT/StringSwitch.h>
#include <llvm/CodeGen/MachineFunctionPass.h>
#include <llvm/CodeGen/MachineInstrBuilder.h>
#include <llvm/CodeGen/MachineRegisterInfo.h>
#include <llvm/CodeGen/TargetInstrInfo.h>
#include <llvm/CodeGen/TargetRegisterInfo.h>
#include <llvm/CodeGen/TargetSubtargetInfo.h>

#include "compiler/simt/passes.hpp"

namespace kiesel::simt {
namespace {

using llvm::MachineInstr;
using llvm::Register;

// LLVM's numbers for these are private to its RISC-V target; their names are not.
struct Names {
  unsigned choose_word = 0, choose_half = 0, choose_float = 0, choose_double = 0;
  unsigned and_ = 0, xor_ = 0, sub = 0, less = 0, less_unsigned = 0;
  unsigned half_bits = 0, float_bits = 0, double_bits = 0;
  unsigned to_half = 0, to_float = 0, to_double = 0;
  llvm::MCRegister zero;
  const llvm::TargetRegisterClass* words = nullptr;

  Names(const llvm::TargetInstrInfo& instructions, const llvm::TargetRegisterInfo& registers) {
    for (unsigned opcode = 0; opcode < instructions.getNumOpcodes(); ++opcode)
      if (unsigned* wanted = place(instructions.getName(opcode))) *wanted = opcode;
    for (unsigned number = 1; number < registers.getNumRegs(); ++number)
      if (llvm::StringRef(registers.getName(number)) == "X0") zero = number;
    for (const auto* kind : registers.regclasses())
      if (llvm::StringRef(registers.getRegClassName(kind)) == "GPR") words = kind;
  }

  unsigned* place(llvm::StringRef name) {
    return llvm::StringSwitch<unsigned*>(name)
        .Case("Select_GPR_Using_CC_GPR", &choose_word)
        .Case("Select_FPR16_Using_CC_GPR", &choose_half)
        .Case("Select_FPR32_Using_CC_GPR", &choose_float)
        .Case("Select_FPR64_Using_CC_GPR", &choose_double)
        .Case("AND", &and_)
        .Case("XOR", &xor_)
        .Case("SUB", &sub)
        .Case("SLT", &less)
        .Case("SLTU", &less_unsigned)
        .Case("FMV_X_H", &half_bits)
        .Case("FMV_X_W", &float_bits)
        .Case("FMV_X_D", &double_bits)
        .Case("FMV_H_X", &to_half)
        .Case("FMV_W_X", &to_float)
        .Case("FMV_D_X", &to_double)
        .Default(nullptr);
  }
};

// Operands of the pseudo instruction, and what its third one says (RISCVCC::CondCode).
enum Operand : unsigned { kResult, kLeft, kRight, kCondition, kYes, kNo };
enum Condition : std::uint8_t { kEqual, kNotEqual, kLess, kNotLess, kBelow, kNotBelow };

class ExpandChoices final : public llvm::MachineFunctionPass {
 public:
  static char ID;
  ExpandChoices() : MachineFunctionPass(ID) {}
  llvm::StringRef getPassName() const override { return "Expand choices without branches"; }

  bool runOnMachineFunction(llvm::MachineFunction& function) override {
    instructions_ = function.getSubtarget().getInstrInfo();
    registers_ = &function.getRegInfo();
    static const Names names(*instructions_, *function.getSubtarget().getRegisterInfo());
    names_ = &names;
    bool changed = false;
    for (llvm::MachineBasicBlock& block : function)
      for (MachineInstr& instruction : llvm::make_early_inc_range(block)) changed |= expand(instruction);
    return changed;
  }

 private:
  bool expand(MachineInstr& pseudo) {
    const unsigned opcode = pseudo.getOpcode();
    if (opcode == names_->choose_word) return choose(pseudo, 0, 0);
    if (opcode == names_->choose_half) return choose(pseudo, names_->half_bits, names_->to_half);
    if (opcode == names_->choose_float) return choose(pseudo, names_->float_bits, names_->to_float);
    if (opcode == names_->choose_double) return choose(pseudo, names_->double_bits, names_->to_double);
    return false;
  }

  // no ^ ((yes ^ no) & mask), in integer registers: to_bits and from_bits move there and back, or are 0.
  bool choose(MachineInstr& pseudo, unsigned to_bits, unsigned from_bits) {
    // Each is read more than once now.
    for (const Operand operand : {kLeft, kRight, kYes, kNo})
      if (const Register used = pseudo.getOperand(operand).getReg(); used.isVirtual())
        registers_->clearKillFlags(used);
    const bool opposite = is_opposite(pseudo.getOperand(kCondition).getImm());
    const Register yes = bits_of(pseudo, opposite ? kNo : kYes, to_bits);
    const Register no = bits_of(pseudo, opposite ? kYes : kNo, to_bits);
    const Register mask = make(pseudo, names_->sub, names_->zero, test(pseudo));
    const Register flipped = make(pseudo, names_->and_, make(pseudo, names_->xor_, yes, no), mask);
    const Register result = pseudo.getOperand(kResult).getReg();
    const Register bits = from_bits == 0 ? result : new_word();
    emit(pseudo, names_->xor_, bits).addReg(no).addReg(flipped);
    if (from_bits != 0) emit(pseudo, from_bits, result).addReg(bits);
    pseudo.eraseFromParent();
    return true;
  }

  Register bits_of(MachineInstr& at, Operand operand, unsigned to_bits) {
    const Register value = at.getOperand(operand).getReg();
    if (to_bits == 0) return value;
    const Register bits = new_word();
    emit(at, to_bits, bits).addReg(value);
    return bits;
  }

  static bool is_opposite(std::int64_t condition) {
    return condition == kEqual || condition == kNotLess || condition == kNotBelow;
  }

  // 1 where the condition holds, or does not if it is an opposite one; else 0.
  Register test(MachineInstr& pseudo) {
    const Register left = pseudo.getOperand(kLeft).getReg(), right = pseudo.getOperand(kRight).getReg();
    switch (pseudo.getOperand(kCondition).getImm()) {
      case kLess:
      case kNotLess:
        return make(pseudo, names_->less, left, right);
      case kBelow:
      case kNotBelow:
        return make(pseudo, names_->less_unsigned, left, right);
      default:
        break;
    }
    const Register word = right == names_->zero ? left : make(pseudo, names_->xor_, left, right);
    return make(pseudo, names_->less_unsigned, names_->zero, word);
  }

  llvm::MachineInstrBuilder emit(MachineInstr& at, unsigned opcode, Register result) {
    return BuildMI(*at.getParent(), at, at.getDebugLoc(), instructions_->get(opcode), result);
  }
  Register make(MachineInstr& at, unsigned opcode, Register a, Register b) {
    const Register result = new_word();
    emit(at, opcode, result).addReg(a).addReg(b);
    return result;
  }
  Register new_word() { return registers_->createVirtualRegister(names_->words); }

  const llvm::TargetInstrInfo* instructions_ = nullptr;
  llvm::MachineRegisterInfo* registers_ = nullptr;
  const Names* names_ = nullptr;
};
char ExpandChoices::ID = 0;

}  // namespace

llvm::MachineFunctionPass* create_expand_choices() { return new ExpandChoices; }

}  // namespace kiesel::simt
