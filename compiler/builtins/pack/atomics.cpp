#include <llvm/IR/IRBuilder.h>

#include <array>
#include <optional>

#include "compiler/builtins/pack/mangling.hpp"
#include "compiler/builtins/pack/pack.hpp"

namespace kiesel::compiler::builtins {
namespace {

struct Operation {
  std::string_view name;
  llvm::AtomicRMWInst::BinOp code;
};

constexpr std::array<Operation, 13> kOperations{{
    {"__kiesel_rmw_xchg", llvm::AtomicRMWInst::Xchg},
    {"__kiesel_rmw_add", llvm::AtomicRMWInst::Add},
    {"__kiesel_rmw_sub", llvm::AtomicRMWInst::Sub},
    {"__kiesel_rmw_and", llvm::AtomicRMWInst::And},
    {"__kiesel_rmw_or", llvm::AtomicRMWInst::Or},
    {"__kiesel_rmw_xor", llvm::AtomicRMWInst::Xor},
    {"__kiesel_rmw_smin", llvm::AtomicRMWInst::Min},
    {"__kiesel_rmw_smax", llvm::AtomicRMWInst::Max},
    {"__kiesel_rmw_umin", llvm::AtomicRMWInst::UMin},
    {"__kiesel_rmw_umax", llvm::AtomicRMWInst::UMax},
    {"__kiesel_rmw_fadd", llvm::AtomicRMWInst::FAdd},
    {"__kiesel_rmw_fmin", llvm::AtomicRMWInst::FMin},
    {"__kiesel_rmw_fmax", llvm::AtomicRMWInst::FMax},
}};

std::optional<llvm::AtomicRMWInst::BinOp> operation(std::string_view name) {
  for (const Operation& operation : kOperations)
    if (operation.name == name) return operation.code;
  return std::nullopt;
}

// (pointer, value, constant: is it ordered?)
void replace_call(llvm::CallInst& call, llvm::AtomicRMWInst::BinOp code) {
  bool ordered = !llvm::cast<llvm::ConstantInt>(call.getArgOperand(2))->isZero();
  auto order = ordered ? llvm::AtomicOrdering::SequentiallyConsistent : llvm::AtomicOrdering::Monotonic;
  llvm::IRBuilder<> builder(&call);
  llvm::Value* value = call.getArgOperand(1);
  llvm::AtomicRMWInst* atomic =
      builder.CreateAtomicRMW(code, call.getArgOperand(0), value, llvm::MaybeAlign(), order);
  atomic->setVolatile(true);
  call.replaceAllUsesWith(atomic);
  call.eraseFromParent();
}

// (pointer, expected, desired)
void replace_swap(llvm::CallInst& call) {
  constexpr auto kOrder = llvm::AtomicOrdering::SequentiallyConsistent;
  llvm::IRBuilder<> builder(&call);
  llvm::AtomicCmpXchgInst* swap =
      builder.CreateAtomicCmpXchg(call.getArgOperand(0), call.getArgOperand(1), call.getArgOperand(2),
                                  llvm::MaybeAlign(), kOrder, kOrder);
  swap->setVolatile(true);
  call.replaceAllUsesWith(builder.CreateExtractValue(swap, 0));
  call.eraseFromParent();
}

}  // namespace

void expand_atomics(llvm::Module& module) {
  for (llvm::Function& function : llvm::make_early_inc_range(module)) {
    const auto signature = demangle({function.getName().data(), function.getName().size()});
    if (!signature) continue;
    const bool swaps = signature->name == "__kiesel_cas";
    const auto code = operation(signature->name);
    if (!swaps && !code) continue;
    for (llvm::User* user : llvm::make_early_inc_range(function.users())) {
      auto& call = *llvm::cast<llvm::CallInst>(user);
      swaps ? replace_swap(call) : replace_call(call, *code);
    }
    function.eraseFromParent();
  }
}

}  // namespace kiesel::compiler::builtins
