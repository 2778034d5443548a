#include "compiler/backend/long_blocks.hpp"

#include <llvm/ADT/STLExtras.h>
#include <llvm/CodeGen/Passes.h>
#include <llvm/CodeGen/TargetPassConfig.h>
#include <llvm/IR/Function.h>
#include <llvm/IR/Instructions.h>
#include <llvm/Pass.h>

#include <memory>
#include <vector>

namespace kiesel::compiler {
namespace {

constexpr unsigned kLength = 1000;  // of each part, in instructions

class SplitLongBlocks final : public llvm::FunctionPass {
 public:
  static char ID;
  SplitLongBlocks() : FunctionPass(ID) {}
  llvm::StringRef getPassName() const override { return "Split long blocks"; }
  bool runOnFunction(llvm::Function& function) override {
    std::vector<llvm::BasicBlock*> blocks;
    for (auto& block : function) blocks.push_back(&block);
    bool changed = false;
    for (auto* block : blocks) changed |= split(*block);
    return changed;
  }

 private:
  // From the end on, so that each instruction moves once. The last part is none of the short ones: guards
  // stay with their branches (simt/insert_masks.cpp).
  static bool split(llvm::BasicBlock& block) {
    std::vector<llvm::Instruction*> ends;
    unsigned length = 0;
    for (auto& instruction : llvm::make_range(block.getFirstInsertionPt(), block.end()))
      if (++length % kLength == 0) ends.push_back(&instruction);
    if (ends.size() < 2) return false;
    ends.pop_back();
    for (auto* end : llvm::reverse(ends)) block.splitBasicBlock(end);
    return true;
  }
};
char SplitLongBlocks::ID = 0;

}  // namespace

void split_long_blocks(llvm::TargetPassConfig& config) {
  const std::unique_ptr<llvm::Pass> preparation(llvm::createCodeGenPreparePass());
  config.insertPass(preparation->getPassID(), new SplitLongBlocks);
}

}  // namespace kiesel::compiler
