// Types of one kind and the same operands are one type (SPIR-V 2.8).
#pragma once

#include "compiler/il/words.hpp"

namespace kiesel::compiler {

// Numbers, vectors and types of functions that a change has made equal become the first of them.
void unite_types(Words& words);

}  // namespace kiesel::compiler
