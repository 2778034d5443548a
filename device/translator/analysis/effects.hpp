// What a warp has done that others can see: until it has done nothing it can start anew.
#pragma once

#include <cstdint>
#include <vector>

#include "device/translator/analysis/code.hpp"

namespace kiesel::translator {

bool acts(const Item& item);  // on memory or barriers
// By block: whether a warp may have acted before it, since its start.
std::vector<std::uint8_t> find_acted(const Code& code);

}  // namespace kiesel::translator
