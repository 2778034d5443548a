// SPIR-V to a program binary: kernel table, builtins, optimisation, SIMT lowering, RISC-V code, link.
// One build per process: the linker at the end leaves global state behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "compiler/backend/stages.hpp"
#include "compiler/frontend/options.hpp"
#include "compiler/program/program.hpp"
#include "device/isa/target.hpp"
#include "support/result.hpp"

namespace kiesel::compiler {

// The error is text for the build log.
using BackendResult = Result<std::vector<std::byte>, std::string>;

// What a program binary is made of.
struct Ingredients {
  std::span<const std::uint32_t> words;  // have passed check_spirv()
  const isa::Target& target;
  const BuildOptions& options;
  std::string_view source;  // kept in the binary when built with -g
};

// The result is sealed.
BackendResult make_program(const Ingredients& ingredients, Stages& stages);

// A program binary that holds SPIR-V only: compiled, or a library.
std::vector<std::byte> make_unlinked(const Ingredients& ingredients);

}  // namespace kiesel::compiler
