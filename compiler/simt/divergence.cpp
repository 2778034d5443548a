#include "compiler/simt/divergence.hpp"

#include <llvm/Analysis/TargetTransformInfoImpl.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/IntrinsicInst.h>

#include "compiler/simt/asm_text.hpp"
#include "device/isa/csr.hpp"

namespace kiesel::simt {
namespace {

bool is_asm_divergent(const llvm::InlineAsm& code) {
  const AsmText text = classify(code);
  if (text.kind == AsmKind::kCsrRead) return isa::csr_is_divergent(text.csr);
  return text.kind == AsmKind::kOther;
}

bool is_call_divergent(const llvm::CallBase& call) {
  if (call.getType()->isVoidTy()) return false;
  if (const auto* code = llvm::dyn_cast<llvm::InlineAsm>(call.getCalledOperand()))
    return is_asm_divergent(*code);
  if (llvm::isa<llvm::IntrinsicInst>(call)) return call.mayReadOrWriteMemory();
  return true;
}

bool has_undefined_input(const llvm::PHINode& phi) {
  return llvm::any_of(phi.incoming_values(),
                      [](const llvm::Use& use) { return llvm::isa<llvm::UndefValue>(use); });
}

bool is_source(const llvm::Value& value) {
  // An argument of a function that is called, and what a call returns, may be anything.
  if (llvm::isa<llvm::Argument>(value)) return true;
  // Each lane sees its own bytes behind a private address: all that is loaded through one is then divergent
  // by data flow, however the address travels (phi, select, arithmetic, another private variable).
  if (llvm::isa<llvm::AllocaInst>(value)) return true;
  // Lanes are served one after another, and somebody else may write in between.
  if (const auto* load = llvm::dyn_cast<llvm::LoadInst>(&value)) return !load->isSimple();
  if (llvm::isa<llvm::AtomicRMWInst>(value) || llvm::isa<llvm::AtomicCmpXchgInst>(value)) return true;
  if (llvm::isa<llvm::VAArgInst>(value)) return true;
  // LLVM takes phi(x, undef) for x. In lanes that came along the undefined edge the register holds garbage,
  // and lanes must agree even where the program does not care.
  if (const auto* phi = llvm::dyn_cast<llvm::PHINode>(&value)) return has_undefined_input(*phi);
  if (const auto* call = llvm::dyn_cast<llvm::CallBase>(&value)) return is_call_divergent(*call);
  return false;
}

class SimtInfo final : public llvm::TargetTransformInfoImplCRTPBase<SimtInfo> {
  using Base = llvm::TargetTransformInfoImplCRTPBase<SimtInfo>;

 public:
  SimtInfo(const llvm::DataLayout& layout, bool all) : Base(layout), all_(all) {}

  // The names are LLVM's.
  bool hasBranchDivergence() const { return true; }
  bool useGPUDivergenceAnalysis() const { return true; }
  bool isSourceOfDivergence(const llvm::Value* value) const { return all_ || is_source(*value); }
  bool isAlwaysUniform(const llvm::Value* value) const {
    const auto* call = llvm::dyn_cast<llvm::CallBase>(value);
    const auto* code = call ? llvm::dyn_cast<llvm::InlineAsm>(call->getCalledOperand()) : nullptr;
    return code && classify(*code).kind == AsmKind::kVote && !all_;
  }

 private:
  bool all_;  // every value counts as divergent
};

}  // namespace

llvm::ImmutablePass* create_divergence_info() {
  return new llvm::TargetTransformInfoWrapperPass(llvm::TargetIRAnalysis([](const llvm::Function& function) {
    return llvm::TargetTransformInfo(
        SimtInfo(function.getParent()->getDataLayout(), guards_every_branch(function)));
  }));
}

}  // namespace kiesel::simt
