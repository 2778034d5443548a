// `kiesel compile`, as far as it is not the compiler's own work.
#pragma once

#include <string>
#include <vector>

#include "support/result.hpp"

namespace kiesel::tools {

// The arguments with which the compiler starts. It opens no plug-in: where one is to be compiled for, the
// device is opened here, and the argument `--device` names a file with its target.
Result<std::vector<std::string>> compiler_arguments(std::vector<std::string> arguments);

}  // namespace kiesel::tools
