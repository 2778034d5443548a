#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>

#include "compiler/backend/lower_memory.hpp"

namespace kiesel::compiler {
namespace {

llvm::Value* copy_of(llvm::CallBase& call, unsigned index, llvm::Type* type) {
  const auto& layout = call.getModule()->getDataLayout();
  auto* source = call.getArgOperand(index);
  const auto alignment = std::max(layout.getABITypeAlign(type), call.getParamAlign(index).valueOrOne());
  llvm::IRBuilder<> at_start(&*call.getFunction()->getEntryBlock().getFirstInsertionPt());
  auto* copy = at_start.CreateAlloca(type, layout.getAllocaAddrSpace(), nullptr, "by.value");
  copy->setAlignment(alignment);
  llvm::IRBuilder<> builder(&call);
  builder.CreateMemCpy(copy, alignment, source, layout.getABITypeAlign(type), layout.getTypeAllocSize(type));
  return copy;
}

void make_copies(llvm::Function& function, unsigned index) {
  auto* type = function.getParamByValType(index);
  for (auto* user : function.users()) {
    auto* call = llvm::dyn_cast<llvm::CallBase>(user);
    if (!call || call->getCalledFunction() != &function) continue;
    call->setArgOperand(index, copy_of(*call, index, type));
    call->removeParamAttr(index, llvm::Attribute::ByVal);
  }
  function.removeParamAttr(index, llvm::Attribute::ByVal);
}

}  // namespace

void make_struct_copies(llvm::Module& module) {
  for (auto& function : module) {
    if (function.isDeclaration() || function.hasFnAttribute(llvm::Attribute::AlwaysInline)) continue;
    for (auto& parameter : function.args())
      if (parameter.hasByValAttr()) make_copies(function, parameter.getArgNo());
  }
}

}  // namespace kiesel::compiler
