// Bytes as text in JSON (RFC 4648).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace kiesel::validate {

// Nothing where the text is not whole groups of four of its characters, with '=' at the end only.
std::optional<std::vector<std::byte>> from_base64(std::string_view text);

}  // namespace kiesel::validate
