// Landlock: what the kernel keeps from a process, by object and not by call.
#pragma once

namespace kiesel::compiler {

// From here on this process opens, changes, makes and runs no file of any folder, and as far as the kernel
// knows how: uses no network, and signals nobody. False where the kernel has no Landlock.
bool forbid_files();

}  // namespace kiesel::compiler
