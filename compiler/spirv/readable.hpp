// What valid modules hold and the SPIR-V reader of this version does not know, put into other words.
#pragma once

#include <span>

#include "compiler/il/words.hpp"

namespace kiesel::compiler {

// `words` have passed check_spirv(). Comparisons and differences of pointers, sizes, logical copies and
// copies of objects become simpler instructions, and so do sums with carry and other integers
// (plain_integers.hpp); variables of functions get their initialisers by stores; modes with operands by id
// become modes with numbers; nulls of scalars become zeros; strings for people and instructions without
// meaning are left out.
Words make_readable(std::span<const std::uint32_t> words);

}  // namespace kiesel::compiler
