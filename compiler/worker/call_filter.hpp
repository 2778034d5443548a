// seccomp: the system calls of a compiler, and no others.
#pragma once

namespace kiesel::compiler {

// From here on a call that is not in the list, or not with such arguments, fails with EPERM: a library that
// tries something optional goes on without it, and one that insists says so in its own words. A call by
// another architecture's numbers (32 bits, x32) is nothing that a library does: it ends the process. False
// where the kernel has no seccomp, or the list is not known for this processor.
bool filter_calls();

}  // namespace kiesel::compiler
