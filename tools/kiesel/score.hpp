// `kiesel score`: a suite of workloads on one design or several, and what limits each of them.
#pragma once

#include <CLI/CLI.hpp>

namespace kiesel::tools {

// Its return value is set in `exit_code` when it has run: 0 all workloads are done, 1 some failed, 2 it could
// not do its work or was stopped.
void add_score(CLI::App& app, int& exit_code);

}  // namespace kiesel::tools
