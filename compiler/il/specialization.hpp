// Specialisation constants of a SPIR-V module: values that the application may set before the build.
#pragma once

#include <map>
#include <optional>
#include <span>

#include "compiler/il/words.hpp"

namespace kiesel::compiler {

// Value of each constant by its SpecId; the lowest bytes count.
using Specialization = std::map<std::uint32_t, std::uint64_t>;

// What clSetProgramSpecializationConstant takes for the constant with this SpecId, at most 8; none when there is
// no such constant, or none of a type that OpenCL has. A boolean has one byte.
std::optional<std::size_t> specialization_bytes(std::span<const std::uint32_t> words, std::uint32_t id);

// Makes the values the defaults of the constants.
void specialize(Words& words, const Specialization& values);

}  // namespace kiesel::compiler
