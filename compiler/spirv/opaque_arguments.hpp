// Kernel arguments of OpenCL C's opaque types: images, samplers, pipes. With typed pointers they are pointers
// to named structs; the name would be lost with the types.
#pragma once

#include <llvm/ADT/StringRef.h>
#include <llvm/IR/Argument.h>

namespace llvm {
class Module;
}

namespace kiesel::compiler {

// On a module of typed pointers as the SPIR-V reader makes it.
void keep_opaque_types(llvm::Module& module);

// "image2d_ro_t", "sampler_t", "pipe_wo_t" ..., or nothing for an argument of another type.
llvm::StringRef opaque_type(const llvm::Argument& argument);

}  // namespace kiesel::compiler
