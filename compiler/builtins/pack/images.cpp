#include <llvm/IR/IRBuilder.h>

#include "compiler/builtins/pack/pack.hpp"

namespace kiesel::compiler::builtins {
namespace {

constexpr unsigned kConstantSpace = 2;

// An image is the address of its descriptor, a sampler its bits; OpenCL C has no cast that says so.
llvm::Value* reinterpret(llvm::IRBuilder<>& builder, llvm::Value* handle, llvm::Type* wanted) {
  if (wanted->isIntegerTy()) return builder.CreatePtrToInt(handle, wanted);
  return builder.CreateAddrSpaceCast(handle, wanted);
}

// What Clang calls for a sampler that is a literal of the program.
void define_sampler_literals(llvm::Module& module) {
  auto* handle = llvm::PointerType::get(module.getContext(), kConstantSpace);
  auto* type = llvm::FunctionType::get(handle, {llvm::Type::getInt32Ty(module.getContext())}, false);
  auto* function = llvm::Function::Create(type, llvm::GlobalValue::ExternalLinkage,
                                          "__translate_sampler_initializer", module);
  function->setCallingConv(llvm::CallingConv::SPIR_FUNC);
  function->addFnAttr(llvm::Attribute::NoUnwind);
  llvm::IRBuilder<> builder(llvm::BasicBlock::Create(module.getContext(), "", function));
  auto* bits = builder.CreateZExt(function->getArg(0), builder.getInt64Ty());
  builder.CreateRet(builder.CreateIntToPtr(bits, handle));
}

bool is_reinterpretation(const llvm::Function& function) {
  const auto name = function.getName();
  return name.startswith("_Z19__kiesel_descriptor") || name.startswith("_Z21__kiesel_sampler_bits");
}

}  // namespace

void expand_images(llvm::Module& module) {
  for (llvm::Function& function : llvm::make_early_inc_range(module)) {
    if (!is_reinterpretation(function)) continue;
    for (llvm::User* user : llvm::make_early_inc_range(function.users())) {
      auto* call = llvm::cast<llvm::CallInst>(user);
      llvm::IRBuilder<> builder(call);
      call->replaceAllUsesWith(reinterpret(builder, call->getArgOperand(0), call->getType()));
      call->eraseFromParent();
    }
    function.eraseFromParent();
  }
  define_sampler_literals(module);
}

}  // namespace kiesel::compiler::builtins
