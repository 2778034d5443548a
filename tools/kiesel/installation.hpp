// Where the files of this installation are: beside this program in the build folder, or below the prefix.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>

namespace kiesel::tools {

std::filesystem::path program_folder();

// The first that exists; relative ones start at this program's folder.
std::optional<std::filesystem::path> first_of(std::initializer_list<std::filesystem::path> candidates);

// The version, and a hash of what else decides results: this program and the compiler's.
std::string this_version();

// The driver that was built or installed with this program.
std::optional<std::filesystem::path> driver_library();

}  // namespace kiesel::tools
