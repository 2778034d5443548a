// `kiesel sweep`: a plan's workloads on a plan's designs, on this computer or a cluster, and what comes of
// it.
#pragma once

#include <CLI/CLI.hpp>

namespace kiesel::tools {

// Its return value is set in `exit_code` when it has run: 0 all runs are done, 1 some failed, 2 it could not
// do its work or was stopped.
void add_sweep(CLI::App& app, int& exit_code);

}  // namespace kiesel::tools
