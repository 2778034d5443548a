// The remainder instruction of LLVM IR, which comes from SPIR-V's OpFRem and OpFMod: the machine has none.
#pragma once

namespace llvm {
class Module;
}

namespace kiesel::compiler {

// Before the library is linked: each becomes a call of the builtin fmod.
void lower_remainders(llvm::Module& module);

}  // namespace kiesel::compiler
