// `kiesel run` and `kiesel capture`: an application on this driver, and a record of its launches.
#pragma once

#include <CLI/CLI.hpp>

namespace kiesel::tools {

void add_run(CLI::App& app, int& exit_code);
void add_capture(CLI::App& app, int& exit_code);

}  // namespace kiesel::tools
