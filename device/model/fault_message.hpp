// A fault in words.
#pragma once

#include <string>
#include <string_view>

#include "device/model/interpreter/warp.hpp"
#include "device/model/memory/memory.hpp"
#include "device/model/module.hpp"

namespace kiesel::model {

// "kernel 'add', work-item (3, 0, 0), at add+0x1c (0x...): lw a0, 0(a1): nothing is at address 0x...: 4 bytes
// past ..."
std::string fault_message(const CoreState& core, const Module& module, const Memory& memory,
                          std::string_view kernel);

}  // namespace kiesel::model
