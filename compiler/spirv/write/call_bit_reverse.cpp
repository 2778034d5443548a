#include <llvm/ADT/STLExtras.h>
#include <llvm/IR/Intrinsics.h>
#include <llvm/IR/Module.h>

#include <string>

#include "compiler/spirv/passes.hpp"
#include "compiler/spirv/write/calls.hpp"

namespace kiesel::compiler {
namespace {

// Of an unsigned integer, by its size.
char mangled(const llvm::Type& integer) {
  switch (integer.getIntegerBitWidth()) {
    case 8:
      return 'h';
    case 16:
      return 't';
    case 32:
      return 'j';
    default:
      return 'm';
  }
}

}  // namespace

void call_bit_reverse(llvm::Module& module) {
  for (auto& function : llvm::make_early_inc_range(module)) {
    if (function.getIntrinsicID() != llvm::Intrinsic::bitreverse) continue;
    const auto name = std::string("_Z11bit_reverse") + mangled(*function.getReturnType());
    auto* builtin =
        llvm::cast<llvm::Function>(module.getOrInsertFunction(name, function.getFunctionType()).getCallee());
    builtin->setCallingConv(llvm::CallingConv::SPIR_FUNC);
    for (auto* call : calls_of(function)) {
      call->setCalledFunction(builtin);
      call->setCallingConv(llvm::CallingConv::SPIR_FUNC);
    }
  }
}

}  // namespace kiesel::compiler
