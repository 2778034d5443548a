// What C leaves undefined and the specification defines: sums that leave their type's range wrap, the count
// of zeros of 0 is the width, a conversion out of range has some value. LLVM would otherwise assume that such
// arguments never come, and answer a comparison with the result by what it assumed.
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>

#include <vector>

#include "compiler/builtins/pack/pack.hpp"

namespace kiesel::compiler::builtins {
namespace {

// Their last argument is whether the special case gives nothing.
bool has_special_case(llvm::Intrinsic::ID intrinsic) {
  return intrinsic == llvm::Intrinsic::abs || intrinsic == llvm::Intrinsic::ctlz ||
         intrinsic == llvm::Intrinsic::cttz;
}

void define_special_case(llvm::IntrinsicInst& call) {
  if (has_special_case(call.getIntrinsicID()))
    call.setArgOperand(1, llvm::ConstantInt::getFalse(call.getContext()));
}

// No assumption about a value, and none about what types of memory may be the same.
void drop_assumptions(llvm::Instruction& instruction) {
  instruction.dropPoisonGeneratingFlags();
  instruction.dropUnknownNonDebugMetadata({llvm::LLVMContext::MD_invariant_load, llvm::LLVMContext::MD_loop});
}

void freeze(llvm::Instruction& conversion) {
  llvm::IRBuilder<> behind(conversion.getNextNode());
  auto* frozen = llvm::cast<llvm::Instruction>(behind.CreateFreeze(&conversion));
  conversion.replaceUsesWithIf(frozen, [&](const llvm::Use& use) { return use.getUser() != frozen; });
}

}  // namespace

void define_values(llvm::Module& module) {
  std::vector<llvm::Instruction*> conversions, assumptions;
  for (llvm::Function& function : module)
    for (llvm::Instruction& instruction : llvm::instructions(function)) {
      drop_assumptions(instruction);
      if (llvm::isa<llvm::FPToSIInst, llvm::FPToUIInst>(instruction)) conversions.push_back(&instruction);
      if (llvm::isa<llvm::AssumeInst>(instruction)) assumptions.push_back(&instruction);
      if (auto* call = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction)) define_special_case(*call);
    }
  for (llvm::Instruction* conversion : conversions) freeze(*conversion);
  for (llvm::Instruction* assumption : assumptions) assumption->eraseFromParent();
}

}  // namespace kiesel::compiler::builtins
