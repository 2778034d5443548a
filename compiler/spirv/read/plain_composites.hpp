// Composites and vectors in forms that the SPIR-V reader does not know.
#pragma once

#include "compiler/spirv/read/rewriting.hpp"

namespace kiesel::compiler {

// Writes what stands for `instruction` in the reader's words; false when it knows the instruction as it is.
// Composites of variables, logical copies, shuffles of vectors of two lengths or with undefined components.
bool write_plain_composites(Rewriting& to, Instruction instruction);

}  // namespace kiesel::compiler
