// What valid modules hold and the SPIR-V reader of this version does not know, put into other words.
#pragma once

#include <span>

#include "compiler/il/words.hpp"

namespace kiesel::compiler {

// `words` have passed check_spirv(). Comparisons and differences of pointers, sizes and logical copies become
// arithmetic on addresses and members; modes with operands by id become modes with numbers; strings for
// people and instructions without meaning are left out; a copy of memory has one set of operands.
Words make_readable(std::span<const std::uint32_t> words);

}  // namespace kiesel::compiler
