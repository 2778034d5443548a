// The kernel table of a module, from the functions and metadata that SPIR-V brings.
#pragma once

#include <string>
#include <vector>

#include "compiler/program/program.hpp"

namespace llvm {
class Function;
class Module;
}  // namespace llvm

namespace kiesel::compiler {

struct KernelFunction {
  Kernel description;    // memory sizes are filled in when code exists
  llvm::Function* body;  // the kernel as an ordinary function
  llvm::Function* entry = nullptr;
};

std::vector<KernelFunction> find_kernels(llvm::Module& module);

}  // namespace kiesel::compiler
