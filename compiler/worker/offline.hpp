// The command line of kiesel-compiler.
#pragma once

namespace kiesel::compiler {

// Returns the exit code: 0, 1 for a program that does not build, 2 for a wrong command line or a file that
// cannot be read or written.
int run_offline(int count, char** arguments);

}  // namespace kiesel::compiler
