// What IR is made with: the builder, the types of a warp's values, what the host can do. Functions that take
// nothing but this know of no register, no block and no segment.
#pragma once

#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Module.h>

#include <vector>

#include "device/translator/host/host_traits.hpp"

namespace kiesel::translator {

struct Builder : llvm::IRBuilder<> {
  Builder(llvm::LLVMContext& context, std::uint8_t host_level, unsigned lanes, unsigned rows);

  const HostTraits host;
  const unsigned lanes, rows, row;  // of a warp; row: lanes of a row
  llvm::Type *const i1, *const i8, *const i16, *const i32, *const i64, *const f32, *const f64;
  llvm::Type* const mask;  // an integer of `lanes` bits
  llvm::PointerType* const pointer;
  llvm::MDNode *state_tag, *memory_tag, *likely;
};

llvm::Type* vector_of(Builder& ir, llvm::Type* element);  // one a lane
inline llvm::Value* splat(Builder& ir, llvm::Value* v) { return ir.CreateVectorSplat(ir.lanes, v); }
inline llvm::Value* number64(Builder& ir, std::int64_t v) {
  return llvm::ConstantInt::get(ir.i64, static_cast<std::uint64_t>(v), true);
}
inline llvm::Value* all_lanes(Builder& ir) { return llvm::Constant::getAllOnesValue(ir.mask); }
inline llvm::Value* no_lanes(Builder& ir) { return llvm::Constant::getNullValue(ir.mask); }
llvm::Value* bits(Builder& ir, llvm::Value* condition);  // <lanes x i1> -> mask
llvm::Value* flags(Builder& ir, llvm::Value* mask);      // mask -> <lanes x i1>

// Parts of a vector: one value a row, spread over the row's lanes.
llvm::Value* spread_rows(Builder& ir, const std::vector<llvm::Value*>& rows);
llvm::Value* part_of(Builder& ir, llvm::Value* v, unsigned first, unsigned count);  // so many elements
llvm::Value* joined(Builder& ir, std::vector<llvm::Value*> parts);
llvm::Value* rotated(Builder& ir, llvm::Value* bytes, unsigned shift);

// In the function that is being made.
llvm::BasicBlock* new_block(Builder& ir, const char* name);
llvm::AllocaInst* new_variable(Builder& ir, llvm::Type* type, const char* name, llvm::Value* first = nullptr);
inline llvm::Value* load(Builder& ir, llvm::AllocaInst* variable) {
  return ir.CreateLoad(variable->getAllocatedType(), variable);
}
void branch_likely(Builder& ir, llvm::Value* condition, llvm::BasicBlock* likely, llvm::BasicBlock* other);
// An access to device memory, which nothing of the interpreter's state overlaps.
template <typename Access>
Access* tagged(Builder& ir, Access* made) {
  made->setMetadata(llvm::LLVMContext::MD_tbaa, ir.memory_tag);
  return made;
}

void set_host_attributes(llvm::Function& function);
void set_helper_attributes(llvm::Function& function);  // of one that keeps all registers
// Before code that was not made for AVX runs.
void clear_upper_halves(const Builder& ir, llvm::IRBuilder<>& at);

}  // namespace kiesel::translator
