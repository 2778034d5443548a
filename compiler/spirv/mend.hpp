// Repairs of what the SPIR-V writer of this version gets wrong.
#pragma once

#include "compiler/spirv/spirv.hpp"

namespace kiesel::compiler {

// The writer puts DebugInfoNone where OpenCL.DebugInfo.100 has an optional string or declaration; such an
// operand must be left out instead.
void mend_debug_information(Words& words);

// From version 1.4 on an entry point lists all module-scope variables that it may reach; the writer lists
// those of older versions. Adds all that are missing.
void mend_interfaces(Words& words);

// Linked modules bring a variable each for a builtin such as GlobalInvocationId; the reader knows one by its
// name. All become the first.
void merge_builtin_variables(Words& words);

// The writer puts variables among the constituents of constant composites, where the addresses of variables
// may stand but not the variables themselves.
void mend_addresses(Words& words);

}  // namespace kiesel::compiler
