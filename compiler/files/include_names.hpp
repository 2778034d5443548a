// What a text includes, found without a preprocessor.
#pragma once

#include <string_view>
#include <vector>

namespace kiesel::compiler {

// The names between quotes or angle brackets of all lines that are #include, #include_next or #import; names
// that macros make are not among them.
std::vector<std::string_view> included_names(std::string_view text);

}  // namespace kiesel::compiler
