// The processes of the stress, from outside.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace kiesel::stress {

// This program again, with other arguments.
pid_t start_self(const std::vector<std::string>& arguments);
std::vector<pid_t> children_of(pid_t process);
// How a child has ended, or -1 while it runs.
int ended(pid_t child);

}  // namespace kiesel::stress
