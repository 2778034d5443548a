// The fork server: one process per build.
#pragma once

#include "compiler/worker/child.hpp"

namespace kiesel::compiler {

// Serves builds from the control socket until the client closes it. Returns the exit code of the program.
int serve(int control, BuildFunction build);

}  // namespace kiesel::compiler
