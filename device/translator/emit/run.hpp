// Runs: accesses to memory with few other instructions between them. The first copy of a run asks for each
// group of accesses once and has no branches else, so that LLVM sees all of it as one; where an answer is no,
// the second copy goes on, whose accesses are the interpreter's.
#pragma once

#include "device/translator/emit/cursor.hpp"

namespace kiesel::translator {

struct Run {
  std::size_t first, end;  // items of the block
};
std::vector<Run> find_runs(const Cursor& here);  // of its block
void emit_run(Cursor& here, const Run& run);     // moves the item behind it

}  // namespace kiesel::translator
