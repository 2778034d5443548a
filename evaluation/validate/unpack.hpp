// A file that zstd compressed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "support/result.hpp"

namespace kiesel::validate {

// The text of one frame after the other, `most` bytes of it at most. kInvalidBinary.
Result<std::string> unpack(std::span<const std::byte> packed, std::uint64_t most);

}  // namespace kiesel::validate
