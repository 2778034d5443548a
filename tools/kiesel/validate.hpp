// `kiesel validate`: how far the cycle model is from hardware, or from its RTL.
#pragma once

#include <CLI/CLI.hpp>

namespace kiesel::tools {

// Its return value is set in `exit_code` when it has run: 0 within the limit, 1 not, 2 could not run.
void add_validate(CLI::App& app, int& exit_code);

}  // namespace kiesel::tools
