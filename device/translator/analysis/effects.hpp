// What a warp has done that others can see: until it has done nothing it can start anew.
#pragma once

#include <cstdint>
#include <vector>

#include "device/translator/analysis/code.hpp"

namespace kiesel::translator {

bool acts(const Item& item);  // on memory or barriers
// Which ways count.
struct Ways {
  bool past_barriers;
  bool around_loops;  // as if the warp had acted: nobody wants to do all that again
};
// By block that is reached from `start`: whether a warp may have acted before it.
std::vector<std::uint8_t> find_acted(const Code& code, std::uint32_t start, const Ways& ways);

}  // namespace kiesel::translator
