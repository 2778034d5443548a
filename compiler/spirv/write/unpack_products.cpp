#include <llvm/ADT/STLExtras.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>

#include "compiler/spirv/passes.hpp"

namespace kiesel::compiler {
namespace {

struct Row {
  const char *packed, *unpacked;
};
constexpr Row kProducts[] = {
    {"_Z20dot_4x8packed_ss_intjj", "_Z3dotDv4_cS_"},
    {"_Z20dot_4x8packed_su_intjj", "_Z3dotDv4_cDv4_h"},
    {"_Z20dot_4x8packed_us_intjj", "_Z3dotDv4_hDv4_c"},
    {"_Z21dot_4x8packed_uu_uintjj", "_Z3dotDv4_hS_"},
    {"_Z28dot_acc_sat_4x8packed_ss_intjji", "_Z11dot_acc_satDv4_cS_i"},
    {"_Z28dot_acc_sat_4x8packed_su_intjji", "_Z11dot_acc_satDv4_cDv4_hi"},
    {"_Z28dot_acc_sat_4x8packed_us_intjji", "_Z11dot_acc_satDv4_hDv4_ci"},
    {"_Z29dot_acc_sat_4x8packed_uu_uintjjj", "_Z11dot_acc_satDv4_hS_j"},
};
constexpr unsigned kVectors = 2;  // the first operands

void unpack(llvm::Function& packed, const char* name) {
  auto* bytes = llvm::FixedVectorType::get(llvm::Type::getInt8Ty(packed.getContext()), 4);
  llvm::SmallVector<llvm::Type*, 3> types(packed.getFunctionType()->params().begin(),
                                          packed.getFunctionType()->params().end());
  std::fill_n(types.begin(), kVectors, bytes);
  auto callee = packed.getParent()->getOrInsertFunction(
      name, llvm::FunctionType::get(packed.getReturnType(), types, false), packed.getAttributes());
  llvm::cast<llvm::Function>(callee.getCallee())->setCallingConv(packed.getCallingConv());
  for (auto* user : llvm::make_early_inc_range(packed.users())) {
    auto* call = llvm::cast<llvm::CallInst>(user);
    llvm::IRBuilder<> builder(call);
    for (unsigned i = 0; i < kVectors; ++i) {
      call->setArgOperand(i, builder.CreateBitCast(call->getArgOperand(i), bytes));
      call->removeParamAttrs(i, llvm::AttributeFuncs::typeIncompatible(bytes));
    }
    call->setCalledFunction(callee);
  }
  packed.eraseFromParent();
}

}  // namespace

void unpack_products(llvm::Module& module) {
  for (const auto& [packed, unpacked] : kProducts)
    if (auto* function = module.getFunction(packed)) unpack(*function, unpacked);
}

}  // namespace kiesel::compiler
