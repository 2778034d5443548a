// Notes of synchronisation for whoever checks what kernels do (device/isa/note.hpp).
#pragma once

namespace llvm {
class Module;
}

namespace kiesel::compiler {

// A note before each call of a barrier, a fence, an atomic or a collective function of sub-groups; before
// builtins are linked, so that their own ones have none.
void note_synchronisation(llvm::Module& module);

}  // namespace kiesel::compiler
