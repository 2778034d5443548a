// Lays the sections of an object file out in one block of position-independent bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "device/translator/host/host_code.hpp"

namespace kiesel::translator {

// kUnsupported for an object that needs more than itself, or its own address.
Result<HostCode> place_code(std::string_view object, const std::vector<std::string>& functions);

}  // namespace kiesel::translator
