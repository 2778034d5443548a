// Repairs of what the SPIR-V writer of this version gets wrong, the linker leaves and the reader mistakes.
#pragma once

#include "compiler/spirv/spirv.hpp"

namespace kiesel::compiler {

// Blocks behind those that all ways to them lead through. The words need not be a module.
Words order_labels(std::span<const std::uint32_t> words);

// The writer puts DebugInfoNone where OpenCL.DebugInfo.100 has an optional string or declaration; such an
// operand must be left out instead.
void mend_debug_information(Words& words);

// The writer adds up the characters of linkage names as signed ones, which spoils those beyond ASCII and what
// follows.
void mend_linkage_names(Words& words);

// From version 1.4 on an entry point lists all module-scope variables that it may reach; the writer lists
// those of older versions. Adds all that are missing.
void mend_interfaces(Words& words);

// Linked modules bring a variable each for a builtin such as GlobalInvocationId; the reader knows one by its
// name. All become the first.
void merge_builtin_variables(Words& words);

// A linked module declares an imported variable where its own module has it, which may be behind what holds
// its address in another one. Such definitions move to the end of them all.
void order_definitions(Words& words);

// Names mean nothing in SPIR-V, and two functions may have one, such as static ones of linked programs; the
// reader takes the second for the first. Each function and variable gets a name of its own.
void own_names(Words& words);

// The writer puts variables among the constituents of constant composites, where the addresses of variables
// may stand but not the variables themselves.
void mend_addresses(Words& words);

}  // namespace kiesel::compiler
