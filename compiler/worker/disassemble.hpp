// A listing of a program binary, for people and for programs.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "support/result.hpp"

namespace kiesel::compiler {

// Kernel table as comments, then the code by function; source lines between the instructions when the program
// was built with -g. kInvalidBinary for anything but a whole program binary.
Result<std::string> list_program(std::span<const std::byte> elf);
// As JSON: {source, functions: [{name, instructions: [{address, text, file, line}]}]}.
Result<std::string> describe_program(std::span<const std::byte> elf);

}  // namespace kiesel::compiler
