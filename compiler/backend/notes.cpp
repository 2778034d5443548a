#include "compiler/backend/notes.hpp"

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>

#include <optional>
#include <vector>

#include "compiler/builtins/builtins.hpp"
#include "device/isa/note.hpp"

namespace kiesel::compiler {
namespace {

using isa::NoteKind;

// Which arguments of a call say what, counted from the end, 1 the last; 0: none.
struct Shape {
  NoteKind kind;
  unsigned flags = 0, order = 0, scope = 0;
  std::uint8_t default_scope = isa::kScopeDevice;
};

// "_Z18work_group_barrierjj" is work_group_barrier.
llvm::StringRef source_name(llvm::StringRef name) {
  unsigned length = 0;
  if (!name.consume_front("_Z") || name.consumeInteger(10, length)) return {};
  return name.take_front(length);
}

std::optional<Shape> shape_of(const llvm::Function& function) {
  const llvm::StringRef name = source_name(function.getName());
  const std::size_t count = function.arg_size();
  const bool has_scope = count > 1;
  if (name == "work_group_barrier" || name == "barrier")
    return Shape{NoteKind::kBarrier, has_scope ? 2U : 1U, 0, has_scope ? 1U : 0U, isa::kScopeWorkGroup};
  if (name == "sub_group_barrier")
    return Shape{NoteKind::kSubGroupBarrier, has_scope ? 2U : 1U, 0, has_scope ? 1U : 0U,
                 isa::kScopeSubGroup};
  if (name == "atomic_work_item_fence" && count == 3) return Shape{NoteKind::kFence, 3, 2, 1};
  if (name.startswith("atomic_") && name.endswith("_explicit") && count >= 3) {
    if (name == "atomic_load_explicit") return Shape{NoteKind::kLoad, 0, 2, 1};
    if (name == "atomic_store_explicit") return Shape{NoteKind::kStore, 0, 2, 1};
    return Shape{NoteKind::kAtomic, 0, name.contains("compare_exchange") ? 3U : 2U, 1};
  }
  for (const char* const whole : {"sub_group_all", "sub_group_any", "sub_group_broadcast"})
    if (name == whole) return Shape{NoteKind::kSubGroup};
  if (name.startswith("sub_group_reduce_") || name.startswith("sub_group_scan_"))
    return Shape{NoteKind::kSubGroup};
  return std::nullopt;
}

// Still a question, as in the library's functions.
llvm::Value* part_of_warp(llvm::IRBuilder<>& builder) {
  auto* const type = llvm::FunctionType::get(builder.getInt32Ty(), false);
  auto& module = *builder.GetInsertBlock()->getModule();
  return builder.CreateZExt(builder.CreateCall(module.getOrInsertFunction(builtins::kSubGroupPart, type)),
                            builder.getInt64Ty());
}

void note(llvm::CallInst& call, const Shape& shape) {
  llvm::IRBuilder<> builder(&call);
  llvm::Type* const word = builder.getInt64Ty();
  llvm::Value* value = builder.getInt64(static_cast<std::uint64_t>(shape.kind));
  const auto add = [&](unsigned from_end, unsigned shift, std::uint8_t otherwise) {
    llvm::Value* part = builder.getInt64(otherwise);
    if (from_end && call.getArgOperand(call.arg_size() - from_end)->getType()->isIntegerTy())
      part = builder.CreateAnd(
          builder.CreateZExtOrTrunc(call.getArgOperand(call.arg_size() - from_end), word), 0xFF);
    value = builder.CreateOr(value, builder.CreateShl(part, shift));
  };
  add(shape.flags, 8, 0);
  add(shape.order, 16, 0);
  add(shape.scope, 24, shape.default_scope);
  if (shape.kind == NoteKind::kSubGroup || shape.kind == NoteKind::kSubGroupBarrier)
    value = builder.CreateOr(value, builder.CreateShl(part_of_warp(builder), 32));
  auto* const type = llvm::FunctionType::get(builder.getVoidTy(), {word}, false);
  builder.CreateCall(llvm::InlineAsm::get(type, "slt x0, $0, x0", "r,~{memory}", true), {value});
}

}  // namespace

void note_synchronisation(llvm::Module& module) {
  for (auto& function : module) {
    if (!function.isDeclaration()) continue;
    const auto shape = shape_of(function);
    if (!shape) continue;
    std::vector<llvm::CallInst*> calls;
    for (auto* user : function.users())
      if (auto* call = llvm::dyn_cast<llvm::CallInst>(user); call && call->getCalledFunction() == &function)
        calls.push_back(call);
    for (auto* call : calls) note(*call, *shape);
  }
}

}  // namespace kiesel::compiler
