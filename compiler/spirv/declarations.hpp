// What stands at a module's beginning: its capabilities, then its extensions.
#pragma once

#include <string_view>

#include "compiler/il/words.hpp"

namespace kiesel::compiler {

// Nothing happens where they are declared already.
void add_capability(Words& words, std::uint32_t capability);
void add_extension(Words& words, std::string_view name);

}  // namespace kiesel::compiler
