// `kiesel replay`: the launches of a capture again, on any device, and what is not as it was.
#pragma once

#include <CLI/CLI.hpp>

namespace kiesel::tools {

// Its return value is set in `exit_code` when it has run: 0 the same, 1 different, 2 could not run.
void add_replay(CLI::App& app, int& exit_code);

}  // namespace kiesel::tools
