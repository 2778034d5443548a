// Functions that are entry points under several names.
#pragma once

#include "compiler/spirv/spirv.hpp"

namespace kiesel::compiler {

// The reader makes one kernel of such a function, under the first name; copies get the others. `module` was
// read from `words`.
void copy_entry_points(llvm::Module& module, std::span<const std::uint32_t> words);

}  // namespace kiesel::compiler
