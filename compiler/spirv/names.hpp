// Where names stand in a module: OpName, entry points, linkage, and strings of OpenCL's producers that begin
// with a kernel's name.
#pragma once

#include <string>
#include <string_view>

#include "compiler/il/words.hpp"

namespace kiesel::compiler {

// Begins the names that a program's own functions and variables have where others go by names: while SPIR-V
// is written, and from its reading on.
inline constexpr std::string_view kOwnPrefix = "own.";

inline std::string_view plain_name(std::string_view name) {
  return name.starts_with(kOwnPrefix) ? name.substr(kOwnPrefix.size()) : name;
}

inline constexpr std::uint32_t kOpName = 5, kOpString = 7, kOpEntryPoint = 15, kOpDecorate = 71;
inline constexpr std::uint32_t kLinkageAttributes = 41;

// Of the literal with a name; 0 where the instruction has none.
std::size_t place_of_name(Instruction instruction);

// "kernel_arg_type.k.int*,": how many characters stand before the kernel's name; 0 for other texts.
std::size_t begins_with_kernel(std::string_view text);

// Strings and names come behind the modes of the entry points.
std::size_t end_of_modes(std::span<const std::uint32_t> words);

// `instruction` with another literal at `place`.
void append_named(Words& words, Instruction instruction, std::size_t place, std::string_view name);

}  // namespace kiesel::compiler
