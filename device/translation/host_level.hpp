// Levels of the host's instruction set that code is made for.
#pragma once

#include <cstdint>

namespace kiesel::translation {

enum class HostLevel : std::uint8_t { kBase, kV3, kV4 };  // of x86-64; other hosts have only the first

}  // namespace kiesel::translation
