#include "device/translator/emit/launch.hpp"

#include <cstddef>

#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/state.hpp"

namespace kiesel::translator {

namespace {

constexpr std::int64_t kLocalIdsBytes = sizeof(*WarpContext::local_ids);

}  // namespace

// What is the same for all warps is read once, where the group starts: calls of the interpreter in the loop
// over warps would keep LLVM from seeing that it does not change.
llvm::Value* table_csr(Segment& segment, TableCsr which) {
  Builder& ir = segment.ir;
  llvm::Value*& made = segment.csrs[which];
  if (made) return made;
  const llvm::IRBuilderBase::InsertPointGuard guard(ir);
  ir.SetInsertPoint(segment.next_group->getTerminator());
  return made =
             load_context(segment, offsetof(WarpContext, csrs) + static_cast<std::size_t>(which) * 8, ir.i64);
}

// No kernel can write to the launch block.
llvm::Value* launch_value(Segment& segment, std::int64_t offset, llvm::Type* type) {
  Builder& ir = segment.ir;
  llvm::Value*& made = segment.launch[{offset, type}];
  if (made) return made;
  const llvm::IRBuilderBase::InsertPointGuard guard(ir);
  ir.SetInsertPoint(segment.entry->getTerminator());
  llvm::Value* pointer =
      ir.CreateIntToPtr(ir.CreateAdd(segment.launch_block, number64(ir, offset)), ir.pointer);
  return made = tagged(ir, ir.CreateAlignedLoad(type, pointer, llvm::Align(type->getScalarSizeInBits() / 8)));
}

// Of the warp's lanes from the first one on.
llvm::Value* local_ids(Segment& segment, unsigned dimension, llvm::Type* type) {
  Builder& ir = segment.ir;
  llvm::Value* at = ir.CreateAdd(ir.CreateMul(load(ir, segment.rank), number64(ir, kLocalIdsBytes)),
                                 number64(ir, dimension * kLocalIdsBytes / 3));
  auto* made = ir.CreateAlignedLoad(type, ir.CreateGEP(ir.i8, segment.local_ids, at), llvm::Align(4));
  made->setMetadata(llvm::LLVMContext::MD_tbaa, ir.state_tag);
  return made;
}

}  // namespace kiesel::translator
