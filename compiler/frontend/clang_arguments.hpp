// The command line that Clang gets for a program.
#pragma once

#include <string>
#include <vector>

#include "compiler/client/client.hpp"
#include "compiler/frontend/options.hpp"

namespace kiesel::compiler {

std::vector<std::string> clang_arguments(const Request& request, const BuildOptions& options);

}  // namespace kiesel::compiler
