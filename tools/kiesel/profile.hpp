// `kiesel profile`: where an application's or a capture's time goes on a device; `kiesel compare`: what
// differs between profiles.
#pragma once

#include <CLI/CLI.hpp>

namespace kiesel::tools {

void add_profile(CLI::App& app, int& exit_code);
void add_compare(CLI::App& app, int& exit_code);

}  // namespace kiesel::tools
