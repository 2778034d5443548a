#include <llvm/ADT/STLExtras.h>
#include <llvm/ADT/StringSwitch.h>
#include <llvm/Demangle/Demangle.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <optional>
#include <string>

#include "compiler/spirv/passes.hpp"
#include "compiler/spirv/write/calls.hpp"

namespace kiesel::compiler {
namespace {

constexpr unsigned kWorkgroup = 2;  // scope

struct Operation {
  unsigned group;           // reduction or scan
  const char* instruction;  // without Op
  bool is_logical;
};

std::optional<unsigned> take_group(llvm::StringRef& name) {
  if (!name.consume_front("work_group_")) return {};
  if (name.consume_front("reduce_")) return 0;
  if (name.consume_front("scan_inclusive_")) return 1;
  if (name.consume_front("scan_exclusive_")) return 2;
  return {};
}

// Nothing for what the writer knows by itself.
std::optional<Operation> operation_of(const llvm::Function& function) {
  const auto demangled = llvm::demangle(function.getName().str());
  llvm::StringRef name = llvm::StringRef(demangled).take_until([](char c) { return c == '('; });
  const auto group = take_group(name);
  const char* instruction = llvm::StringSwitch<const char*>(name)
                                .Case("and", "GroupBitwiseAndKHR")
                                .Case("or", "GroupBitwiseOrKHR")
                                .Case("xor", "GroupBitwiseXorKHR")
                                .Case("logical_and", "GroupLogicalAndKHR")
                                .Case("logical_or", "GroupLogicalOrKHR")
                                .Case("logical_xor", "GroupLogicalXorKHR")
                                .Default(nullptr);
  if (!group || !instruction) return {};
  return Operation{*group, instruction, name.startswith("logical")};
}

char mangled(const llvm::Type& type) { return type.isIntegerTy(1) ? 'b' : type.isIntegerTy(64) ? 'l' : 'i'; }

llvm::Value* call(llvm::IRBuilder<>& builder, const Operation& operation, llvm::Value* value) {
  auto& module = *builder.GetInsertBlock()->getModule();
  auto* type = value->getType();
  const std::string name = std::string("__spirv_") + operation.instruction;
  auto callee = module.getOrInsertFunction(
      "_Z" + std::to_string(name.size()) + name + "ii" + mangled(*type),
      llvm::FunctionType::get(type, {builder.getInt32Ty(), builder.getInt32Ty(), type}, false));
  auto* function = llvm::cast<llvm::Function>(callee.getCallee());
  function->setCallingConv(llvm::CallingConv::SPIR_FUNC);
  function->setConvergent();
  auto* made =
      builder.CreateCall(callee, {builder.getInt32(kWorkgroup), builder.getInt32(operation.group), value});
  made->setCallingConv(llvm::CallingConv::SPIR_FUNC);
  made->setConvergent();
  return made;
}

void replace(llvm::CallInst& old, const Operation& operation) {
  llvm::IRBuilder<> builder(&old);
  auto* value = old.getArgOperand(0);
  if (operation.is_logical) {
    auto* truth = call(builder, operation, builder.CreateIsNotNull(value));
    old.replaceAllUsesWith(builder.CreateZExt(truth, old.getType()));
  } else {
    old.replaceAllUsesWith(call(builder, operation, value));
  }
  old.eraseFromParent();
}

}  // namespace

void call_group_operations(llvm::Module& module) {
  for (auto& function : llvm::make_early_inc_range(module))
    if (function.isDeclaration() && function.arg_size() == 1)
      if (const auto operation = operation_of(function))
        for (auto* old : calls_of(function)) replace(*old, *operation);
}

}  // namespace kiesel::compiler
