// The RISC-V target machine for a device.
#pragma once

#include <memory>

#include "device/isa/target.hpp"

namespace llvm {
class Module;
class TargetMachine;
}  // namespace llvm

namespace kiesel::compiler {

// Once per process, before anything else of LLVM is used.
void initialize_llvm();

std::unique_ptr<llvm::TargetMachine> make_target_machine(const isa::Target& target);

}  // namespace kiesel::compiler
