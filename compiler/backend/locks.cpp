#include "compiler/backend/locks.hpp"

#include <llvm/ADT/Any.h>
#include <llvm/ADT/STLExtras.h>
#include <llvm/Analysis/LoopInfo.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/PassInstrumentation.h>
#include <llvm/Passes/PassBuilder.h>

namespace kiesel::compiler {
namespace {

const llvm::InlineAsm* assembly_of(const llvm::Instruction& instruction) {
  const auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction);
  return call ? llvm::dyn_cast<llvm::InlineAsm>(call->getCalledOperand()) : nullptr;
}

// Exchanges of the builtins are assembly that touches memory.
bool is_atomic(const llvm::Instruction& instruction) {
  const auto* assembly = assembly_of(instruction);
  return llvm::isa<llvm::AtomicCmpXchgInst, llvm::AtomicRMWInst>(instruction) ||
         (assembly && llvm::StringRef(assembly->getConstraintString()).contains("~{memory}"));
}

bool looks_at_atomics(const llvm::BasicBlock& block) {
  return llvm::any_of(block, [](const llvm::Instruction& instruction) {
    return is_atomic(instruction) && !instruction.use_empty();
  });
}

bool is_mark(const llvm::Instruction& instruction) {
  const auto* assembly = assembly_of(instruction);
  return assembly && assembly->getAsmString().empty() &&
         llvm::cast<llvm::CallInst>(instruction).isConvergent();
}

// Assembly without an instruction. As it is convergent, no pass makes a second copy of its block, for those
// who come with the flag set.
bool mark(llvm::BasicBlock& block) {
  if (llvm::any_of(block, is_mark)) return false;
  llvm::IRBuilder<> builder(block.getTerminator());
  auto* type = llvm::FunctionType::get(builder.getVoidTy(), false);
  auto* call = builder.CreateCall(llvm::InlineAsm::get(type, "", "", /*hasSideEffects=*/true));
  call->addFnAttr(llvm::Attribute::Convergent);
  call->addFnAttr(llvm::Attribute::NoUnwind);
  return true;
}

// Whether a condition may be a flag: some way through the loop sets what it is made of to a constant.
// Counters are none, so that their loops may still be turned round.
class Flag {
 public:
  explicit Flag(const llvm::Loop& loop) : loop_(loop) {}

  bool decides(const llvm::Value* value) {
    const auto* instruction = llvm::dyn_cast<llvm::Instruction>(value);
    if (!instruction || !loop_.contains(instruction) || !seen_.insert(instruction).second) return false;
    if (const auto* phi = llvm::dyn_cast<llvm::PHINode>(instruction))
      return llvm::any_of(phi->blocks(), [&](const llvm::BasicBlock* from) {
        const auto* incoming = phi->getIncomingValueForBlock(from);
        return loop_.contains(from) && (llvm::isa<llvm::Constant>(incoming) || decides(incoming));
      });
    const bool logic =
        llvm::isa<llvm::CmpInst, llvm::CastInst, llvm::FreezeInst, llvm::SelectInst>(instruction) ||
        instruction->isBitwiseLogicOp();
    return logic &&
           llvm::any_of(instruction->operands(), [&](const auto& operand) { return decides(operand); });
  }

 private:
  const llvm::Loop& loop_;
  llvm::SmallPtrSet<const llvm::Instruction*, 8> seen_;
};

bool is_left_by_flag(const llvm::Loop& loop, const llvm::BasicBlock& exiting) {
  const auto* branch = llvm::dyn_cast<llvm::BranchInst>(exiting.getTerminator());
  return branch && branch->isConditional() && Flag(loop).decides(branch->getCondition());
}

struct MarkExits : llvm::PassInfoMixin<MarkExits> {
  llvm::PreservedAnalyses run(llvm::Function& function, llvm::FunctionAnalysisManager& analyses) {
    if (llvm::none_of(function, looks_at_atomics)) return llvm::PreservedAnalyses::all();
    bool changed = false;
    for (const auto* loop : analyses.getResult<llvm::LoopAnalysis>(function).getLoopsInPreorder()) {
      if (llvm::none_of(loop->blocks(), [](const auto* block) { return looks_at_atomics(*block); })) continue;
      llvm::SmallVector<llvm::BasicBlock*> exiting;
      loop->getExitingBlocks(exiting);
      for (auto* block : exiting)
        if (is_left_by_flag(*loop, *block)) changed |= mark(*block);
    }
    return changed ? llvm::PreservedAnalyses::none() : llvm::PreservedAnalyses::all();
  }
};

}  // namespace

void keep_locks_in_loops(llvm::PassBuilder& builder, llvm::PassInstrumentationCallbacks& callbacks) {
  callbacks.registerShouldRunOptionalPassCallback([](llvm::StringRef pass, llvm::Any ir) {
    return pass != "JumpThreadingPass" ||
           llvm::none_of(*llvm::any_cast<const llvm::Function*>(ir), looks_at_atomics);
  });
  // Only from then on flags are conditions, which branches of more passes follow.
  builder.registerPeepholeEPCallback(
      [](llvm::FunctionPassManager& passes, llvm::OptimizationLevel) { passes.addPass(MarkExits()); });
}

}  // namespace kiesel::compiler
