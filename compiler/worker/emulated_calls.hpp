// System calls that the sandbox stops and this process answers for itself.
#pragma once

namespace kiesel::compiler {

// Opening and asking after a descriptor by a name: lld opens its inputs, which are memory, as
// /proc/self/fd/N, and some C libraries make fstat() of newfstatat(). Those work without a file system; all
// others are EPERM. False for processors whose registers are not known.
bool emulate_calls();

}  // namespace kiesel::compiler
