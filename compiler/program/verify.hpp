// What the parts of a program binary must be to each other, beyond what each field may be (fields.hpp).
#pragma once

#include "compiler/program/program.hpp"
#include "support/elf.hpp"

namespace kiesel::compiler {

// Fields of one structure. kInvalidBinary.
inline Status check_together(const isa::Target&) { return {}; }
Status check_together(const KernelArgument& argument);
Status check_together(const Kernel& kernel);
inline Status check_together(const Program&) { return {}; }

// The table against the file that it came with: what is said to have code can be loaded and has an entry
// point for each kernel. kInvalidBinary.
Status check_code(const Program& program, const ElfView& file);

}  // namespace kiesel::compiler
