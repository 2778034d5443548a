// Addresses of constants and variables in finished machine code.
#pragma once

namespace llvm {
class MachineFunctionPass;
class TargetPassConfig;
}  // namespace llvm

namespace kiesel::compiler {

// Makes "load address" two instructions, auipc and addi, or lets the load behind it take the low half of the
// address. LLVM's own expansion begins a block at each auipc and looks at all code behind it again, which
// takes time with the square of the number of constants. Call it before addMachinePasses().
void expand_addresses_in_place(llvm::TargetPassConfig& config);

}  // namespace kiesel::compiler
