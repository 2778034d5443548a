// kiesel check: what an application's kernels do wrong.
#pragma once

#include <CLI/CLI.hpp>

namespace kiesel::tools {

void add_check(CLI::App& app, int& exit_code);

}  // namespace kiesel::tools
