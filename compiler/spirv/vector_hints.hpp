// The sign in vec_type_hint(uint4): SPIR-V has no place for it, so a string of debug information keeps it.
#pragma once

#include <string>
#include <vector>

#include "compiler/spirv/spirv.hpp"

namespace kiesel::compiler {

// Names of the kernels whose hint is an unsigned type.
std::vector<std::string> kernels_with_unsigned_hints(const llvm::Module& module);

// `words`: a whole module. Survives linking.
void add_unsigned_hints(Words& words, const std::vector<std::string>& kernels);

// Puts the sign back into the metadata of `module`, which was read from `words`.
void restore_unsigned_hints(llvm::Module& module, std::span<const std::uint32_t> words);

}  // namespace kiesel::compiler
