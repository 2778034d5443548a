#include <llvm/IR/Module.h>

#include "compiler/spirv/passes.hpp"

namespace kiesel::compiler {

void drop_loop_hints(llvm::Module& module) {
  for (auto& function : module)
    for (auto& block : function)
      if (auto* branch = block.getTerminator()) branch->setMetadata("llvm.loop", nullptr);
}

}  // namespace kiesel::compiler
