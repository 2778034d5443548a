// How long a kernel can take, where its machine code shows it at a glance.
#pragma once

#include <cstdint>

#include "device/model/interpreter/code.hpp"

namespace kiesel::model {

// Most instructions that a warp executes from the program's start to the kernel's end. 0 where that is not
// certain: there may be a loop or a call, or the code is long.
std::uint32_t straight_line_length(const Code& code, const Insn* startup, const Insn* entry);

}  // namespace kiesel::model
