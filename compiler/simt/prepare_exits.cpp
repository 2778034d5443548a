// Gives each function one return that every block can reach.
//
// Two sides of a divergent branch need a place to meet. Several returns, code that ends in `unreachable` and
// loops without end have none, so: returns become branches to one return, `unreachable` becomes one too (it
// may do anything), and an endless loop gets an exit that is never taken.
#include <llvm/ADT/SCCIterator.h>
#include <llvm/IR/CFG.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/Pass.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>
#include <llvm/Transforms/Utils/Local.h>

#include "compiler/simt/asm_text.hpp"
#include "compiler/simt/passes.hpp"

namespace kiesel::simt {
namespace {

using llvm::BasicBlock;
using llvm::BranchInst;
using llvm::Constant;

struct Exit {
  BasicBlock* block;
  llvm::PHINode* result;  // null: the function returns nothing

  void add(BasicBlock* from, llvm::Value* value) const {
    if (result) result->addIncoming(value ? value : Constant::getNullValue(result->getType()), from);
  }
};

Exit make_exit(llvm::Function& function) {
  auto& context = function.getContext();
  auto* block = BasicBlock::Create(context, "exit", &function);
  llvm::Type* type = function.getReturnType();
  if (type->isVoidTy()) {
    llvm::ReturnInst::Create(context, block);
    return {block, nullptr};
  }
  auto* result = llvm::PHINode::Create(type, 2, "result", block);
  llvm::ReturnInst::Create(context, result, block);
  return {block, result};
}

bool can_end(llvm::ArrayRef<BasicBlock*> component, const BasicBlock* exit) {
  for (BasicBlock* block : component) {
    if (block == exit) return true;
    for (BasicBlock* next : successors(block))
      if (!llvm::is_contained(component, next)) return true;
  }
  return false;
}

// The first component from which nothing leaves, or none.
std::vector<BasicBlock*> endless_component(llvm::Function& function, const BasicBlock* exit) {
  for (auto it = llvm::scc_begin(&function); !it.isAtEnd(); ++it)
    if (!can_end(*it, exit)) return *it;
  return {};
}

void open_endless_loops(llvm::Function& function, const Exit& exit) {
  for (auto loop = endless_component(function, exit.block); !loop.empty();
       loop = endless_component(function, exit.block)) {
    BasicBlock* from = loop.front();
    llvm::Instruction* jump = from->getTerminator();
    BasicBlock* to = jump->getSuccessor(0);
    BasicBlock* middle = llvm::SplitEdge(from, to);
    middle->getTerminator()->eraseFromParent();
    // Opaque: structurizing folds a branch on a constant, and the way out would be gone again.
    llvm::IRBuilder<> at(middle);
    at.CreateCondBr(at.CreateICmpNE(emit_opaque(at, at.getInt64(1)), at.getInt64(0)), to, exit.block);
    exit.add(middle, nullptr);
  }
}

// Freezing a value that is nothing at all would leave a register as it happens to be, in each lane
// differently.
void define_frozen(llvm::Function& function) {
  for (llvm::Instruction& instruction : llvm::make_early_inc_range(llvm::instructions(function)))
    if (auto* freeze = llvm::dyn_cast<llvm::FreezeInst>(&instruction))
      if (llvm::isa<llvm::UndefValue>(freeze->getOperand(0))) {
        freeze->replaceAllUsesWith(Constant::getNullValue(freeze->getType()));
        freeze->eraseFromParent();
      }
}

class PrepareExits final : public llvm::FunctionPass {
 public:
  static char ID;
  PrepareExits() : FunctionPass(ID) {}

  bool runOnFunction(llvm::Function& function) override {
    llvm::removeUnreachableBlocks(function);
    define_frozen(function);
    std::vector<BasicBlock*> ends;
    for (BasicBlock& block : function)
      if (successors(&block).empty()) ends.push_back(&block);
    const Exit exit = make_exit(function);
    for (BasicBlock* end : ends) {
      auto* back = llvm::dyn_cast<llvm::ReturnInst>(end->getTerminator());
      exit.add(end, back ? back->getReturnValue() : nullptr);
      end->getTerminator()->eraseFromParent();
      BranchInst::Create(exit.block, end);
    }
    open_endless_loops(function, exit);
    return true;
  }
};
char PrepareExits::ID = 0;

}  // namespace

llvm::FunctionPass* create_prepare_exits() { return new PrepareExits; }

}  // namespace kiesel::simt
