#include <llvm/ADT/STLExtras.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include "compiler/spirv/passes.hpp"
#include "compiler/spirv/write/calls.hpp"

namespace kiesel::compiler {
namespace {

struct Row {
  const char *function, *product;  // no product: written out
  bool is_signed;
  bool accumulates;
};
constexpr Row kRows[] = {
    {"_Z7arm_dotDv4_cS_", "_Z3dotDv4_cS_", true, false},
    {"_Z7arm_dotDv4_hS_", "_Z3dotDv4_hS_", false, false},
    {"_Z11arm_dot_accDv4_cS_i", "_Z3dotDv4_cS_", true, true},
    {"_Z11arm_dot_accDv4_hS_j", "_Z3dotDv4_hS_", false, true},
    {"_Z11arm_dot_accDv2_sS_i", nullptr, true, true},
    {"_Z11arm_dot_accDv2_tS_j", nullptr, false, true},
    {"_Z15arm_dot_acc_satDv4_cS_i", "_Z11dot_acc_satDv4_cS_i", true, false},
    {"_Z15arm_dot_acc_satDv4_hS_j", "_Z11dot_acc_satDv4_hS_j", false, false},
};

llvm::Value* call_product(llvm::IRBuilder<>& builder, llvm::CallInst& old, const Row& row) {
  const unsigned count = old.arg_size() - (row.accumulates ? 1 : 0);
  llvm::SmallVector<llvm::Value*, 3> arguments(old.arg_begin(), old.arg_begin() + count);
  llvm::SmallVector<llvm::Type*, 3> types;
  for (auto* argument : arguments) types.push_back(argument->getType());
  auto callee =
      old.getModule()->getOrInsertFunction(row.product, llvm::FunctionType::get(old.getType(), types, false));
  auto* function = llvm::cast<llvm::Function>(callee.getCallee());
  function->setCallingConv(llvm::CallingConv::SPIR_FUNC);
  function->setDoesNotThrow();
  auto* made = builder.CreateCall(callee, arguments);
  made->setCallingConv(llvm::CallingConv::SPIR_FUNC);
  return made;
}

// Of two numbers of 16 bits each: cl_khr_integer_dot_product has bytes.
llvm::Value* write_product(llvm::IRBuilder<>& builder, const llvm::CallInst& old, bool is_signed) {
  auto* type = llvm::FixedVectorType::get(builder.getInt32Ty(), 2);
  auto* first = builder.CreateIntCast(old.getArgOperand(0), type, is_signed);
  auto* products = builder.CreateMul(first, builder.CreateIntCast(old.getArgOperand(1), type, is_signed));
  return builder.CreateAdd(builder.CreateExtractElement(products, std::uint64_t{0}),
                           builder.CreateExtractElement(products, std::uint64_t{1}));
}

void replace(llvm::CallInst& old, const Row& row) {
  llvm::IRBuilder<> builder(&old);
  auto* result = row.product ? call_product(builder, old, row) : write_product(builder, old, row.is_signed);
  if (row.accumulates) result = builder.CreateAdd(result, old.getArgOperand(2));
  old.replaceAllUsesWith(result);
  old.eraseFromParent();
}

}  // namespace

void call_dot_products(llvm::Module& module) {
  for (const auto& row : kRows)
    if (auto* function = module.getFunction(row.function); function && function->isDeclaration()) {
      for (auto* call : calls_of(*function)) replace(*call, row);
      function->eraseFromParent();
    }
}

}  // namespace kiesel::compiler
