// Kernel entry points: `void symbol(void)` that takes the kernel's arguments from the launch block.
#pragma once

#include <string>
#include <vector>

#include "compiler/backend/kernel_table.hpp"
#include "device/isa/target.hpp"

namespace kiesel::compiler {

// The function that may call itself, through others or not; OpenCL C 6.12.i forbids it. Empty when there is
// none.
std::string find_recursion(const std::vector<KernelFunction>& kernels);

// Makes the entries and turns everything else into ordinary internal functions of the C calling convention,
// to be inlined unless the program says otherwise. Adds the start-up code that calls CSR kernel_entry.
void make_entries(llvm::Module& module, std::vector<KernelFunction>& kernels, const isa::Target& target);

}  // namespace kiesel::compiler
