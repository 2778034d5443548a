#include "device/translator/emit/builder.hpp"

#include <llvm/IR/IntrinsicsX86.h>
#include <llvm/IR/MDBuilder.h>

namespace kiesel::translator {

namespace {

llvm::Function& function_of(Builder& ir) { return *ir.GetInsertBlock()->getParent(); }

}  // namespace

Builder::Builder(llvm::LLVMContext& context, std::uint8_t host_level, unsigned all, unsigned in_rows)
    : llvm::IRBuilder<>(context),
      host(host_traits(host_level)),
      lanes(all),
      rows(in_rows),
      row(all / in_rows),
      i1(getInt1Ty()),
      i8(getInt8Ty()),
      i16(getInt16Ty()),
      i32(getInt32Ty()),
      i64(getInt64Ty()),
      f32(getFloatTy()),
      f64(getDoubleTy()),
      mask(getIntNTy(all)),
      pointer(getPtrTy()) {
  llvm::MDBuilder metadata(context);
  llvm::MDNode* root = metadata.createTBAARoot("kiesel");
  llvm::MDNode* state = metadata.createTBAAScalarTypeNode("state", root);
  llvm::MDNode* memory = metadata.createTBAAScalarTypeNode("memory", root);
  state_tag = metadata.createTBAAStructTagNode(state, state, 0);
  memory_tag = metadata.createTBAAStructTagNode(memory, memory, 0);
  likely = metadata.createBranchWeights(1 << 20, 1);
}

llvm::Type* vector_of(Builder& ir, llvm::Type* element) {
  return llvm::FixedVectorType::get(element, ir.lanes);
}

llvm::Value* bits(Builder& ir, llvm::Value* condition) { return ir.CreateBitCast(condition, ir.mask); }

// Hosts without mask registers test a bit in each lane.
llvm::Value* flags(Builder& ir, llvm::Value* mask) {
  if (ir.host.has_masks) return ir.CreateBitCast(mask, vector_of(ir, ir.i1));
  llvm::Type* type = ir.lanes > 32 ? ir.i64 : ir.i32;
  std::vector<llvm::Constant*> each;
  for (unsigned l = 0; l < ir.lanes; ++l) each.push_back(llvm::ConstantInt::get(type, std::uint64_t{1} << l));
  llvm::Value* bit = ir.CreateAnd(splat(ir, ir.CreateZExt(mask, type)), llvm::ConstantVector::get(each));
  return ir.CreateICmpNE(bit, llvm::Constant::getNullValue(bit->getType()));
}

llvm::BasicBlock* new_block(Builder& ir, const char* name) {
  return llvm::BasicBlock::Create(ir.getContext(), name, &function_of(ir));
}

void branch_likely(Builder& ir, llvm::Value* condition, llvm::BasicBlock* likely, llvm::BasicBlock* other) {
  ir.CreateCondBr(condition, likely, other, ir.likely);
}

void set_host_attributes(llvm::Function& function) {
  function.addFnAttr(llvm::Attribute::NoUnwind);
  function.addFnAttr("no-trapping-math", "true");
  function.addFnAttr("prefer-vector-width", "512");
  function.addFnAttr("min-legal-vector-width", "512");
}

void set_helper_attributes(llvm::Function& function) {
  function.addFnAttr(llvm::Attribute::NoInline);
  function.addFnAttr("no_caller_saved_registers");
  set_host_attributes(function);
}

llvm::AllocaInst* new_variable(Builder& ir, llvm::Type* type, const char* name, llvm::Value* first) {
  llvm::BasicBlock& entry = function_of(ir).getEntryBlock();
  llvm::IRBuilder<> at(&entry, entry.begin());
  auto* made = at.CreateAlloca(type, nullptr, name);
  if (first) {
    at.SetInsertPoint(&entry, std::next(made->getIterator()));
    at.CreateStore(first, made);
  }
  return made;
}

void clear_upper_halves(const Builder& ir, llvm::IRBuilder<>& at) {
  if (ir.host.has_avx) at.CreateIntrinsic(llvm::Intrinsic::x86_avx_vzeroupper, {}, {});
}

llvm::Value* spread_rows(Builder& ir, const std::vector<llvm::Value*>& rows) {
  llvm::Value* all = llvm::PoisonValue::get(llvm::FixedVectorType::get(rows[0]->getType(), ir.rows));
  for (unsigned r = 0; r < ir.rows; ++r) all = ir.CreateInsertElement(all, rows[r], std::uint64_t{r});
  llvm::SmallVector<int, 64> from;
  for (unsigned l = 0; l < ir.lanes; ++l) from.push_back(static_cast<int>(l / ir.row));
  return ir.CreateShuffleVector(all, from);
}

llvm::Value* part_of(Builder& ir, llvm::Value* v, unsigned first, unsigned count) {
  llvm::SmallVector<int, 64> order;
  for (unsigned i = first; i < first + count; ++i) order.push_back(static_cast<int>(i));
  return ir.CreateShuffleVector(v, order);
}

// Vectors of one length, a power of two of them.
llvm::Value* joined(Builder& ir, std::vector<llvm::Value*> parts) {
  while (parts.size() > 1) {
    std::vector<llvm::Value*> pairs;
    for (std::size_t i = 0; i < parts.size(); i += 2) {
      const auto n = llvm::cast<llvm::FixedVectorType>(parts[i]->getType())->getNumElements();
      llvm::SmallVector<int, 64> order;
      for (unsigned l = 0; l < 2 * n; ++l) order.push_back(static_cast<int>(l));
      pairs.push_back(ir.CreateShuffleVector(parts[i], parts[i + 1], order));
    }
    parts = std::move(pairs);
  }
  return parts[0];
}

// Bytes as units of 1 << shift; a large number where they are no multiple of it.
llvm::Value* rotated(Builder& ir, llvm::Value* bytes, unsigned shift) {
  llvm::Type* type = bytes->getType();
  if (shift == 0) return bytes;
  return ir.CreateIntrinsic(llvm::Intrinsic::fshr, {type},
                            {bytes, bytes, llvm::ConstantInt::get(type, shift)});
}

}  // namespace kiesel::translator
