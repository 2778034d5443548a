// A program binary that does not say what it was made from.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "support/result.hpp"

namespace kiesel::capture {

// The same code and kernel table; its SPIR-V, source and debug information are zeros.
Result<std::vector<std::byte>> without_source(std::span<const std::byte> elf);

// Whether there is SPIR-V to make it anew from.
bool has_spirv(std::span<const std::byte> elf);

}  // namespace kiesel::capture
