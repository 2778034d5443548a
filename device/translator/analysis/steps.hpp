// Which instructions the interpreter does, one at a time, inside translated code.
#pragma once

#include "device/translator/analysis/code.hpp"
#include "device/translator/host/host_traits.hpp"

namespace kiesel::translator {

bool needs_interpreter(const Item& item, const HostTraits& host);

}  // namespace kiesel::translator
