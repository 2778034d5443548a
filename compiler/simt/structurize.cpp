// Brings functions whose divergent control flow has no guardable shape into one: irreducible loops get one
// header, loops one exit, regions an order in which each block is entered once. Functions that are fine as
// written are left alone, because the rewriting costs instructions.
#include <llvm/Analysis/LegacyDivergenceAnalysis.h>
#include <llvm/Analysis/LoopInfo.h>
#include <llvm/Analysis/PostDominators.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/Pass.h>
#include <llvm/Transforms/Scalar.h>
#include <llvm/Transforms/Utils.h>

#include "compiler/simt/divergence.hpp"
#include "compiler/simt/passes.hpp"
#include "compiler/simt/structure.hpp"

namespace kiesel::simt {
namespace {

class Structurize final : public llvm::FunctionPass {
 public:
  static char ID;
  Structurize() : FunctionPass(ID) {}

  void getAnalysisUsage(llvm::AnalysisUsage& usage) const override {
    usage.addRequired<llvm::LegacyDivergenceAnalysis>();
    usage.addRequired<llvm::DominatorTreeWrapperPass>();
    usage.addRequired<llvm::PostDominatorTreeWrapperPass>();
    usage.addRequired<llvm::LoopInfoWrapperPass>();
  }

  bool runOnFunction(llvm::Function& function) override {
    const Plan plan = make_plan(function, getAnalysis<llvm::LegacyDivergenceAnalysis>(),
                                getAnalysis<llvm::DominatorTreeWrapperPass>().getDomTree(),
                                getAnalysis<llvm::PostDominatorTreeWrapperPass>().getPostDomTree(),
                                getAnalysis<llvm::LoopInfoWrapperPass>().getLoopInfo());
    if (plan.structured()) return false;
    rewrite(function);
    return true;
  }

 private:
  void rewrite(llvm::Function& function) {
    llvm::legacy::FunctionPassManager passes(function.getParent());
    passes.add(create_divergence_info());
    passes.add(llvm::createLoopSimplifyPass());
    passes.add(llvm::createUnifyLoopExitsPass());
    passes.add(llvm::createStructurizeCFGPass(/*SkipUniformRegions=*/true));
    passes.add(create_thread_flow());
    passes.add(llvm::createLoopSimplifyPass());
    passes.doInitialization();
    passes.run(function);
    passes.doFinalization();
  }
};
char Structurize::ID = 0;

}  // namespace

llvm::FunctionPass* create_structurize() { return new Structurize; }

}  // namespace kiesel::simt
