// `kiesel device-test`: what a device promises, checked, as a report for whoever brings it up.
#pragma once

#include <CLI/CLI.hpp>

namespace kiesel::tools {

void add_device_test(CLI::App& app, int& exit_code);

}  // namespace kiesel::tools
