// Limits of a build process.
#pragma once

#include <cstdint>
#include <span>

#include "compiler/client/client.hpp"

namespace kiesel::compiler {

// Processor seconds and memory on top of what the process has now; no core file.
void set_limits(std::uint32_t seconds, std::uint32_t mib);

// Closes all others.
void keep_descriptors(std::span<const int> kept);

// From here on this process computes: the only system calls that it makes are those of a compiler, and none
// of them opens a file by name, makes a socket, starts a program, makes memory executable or reaches another
// process. Descriptors that it holds go on working. Returns what the system gave.
Confinement enter_sandbox();

}  // namespace kiesel::compiler
