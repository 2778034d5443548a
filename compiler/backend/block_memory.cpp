#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/Module.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>

#include "compiler/backend/lower_memory.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint64_t kLongestStraightCode = 16;  // elements copied without a loop

struct Block {
  llvm::Value* target;
  llvm::Value* source;  // null for memset
  llvm::Value* byte;    // of memset
  llvm::Value* length;
  std::uint64_t unit;  // bytes of one access, a power of two both sides are aligned to
  bool is_volatile;
};

std::uint64_t access_unit(llvm::MaybeAlign target, llvm::MaybeAlign source) {
  return std::min<std::uint64_t>({8, target.valueOrOne().value(), source.valueOrOne().value()});
}

llvm::Value* splat(llvm::IRBuilder<>& builder, llvm::Value* byte, std::uint64_t unit) {
  auto* type = builder.getIntNTy(static_cast<unsigned>(unit * 8));
  std::uint64_t ones = 0;
  for (std::uint64_t i = 0; i < unit; ++i) ones |= std::uint64_t{1} << (8 * i);
  return builder.CreateMul(builder.CreateZExt(byte, type), llvm::ConstantInt::get(type, ones));
}

llvm::Value* element(llvm::IRBuilder<>& builder, llvm::Value* pointer, llvm::Value* offset) {
  return builder.CreateInBoundsGEP(builder.getInt8Ty(), pointer, offset);
}

// One element of `unit` bytes at a byte offset.
llvm::Value* load_element(llvm::IRBuilder<>& builder, const Block& block, llvm::Value* offset,
                          std::uint64_t unit) {
  if (!block.source) return splat(builder, block.byte, unit);
  return builder.CreateAlignedLoad(builder.getIntNTy(static_cast<unsigned>(unit * 8)),
                                   element(builder, block.source, offset), llvm::Align(unit),
                                   block.is_volatile);
}

void store_element(llvm::IRBuilder<>& builder, const Block& block, llvm::Value* value, llvm::Value* offset,
                   std::uint64_t unit) {
  builder.CreateAlignedStore(value, element(builder, block.target, offset), llvm::Align(unit),
                             block.is_volatile);
}

// `for (offset = 0; offset != end; offset += unit)`, or from the end downwards. Continues after `at`.
void emit_loop(llvm::Instruction* at, const Block& block, llvm::Value* end, std::uint64_t unit,
               bool downwards) {
  auto* before = at->getParent();
  auto* after = llvm::SplitBlock(before, at);
  auto* loop = llvm::BasicBlock::Create(at->getContext(), "block.loop", before->getParent(), after);
  before->getTerminator()->eraseFromParent();
  llvm::IRBuilder<> builder(before);
  auto* zero = builder.getInt64(0);
  builder.CreateCondBr(builder.CreateICmpEQ(end, zero), after, loop);

  builder.SetInsertPoint(loop);
  auto* position = builder.CreatePHI(builder.getInt64Ty(), 2);
  auto* step = builder.getInt64(unit);
  auto* next = downwards ? builder.CreateSub(position, step) : builder.CreateAdd(position, step);
  auto* offset = downwards ? next : position;
  store_element(builder, block, load_element(builder, block, offset, unit), offset, unit);
  position->addIncoming(downwards ? end : zero, before);
  position->addIncoming(next, loop);
  builder.CreateCondBr(builder.CreateICmpEQ(next, downwards ? zero : end), after, loop);
}

// All loads before all stores, so that it is right for overlapping blocks as well.
void emit_straight(llvm::Instruction* at, const Block& block, std::uint64_t first, std::uint64_t length) {
  llvm::IRBuilder<> builder(at);
  struct Element {
    llvm::Value* value;
    std::uint64_t offset, unit;
  };
  std::vector<Element> elements;
  auto unit = block.unit;
  for (std::uint64_t offset = first; offset < first + length; offset += unit) {
    while (unit > first + length - offset) unit /= 2;
    elements.push_back({load_element(builder, block, builder.getInt64(offset), unit), offset, unit});
  }
  for (const auto& [value, offset, size] : elements)
    store_element(builder, block, value, builder.getInt64(offset), size);
}

// A length that is not known is a multiple of nothing: bytes.
void emit_forward(llvm::Instruction* at, const Block& block) {
  const auto* constant = llvm::dyn_cast<llvm::ConstantInt>(block.length);
  llvm::IRBuilder<> builder(at);
  if (!constant)
    return emit_loop(at, block, builder.CreateZExtOrTrunc(block.length, builder.getInt64Ty()), 1, false);
  const auto length = constant->getZExtValue();
  if (length <= kLongestStraightCode * block.unit) return emit_straight(at, block, 0, length);
  const auto whole = length / block.unit * block.unit;
  emit_straight(at, block, whole, length - whole);
  emit_loop(at, block, builder.getInt64(whole), block.unit, false);
}

// memmove: upwards when the target lies below the source, else downwards; bytes, for it is rare.
void emit_move(llvm::Instruction* at, Block block) {
  const auto* constant = llvm::dyn_cast<llvm::ConstantInt>(block.length);
  if (constant && constant->getZExtValue() <= kLongestStraightCode * block.unit)
    return emit_straight(at, block, 0, constant->getZExtValue());
  llvm::IRBuilder<> builder(at);
  auto* length = builder.CreateZExtOrTrunc(block.length, builder.getInt64Ty());
  auto* below = builder.CreateICmpULT(builder.CreatePtrToInt(block.target, builder.getInt64Ty()),
                                      builder.CreatePtrToInt(block.source, builder.getInt64Ty()));
  llvm::Instruction *upwards = nullptr, *downwards = nullptr;
  llvm::SplitBlockAndInsertIfThenElse(below, at, &upwards, &downwards);
  emit_loop(upwards, block, length, 1, false);
  emit_loop(downwards, block, length, 1, true);
}

void lower(llvm::MemIntrinsic& call) {
  Block block{call.getRawDest(), nullptr, nullptr, call.getLength(), 1, call.isVolatile()};
  if (auto* set = llvm::dyn_cast<llvm::MemSetInst>(&call)) {
    block.byte = set->getValue();
    block.unit = access_unit(set->getDestAlign(), llvm::Align(8));
    emit_forward(&call, block);
  } else {
    auto& transfer = llvm::cast<llvm::MemTransferInst>(call);
    block.source = transfer.getRawSource();
    block.unit = access_unit(transfer.getDestAlign(), transfer.getSourceAlign());
    if (llvm::isa<llvm::MemMoveInst>(call))
      emit_move(&call, block);
    else
      emit_forward(&call, block);
  }
  call.eraseFromParent();
}

}  // namespace

void lower_block_memory(llvm::Module& module) {
  std::vector<llvm::MemIntrinsic*> calls;
  for (auto& function : module)
    for (auto& instruction : llvm::instructions(function))
      if (auto* call = llvm::dyn_cast<llvm::MemIntrinsic>(&instruction)) calls.push_back(call);
  for (auto* call : calls) lower(*call);
}

}  // namespace kiesel::compiler
