// The RISC-V target machine for a device.
#pragma once

#include "device/isa/target.hpp"

namespace llvm {
class TargetMachine;
}  // namespace llvm

namespace kiesel::compiler {

// Once per process, before anything else of LLVM is used.
void initialize_llvm();

// Made once for each kind of target: a build process finds the one of the warm-up, with all that it has
// computed about types and registers. For one thread.
llvm::TargetMachine& target_machine(const isa::Target& target);

}  // namespace kiesel::compiler
