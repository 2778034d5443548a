// OpenCL.DebugInfo.100 in a module.
#pragma once

#include "compiler/il/words.hpp"

namespace kiesel::compiler {

inline constexpr std::uint32_t kOpExtInstImport = 11, kOpExtInst = 12;

inline bool imports_debug_set(Instruction instruction) {
  return opcode(instruction) == kOpExtInstImport && literal_at(instruction, 2) == "OpenCL.DebugInfo.100";
}

}  // namespace kiesel::compiler
