// What a SPIR-V module needs, and what a device has of it: versions, capabilities, extensions, sets of
// instructions (OpenCL SPIR-V Environment Specification 3.2 and 7). No LLVM and no SPIRV-Tools here: the
// runtime asks too.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/il/words.hpp"
#include "support/result.hpp"

namespace kiesel::compiler {

inline constexpr unsigned kSpirvMajor = 1, kLastSpirvMinor = 6;  // all from 1.0 on

// The words of a module that begins as SPIR-V of a version that we read and is a sequence of instructions.
// kInvalidArgument says what is wrong. What the instructions mean is the validator's business.
Result<Words> read_words(std::span<const std::byte> bytes);

// One sentence for each thing that the module needs and a device with these features has not; `features` are
// names of extensions and feature macros, separated by spaces. Empty when it has all.
std::vector<std::string> missing_requirements(std::span<const std::uint32_t> words,
                                              std::string_view features);

// What a device with these features takes (cl_khr_spirv_queries).
std::vector<std::uint32_t> spirv_capabilities(std::string_view features);
std::vector<const char*> spirv_extensions(std::string_view features);
std::vector<const char*> spirv_instruction_sets();

}  // namespace kiesel::compiler
