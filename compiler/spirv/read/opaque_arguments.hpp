// Kernel arguments of OpenCL C's opaque types: images, samplers, pipes. With typed pointers they are pointers
// to named structs; the name would be lost with the types, and is kept as an attribute.
#pragma once

#include <llvm/ADT/StringRef.h>
#include <llvm/IR/Argument.h>

namespace kiesel::compiler {

// As keep_opaque_types() left it: "image2d_ro_t", "sampler_t", "pipe_wo_t" ..., or nothing for an argument of
// another type.
llvm::StringRef opaque_type(const llvm::Argument& argument);

}  // namespace kiesel::compiler
