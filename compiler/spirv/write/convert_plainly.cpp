#include <llvm/ADT/STLExtras.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/Module.h>

#include "compiler/spirv/passes.hpp"
#include "compiler/spirv/write/calls.hpp"

namespace kiesel::compiler {

void convert_plainly(llvm::Module& module) {
  for (auto& function : llvm::make_early_inc_range(module)) {
    const auto intrinsic = function.getIntrinsicID();
    const bool is_signed = intrinsic == llvm::Intrinsic::fptosi_sat;
    if (!is_signed && intrinsic != llvm::Intrinsic::fptoui_sat) continue;
    const auto operation = is_signed ? llvm::Instruction::FPToSI : llvm::Instruction::FPToUI;
    for (auto* call : calls_of(function)) {
      // Not by a builder, which would fold it.
      auto* plain = llvm::CastInst::Create(operation, call->getArgOperand(0), call->getType(), "", call);
      plain->setDebugLoc(call->getDebugLoc());
      plain->takeName(call);
      call->replaceAllUsesWith(plain);
      call->eraseFromParent();
    }
    function.eraseFromParent();
  }
}

}  // namespace kiesel::compiler
