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

// A kernel that requires sub-groups of another size than the device's `lanes` (SPIR-V's execution mode
// SubgroupSize), and that size, as an error; or "".
std::string other_sub_group_size(const std::vector<KernelFunction>& kernels, std::uint32_t lanes);

}  // namespace kiesel::compiler
