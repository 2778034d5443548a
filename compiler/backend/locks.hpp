// Locks that lanes of one warp take.
#pragma once

namespace llvm {
class PassBuilder;
class PassInstrumentationCallbacks;
}  // namespace llvm

namespace kiesel::compiler {

// In
//   while (!done) if (try_lock()) { ...; unlock(); done = true; }
// LLVM finds that the flag ends the loop, and takes what is done under the lock out of it. But behind the
// loop a lane waits for the others, which wait for the lock. Keeps passes from that, in functions where
// something depends on what an atomic operation found.
void keep_locks_in_loops(llvm::PassBuilder& builder, llvm::PassInstrumentationCallbacks& callbacks);

}  // namespace kiesel::compiler
