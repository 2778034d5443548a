// `kiesel conformance`: runs the Khronos OpenCL-CTS that the user has built, and judges the results.
#pragma once

#include <CLI/CLI.hpp>

namespace kiesel::tools {

// Adds the command; its return value is set in `exit_code` when it has run: 0 as expected, 1 not, 2 could not
// run.
void add_conformance(CLI::App& app, int& exit_code);

}  // namespace kiesel::tools
