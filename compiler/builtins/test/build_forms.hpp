// Builds many small pieces of OpenCL C and says which ones do not build.
#pragma once

#include <string>
#include <vector>

#include "device/isa/target.hpp"

namespace kiesel::compiler::builtins::test {

// The device as it is, and one without optional extensions.
struct NamedTarget {
  const char* name;
  isa::Target target;
};
const std::vector<NamedTarget>& build_targets();

// Each piece is a kernel named KERNEL, or definitions with one. Those that fail, with their logs; empty when
// all build.
std::string build_failures(const std::vector<std::string>& pieces, const isa::Target& target);

// Every `step`th, from the `first` on.
std::vector<std::string> every(std::size_t step, std::size_t first, const std::vector<std::string>& pieces);

}  // namespace kiesel::compiler::builtins::test
