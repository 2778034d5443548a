// LLVM's code in huge pages.
#pragma once

namespace kiesel::compiler {

// Copies the code of the large libraries into huge pages of this process, at the addresses where it is. A
// forked process finds it in its page tables then; of a file it would fault on every 64 KiB that a build runs
// through (some 900 faults, a quarter of a small build). Costs 90 MiB of memory and, once, some 100 ms: for a process that
// will fork often. Nothing happens on systems without huge pages. Call it from the only thread, outside of
// those libraries.
void move_code_to_huge_pages();

}  // namespace kiesel::compiler
