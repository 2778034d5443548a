// The fork server: one process per build.
#pragma once

namespace kiesel::compiler {

// Serves builds from the control socket until the client closes it. Returns the exit code of the program.
int serve(int control);

}  // namespace kiesel::compiler
