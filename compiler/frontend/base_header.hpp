// Clang's opencl-c-base.h, carried along so that no file of a Clang installation is needed to build a
// program; beside it declarations that it lacks.
#pragma once

#include <string_view>

namespace kiesel::compiler {

inline constexpr const char* kBaseHeaderFolder = "/kiesel/include";
inline constexpr const char* kBaseHeader = "/kiesel/include/opencl-c-base.h";
inline constexpr const char* kNewerBuiltins = "/kiesel/include/newer_builtins.h";
std::string_view base_header();
std::string_view newer_builtins();  // ours: what extensions declare

}  // namespace kiesel::compiler
