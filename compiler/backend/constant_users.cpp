#include <llvm/IR/Constants.h>
#include <llvm/IR/Instructions.h>

#include "compiler/backend/lower_memory.hpp"

namespace kiesel::compiler {
namespace {

// Where a use's value must exist: a phi's operand at the end of the block it comes from.
llvm::Instruction* place_of(llvm::Use& use) {
  auto* user = llvm::cast<llvm::Instruction>(use.getUser());
  if (auto* phi = llvm::dyn_cast<llvm::PHINode>(user)) return phi->getIncomingBlock(use)->getTerminator();
  return user;
}

// A phi names one value per predecessor, even when an edge is there twice.
void replace_use(llvm::Use& use, llvm::Value& value) {
  if (auto* phi = llvm::dyn_cast<llvm::PHINode>(use.getUser()))
    phi->setIncomingValueForBlock(phi->getIncomingBlock(use), &value);
  else
    use.set(&value);
}

void expand(llvm::ConstantExpr& expression) {
  expand_constant_users(expression);
  while (!expression.use_empty()) {
    auto& use = *expression.use_begin();
    if (!llvm::isa<llvm::Instruction>(use.getUser())) return;  // of a global's initialiser: stays
    auto* instruction = expression.getAsInstruction(place_of(use));
    replace_use(use, *instruction);
  }
}

}  // namespace

void expand_constant_users(llvm::Constant& constant) {
  std::vector<llvm::ConstantExpr*> expressions;
  std::vector<llvm::ConstantAggregate*> aggregates;
  for (auto* user : constant.users())
    if (auto* expression = llvm::dyn_cast<llvm::ConstantExpr>(user)) expressions.push_back(expression);
  for (auto* expression : expressions) expand(*expression);
  constant.removeDeadConstantUsers();
}

}  // namespace kiesel::compiler
