// Dot products of bytes as the target has them.
#pragma once

#include "device/isa/target.hpp"

namespace llvm {
class Module;
}

namespace kiesel::compiler {

// The library's functions for them (cl/dot_product.cl) become the instruction where the target has it, and
// part of those who call them. Call it after link_builtins().
void lower_dot_products(llvm::Module& module, const isa::Target& target);

}  // namespace kiesel::compiler
