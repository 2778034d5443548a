// The OpenCL C builtin functions, as LLVM IR that is linked into each program.
#pragma once

#include <string>
#include <vector>

#include "support/result.hpp"

namespace llvm {
class Function;
class Module;
}  // namespace llvm

namespace kiesel::compiler::builtins {

// Links the definitions of all builtins that `module` declares, and what those need, with internal linkage.
// The module is what the SPIR-V reader made, on opaque pointers. Returns the names of functions and variables
// that the module uses and nobody defines: a build error, to be told with these names.
// Errors: kInvalidBinary when a declaration has another type than the builtin of that name.
// Threads: different modules in different contexts may be linked at the same time.
Result<std::vector<std::string>> link_builtins(llvm::Module& module);

// i32 of no arguments, which link_builtins() leaves undefined: the size of the kernel's sub-groups where that
// is a part of a warp, else 0 (backend/sub_group_sizes.hpp).
inline constexpr const char* kSubGroupPart = "__kiesel_sub_group_part";

// Rewrites calls of printf into writing records (isa/launch_block.hpp, OpenCL C 6.15.14). Call it before
// link_builtins(). True when the module has such calls. Without atomics each hart has a buffer of its own.
bool lower_printf(llvm::Module& module, bool has_atomics);

// For machines without Zfh: conversions to and from half, which the library's functions hold, become calls of
// the library's software. Call it after link_builtins(), and that once more where this returns true.
bool lower_half(llvm::Module& module);

// Whether a kernel may reach a printf: directly or through functions it calls. Valid after lower_printf() and
// as long as calls are not inlined.
bool uses_printf(const llvm::Function& kernel);

}  // namespace kiesel::compiler::builtins
