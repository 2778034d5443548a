// C++ for OpenCL: variables that would need code to run before the first kernel. Nothing runs it.
#pragma once

#include <string>

namespace llvm {
class Module;
}

namespace kiesel::compiler {

// A line for the log for each such variable; empty when there is none.
std::string run_time_initialisers(const llvm::Module& module);

}  // namespace kiesel::compiler
