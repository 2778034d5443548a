// `kiesel doctor`: finds what is wrong with an installation and says how to mend it.
#pragma once

#include <CLI/CLI.hpp>

namespace kiesel::tools {

// Adds the command; its return value is set in `exit_code` when it has run: 0 without an error, else 1.
void add_doctor(CLI::App& app, int& exit_code);

}  // namespace kiesel::tools
