#include <llvm/ADT/PostOrderIterator.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/Module.h>

#include <set>
#include <vector>

#include "compiler/spirv/passes.hpp"

namespace kiesel::compiler {
namespace {

// Whether each block stands behind the one that all ways to it lead through.
bool in_order(llvm::Function& function) {
  const llvm::DominatorTree dominators(function);
  std::set<const llvm::BasicBlock*> seen;
  for (auto& block : function) {
    const auto* node = dominators.getNode(&block);
    if (node && node->getIDom() && !seen.contains(node->getIDom()->getBlock())) return false;
    seen.insert(&block);
  }
  return true;
}

}  // namespace

void order_blocks(llvm::Module& module) {
  for (auto& function : module) {
    if (function.isDeclaration() || in_order(function)) continue;
    const llvm::ReversePostOrderTraversal<llvm::Function*> order(&function);
    llvm::BasicBlock* last = nullptr;
    for (auto* block : order) {
      if (last) block->moveAfter(last);
      last = block;
    }
  }
}

}  // namespace kiesel::compiler
