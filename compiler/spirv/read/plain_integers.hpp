// Integer instructions that the SPIR-V reader does not know in all their forms.
#pragma once

#include "compiler/spirv/read/rewriting.hpp"

namespace kiesel::compiler {

// Writes what stands for `instruction` in the reader's words; false when it knows the instruction as it is.
// Sums with carry, differences with borrow and products of two words; shifts and bit fields whose counts have
// another width than their values.
bool write_plain_integers(Rewriting& to, Instruction instruction);

}  // namespace kiesel::compiler
