#include <llvm/IR/IRBuilder.h>

#include "compiler/builtins/pack/pack.hpp"

namespace kiesel::compiler::builtins {
namespace {

constexpr unsigned kLocalSpace = 3;
constexpr unsigned kWords = 64;  // warps that a core can have

}  // namespace

void add_group_scratch(llvm::Module& module) {
  llvm::Function* function = module.getFunction("__kiesel_group_scratch");
  if (!function) return;
  llvm::IRBuilder<> builder(llvm::BasicBlock::Create(module.getContext(), "", function));
  auto* type = llvm::ArrayType::get(builder.getInt64Ty(), kWords);
  auto* words = new llvm::GlobalVariable(module, type, false, llvm::GlobalValue::ExternalLinkage,
                                         llvm::UndefValue::get(type), "__kiesel_group_words", nullptr,
                                         llvm::GlobalValue::NotThreadLocal, kLocalSpace);
  words->setAlignment(llvm::Align(8));
  builder.CreateRet(words);
}

}  // namespace kiesel::compiler::builtins
