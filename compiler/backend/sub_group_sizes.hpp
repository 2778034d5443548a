// Kernels that require sub-groups of a size (intel_reqd_sub_group_size, SPIR-V's execution mode
// SubgroupSize).
#pragma once

#include <string>
#include <vector>

#include "compiler/backend/kernel_table.hpp"
#include "device/isa/target.hpp"

namespace kiesel::compiler {

// A kernel that requires sub-groups of a size that the target has not, as an error; or "".
std::string missing_sub_group_size(const std::vector<KernelFunction>& kernels, const isa::Target& target);

// Puts numbers where code asks for the size (builtins::kSubGroupPart): each kernel that requires a part of
// the warp gets copies of the functions that it calls, as far as those ask. Call it when the builtins are
// linked and recursion is ruled out; kernels may have other bodies afterwards.
void settle_sub_group_sizes(llvm::Module& module, std::vector<KernelFunction>& kernels, std::uint32_t lanes);

}  // namespace kiesel::compiler
