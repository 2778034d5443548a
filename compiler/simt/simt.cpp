#include "compiler/simt/simt.hpp"

#include <llvm/CodeGen/MachineFunctionPass.h>
#include <llvm/CodeGen/Passes.h>
#include <llvm/CodeGen/SelectionDAGISel.h>
#include <llvm/CodeGen/TargetPassConfig.h>
#include <llvm/IR/Function.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/InitializePasses.h>
#include <llvm/PassRegistry.h>
#include <llvm/Transforms/Scalar.h>
#include <llvm/Transforms/Utils.h>

#include "compiler/simt/divergence.hpp"
#include "compiler/simt/passes.hpp"

namespace kiesel::simt {
namespace {

constexpr char kGuardAll[] = "kiesel-guard-every-branch";

// Passes ask for analyses by identity; the registry must know those first.
void register_passes() {
  auto& registry = *llvm::PassRegistry::getPassRegistry();
  llvm::initializeCore(registry);
  llvm::initializeAnalysis(registry);
  llvm::initializeTransformUtils(registry);
  llvm::initializeScalarOpts(registry);
}

}  // namespace

void guard_every_branch(llvm::Function& function) { function.addFnAttr(kGuardAll); }
bool guards_every_branch(const llvm::Function& function) { return function.hasFnAttribute(kGuardAll); }

void add_ir_passes(llvm::legacy::PassManagerBase& passes, const isa::Target& target, Errors& errors) {
  register_passes();
  passes.add(create_divergence_info());
  if (target.lanes > 1) {
    passes.add(llvm::createLowerSwitchPass());
    passes.add(create_prepare_exits());
    passes.add(llvm::createLoopSimplifyPass());
    passes.add(llvm::createFixIrreduciblePass());
    passes.add(llvm::createLoopSimplifyPass());
    passes.add(create_hold_locks());
  }
  passes.add(create_expand_atomics(target));
  passes.add(create_expand_division());
  if (target.lanes == 1) {
    passes.add(create_remove_selects(target));
    return;
  }
  passes.add(llvm::createLoopSimplifyPass());
  passes.add(create_structurize());
  passes.add(create_flatten());
  passes.add(create_remove_selects(target));
  passes.add(create_insert_masks(errors));
}

// No pass has to go: the assembly of the lowering is convergent, not to be duplicated or merged, and passes
// that copy or merge code (tail duplication, branch folding, if-conversion, sinking) respect that. What they
// do in spite of it the checker finds. Without branch folding and block placement each branch would be two.
void configure(llvm::TargetPassConfig& config) {
  config.insertPass(&llvm::SelectionDAGISel::ID, create_expand_choices());
  config.insertPass(&llvm::StackMapLivenessID, create_sink_guards());
}

}  // namespace kiesel::simt
