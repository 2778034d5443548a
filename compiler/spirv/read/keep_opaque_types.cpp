#include <llvm/IR/DerivedTypes.h>
#include <llvm/IR/Function.h>
#include <llvm/IR/Module.h>

#include "compiler/spirv/passes.hpp"
#include "compiler/spirv/read/opaque_arguments.hpp"

namespace kiesel::compiler {
namespace {

constexpr llvm::StringLiteral kAttribute = "kiesel-opaque-type";

llvm::StringRef struct_name(const llvm::Type& type) {
  const auto* pointer = llvm::dyn_cast<llvm::PointerType>(&type);
  const auto* pointee =
      pointer ? llvm::dyn_cast<llvm::StructType>(pointer->getNonOpaquePointerElementType()) : nullptr;
  return pointee && pointee->isOpaque() && pointee->hasName() ? pointee->getName() : llvm::StringRef();
}

}  // namespace

void keep_opaque_types(llvm::Module& module) {
  for (auto& function : module) {
    if (function.getCallingConv() != llvm::CallingConv::SPIR_KERNEL) continue;
    for (auto& argument : function.args()) {
      auto name = struct_name(*argument.getType());
      if (name.consume_front("opencl."))
        argument.addAttr(llvm::Attribute::get(module.getContext(), kAttribute, name));
    }
  }
}

llvm::StringRef opaque_type(const llvm::Argument& argument) {
  return argument.getParent()
      ->getAttributes()
      .getParamAttr(argument.getArgNo(), kAttribute)
      .getValueAsString();
}

}  // namespace kiesel::compiler
