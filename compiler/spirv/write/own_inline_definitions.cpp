#include <llvm/IR/Module.h>

#include "compiler/spirv/passes.hpp"

namespace kiesel::compiler {

void own_inline_definitions(llvm::Module& module) {
  for (auto& function : module)
    if (function.hasAvailableExternallyLinkage()) function.setLinkage(llvm::GlobalValue::InternalLinkage);
}

}  // namespace kiesel::compiler
