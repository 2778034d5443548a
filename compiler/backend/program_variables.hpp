// Variables at program scope, in __global and __constant: how much they take, and whether a device has room.
#pragma once

#include <cstdint>
#include <string>

#include "support/result.hpp"

namespace llvm {
class Module;
}

namespace kiesel::compiler {

// Bytes of those in __global; or the log of a build that asks for too much. On SPIR's address spaces.
Result<std::uint64_t, std::string> program_variable_bytes(const llvm::Module& module);

}  // namespace kiesel::compiler
