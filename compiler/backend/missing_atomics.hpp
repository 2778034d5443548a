// Atomic operations that a target has not.
#pragma once

#include <string>

#include "device/isa/target.hpp"

namespace llvm {
class Module;
}

namespace kiesel::compiler {

// The log of a build that uses one, the first of each function; else empty. Pointers must have their address
// spaces still.
std::string missing_atomics(llvm::Module& module, const isa::Target& target);

}  // namespace kiesel::compiler
