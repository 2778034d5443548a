// Memory in the form that code generation takes: one flat address space, local variables as offsets, block
// copies as loops that the divergence passes see.
#pragma once

#include <string>
#include <vector>

#include "compiler/backend/kernel_table.hpp"

namespace llvm {
class Constant;
}

namespace kiesel::compiler {

// An error where a __local variable is so large that sums of such are no sizes; else empty.
std::string too_large_local_variable(const llvm::Module& module);

// Gives every __local variable an offset from CSR group_local and fills in local_memory_bytes. A variable
// that several kernels use has one offset in all of them.
void lower_local_variables(llvm::Module& module, std::vector<KernelFunction>& kernels);

// By-value struct arguments of functions that stay functions become copies that the caller makes in its own
// frame: code generation would call memcpy for them.
void make_struct_copies(llvm::Module& module);

// memcpy, memmove and memset of any length, in line. The back end would call a function that does not exist,
// and lengths may differ between lanes.
void lower_block_memory(llvm::Module& module);

// For targets with the quirk mixed-access: no load, store or atomic operation has lanes in local and in other
// memory.
void part_mixed_accesses(llvm::Module& module);

// For targets with the quirk wide-group: a local id y or z is 0 where the work-group has size 1 in that
// direction.
void mend_local_ids(llvm::Module& module);

// addrspacecast, of constants too, into integer casts: all spaces are one flat space.
void flatten_address_spaces(llvm::Module& module);

// Every use of `constant` inside constant expressions of functions becomes instructions at the function's
// start or before a phi's predecessor ends, so that it can be replaced function by function.
void expand_constant_users(llvm::Constant& constant);

}  // namespace kiesel::compiler
