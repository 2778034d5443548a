// Stack of a lane over the deepest chain of calls.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "compiler/backend/code.hpp"
#include "support/result.hpp"

namespace llvm {
class Module;
}

namespace kiesel::compiler {

// The log of a build that has more private variables in one function than code can address; else empty.
std::string too_large_frames(const llvm::Module& module);

// Bytes from `entry` downwards. The error is text for the build log: recursion, or a call of a pointer.
Result<std::uint64_t, std::string> stack_bytes(const std::map<std::string, FrameInfo>& frames,
                                               const std::string& entry);

}  // namespace kiesel::compiler
