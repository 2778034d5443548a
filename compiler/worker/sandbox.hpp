// Limits of a build process.
#pragma once

#include <cstdint>

namespace kiesel::compiler {

// Processor seconds and memory on top of what the process has now; no core file.
void set_limits(std::uint32_t seconds, std::uint32_t mib);

// From here on this process cannot open sockets, start programs, look into others or, unless `may_write`,
// change files. Best effort: a system without seccomp still has the limits.
void enter_sandbox(bool may_write);

}  // namespace kiesel::compiler
