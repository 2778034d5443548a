// Clang's opencl-c-base.h, carried along so that no file of a Clang installation is needed to build a
// program.
#pragma once

#include <string_view>

namespace kiesel::compiler {

inline constexpr const char* kBaseHeaderFolder = "/kiesel/include";
std::string_view base_header();

}  // namespace kiesel::compiler
