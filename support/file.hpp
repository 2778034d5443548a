// Whole files, with the error in words.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "support/result.hpp"

namespace kiesel {

Result<std::string> read_text_file(const std::filesystem::path& path);
Result<std::vector<std::byte>> read_binary_file(const std::filesystem::path& path);
// Written under a temporary name in the same folder and renamed: readers see the old file or the whole new
// one.
Status write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes);

}  // namespace kiesel
