// Making the builtin library, step by step; kiesel_builtins_pack runs them in this order.
#pragma once

#include <llvm/IR/Module.h>
#include <llvm/Target/TargetMachine.h>

#include <memory>
#include <string>
#include <string_view>

namespace kiesel::compiler::builtins {

// Whether a builtin of this name is in elementwise.def.
bool is_elementwise(std::string_view name);

// libclc's module, reduced to the scalar forms of the builtins in elementwise.def and what they need,
// with constant memory in our address space 2 (libclc has it in 4).
std::unique_ptr<llvm::Module> import_libclc(const std::string& path, llvm::LLVMContext& context);

// Everything in `module` becomes ours: triple, data layout, calling convention, attributes, no metadata.
void normalise(llvm::Module& module, const llvm::TargetMachine& machine);

// No result is undefined where the specification has one: what C's rules and libclc's compiler let LLVM
// assume of arguments goes.
void define_values(llvm::Module& module);

// Calls of intrinsics that would become calls of libm call our builtin of the same meaning.
void expand_intrinsics(llvm::Module& module);

// Calls of __kiesel_rmw_*(pointer, value, ordered), see cl/atomic.h, become atomicrmw instructions, for which
// OpenCL C on SPIR's triple has no spelling.
void expand_atomics(llvm::Module& module);

// Defines __kiesel_group_scratch(): the address of local memory with a word for each warp of a work-group.
void add_group_scratch(llvm::Module& module);

// Calls of __kiesel_descriptor(image) and __kiesel_sampler_bits(sampler), see cl/image.h, become casts; adds
// the function that makes a sampler from its literal.
void expand_images(llvm::Module& module);

// Adds the forms on generic pointers (address space 4) of builtins that take private ones.
void add_generic_pointers(llvm::Module& module);

// Adds the vector forms of the builtins in elementwise.def and of conversions.
void add_vector_forms(llvm::Module& module);

void optimise(llvm::Module& module, llvm::TargetMachine& machine);

// Writes the library file. False with a message on stderr.
bool write_library(llvm::Module& module, const std::string& path);

}  // namespace kiesel::compiler::builtins
