// Repairs of what the SPIR-V writer of this version gets wrong.
#pragma once

#include "compiler/spirv/spirv.hpp"

namespace kiesel::compiler {

// The writer puts DebugInfoNone where OpenCL.DebugInfo.100 has an optional string or declaration; such an
// operand must be left out instead.
void mend_debug_information(Words& words);

}  // namespace kiesel::compiler
