// Other programs: applications that run on this driver, whatever the loader would offer it otherwise.
#pragma once

#include <string>
#include <vector>

#include "support/result.hpp"

namespace kiesel::tools {

// Lets loaders find this installation's driver and no other.
Status use_this_driver();

// In place of this program; returns when it cannot be started.
Error become(const std::vector<std::string>& words);
// Beside this program, to its end: its exit status, 128 and the signal's number when one ended it.
Result<int> run_application(const std::vector<std::string>& words);
// What a program writes to its standard output. kNotFound, kCrashed when it does not end with 0.
Result<std::string> output_of(const std::vector<std::string>& words);

}  // namespace kiesel::tools
