// Repairs of what the SPIR-V writer of this version gets wrong, the linker leaves and the reader mistakes.
#pragma once

#include "compiler/spirv/spirv.hpp"

namespace kiesel::compiler {

// Blocks behind those that all ways to them lead through. The words need not be a module.
Words order_labels(std::span<const std::uint32_t> words);

// The writer puts DebugInfoNone where OpenCL.DebugInfo.100 has an optional string or declaration; such an
// operand must be left out instead.
void mend_debug_information(Words& words);

// From version 1.4 on an entry point lists all module-scope variables that it may reach; the writer lists
// those of older versions. Adds all that are missing.
void mend_interfaces(Words& words);

// Linked modules bring a variable each for a builtin such as GlobalInvocationId; the reader knows one by its
// name. All become the first.
void merge_builtin_variables(Words& words);

// A linked module declares an imported variable where its own module has it, which may be behind what holds
// its address in another one. Such definitions move to the end of them all.
void order_definitions(Words& words);

// Names mean nothing in SPIR-V, and to the reader everything: it takes a function for a builtin, an intrinsic
// or another one of the same name. Each function and variable gets a name of its own that begins with
// kOwnPrefix. Only what a module imports, and nobody linked, keeps its name: it may be a builtin.
void own_names(Words& words);

// The writer puts variables among the constituents of constant composites, where the addresses of variables
// may stand but not the variables themselves.
void mend_addresses(Words& words);

}  // namespace kiesel::compiler
