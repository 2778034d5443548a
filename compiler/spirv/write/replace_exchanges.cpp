#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringRef.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <cstring>
#include <string>

#include "compiler/spirv/passes.hpp"
#include "compiler/spirv/write/calls.hpp"

namespace kiesel::compiler {
namespace {

struct Strong {
  llvm::StringLiteral weak, strong;  // beginnings of mangled names
};
constexpr Strong kStrong[] = {
    {"_Z37atomic_compare_exchange_weak_explicit", "_Z39atomic_compare_exchange_strong_explicit"},
    {"_Z28atomic_compare_exchange_weak", "_Z30atomic_compare_exchange_strong"},
};

// `..strong..U7_AtomiciPii..` for `..weak..U7_AtomicfPff..`: the mangled name of the exchange that SPIR-V
// has. The name itself for any other function.
std::string writable_name(llvm::StringRef name) {
  std::string result = name.str();
  for (const auto& [weak, strong] : kStrong)
    if (name.startswith(weak)) {
      result = (strong + name.substr(weak.size())).str();
      break;
    }
  const auto atomic = result.find("U7_Atomic");
  if (result.find("atomic_compare_exchange_strong") == std::string::npos || atomic == std::string::npos)
    return name.str();
  const auto end = std::min(result.find("12memory_order"), result.size());
  for (auto i = atomic + std::strlen("U7_Atomic"); i < end; ++i) {
    if (result[i] == 'f') result[i] = 'i';
    if (result[i] == 'd') result[i] = 'l';
  }
  return result;
}

llvm::Type* integer_type(llvm::Type* type) {
  if (auto* pointer = llvm::dyn_cast<llvm::PointerType>(type))
    return integer_type(pointer->getNonOpaquePointerElementType())->getPointerTo(pointer->getAddressSpace());
  if (!type->isFloatingPointTy()) return type;
  return llvm::IntegerType::get(type->getContext(), type->getPrimitiveSizeInBits());
}

void replace_exchange(llvm::Function& function, const std::string& name) {
  llvm::SmallVector<llvm::Type*, 6> types;
  for (auto* type : function.getFunctionType()->params()) types.push_back(integer_type(type));
  auto* type = llvm::FunctionType::get(function.getReturnType(), types, false);
  auto* exchange = llvm::cast<llvm::Function>(
      function.getParent()->getOrInsertFunction(name, type, function.getAttributes()).getCallee());
  exchange->setCallingConv(function.getCallingConv());
  for (auto* call : calls_of(function)) {
    llvm::IRBuilder<> builder(call);
    for (unsigned i = 0; i < call->arg_size(); ++i)
      call->setArgOperand(i, builder.CreateBitCast(call->getArgOperand(i), types[i]));
    call->setCalledFunction(exchange);
  }
}

}  // namespace

void replace_exchanges(llvm::Module& module) {
  for (auto& function : llvm::make_early_inc_range(module)) {
    if (!function.isDeclaration()) continue;
    const auto name = writable_name(function.getName());
    if (name == function.getName()) continue;
    replace_exchange(function, name);
    if (function.use_empty()) function.eraseFromParent();
  }
}

}  // namespace kiesel::compiler
