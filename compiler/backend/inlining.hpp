// Which functions stay functions.
#pragma once

namespace llvm {
class Module;
}

namespace kiesel::compiler {

// Everything is inlined, as a call costs every lane its registers; but a function with much code that would
// be copied often is called instead, so that no program grows without bound. Needs a module without recursion
// whose functions are marked alwaysinline.
void limit_inlining(llvm::Module& module);

}  // namespace kiesel::compiler
