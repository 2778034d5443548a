// Locks that lanes of one warp take.
#pragma once

namespace llvm {
class Module;
}

namespace kiesel::compiler {

// Marks atomic operations whose results are used, so that no pass makes a first try in front of a loop out of
// the loop's: lanes that succeed there would wait for those that go on trying (simt/hold_locks.cpp). The mark
// is assembly without an instruction; as it is convergent, it is not copied with what branches around it do.
void keep_tries_single(llvm::Module& module);

}  // namespace kiesel::compiler
