// Integer instructions whose results are 0 or 1, computed in one bit a lane.
#include "device/translator/emit/emitter.hpp"

namespace kiesel::translator {

using isa::Op;

// Whether an offset from a base is compared with a number of 32 bits.
bool Emitter::is_offset_below(const Item& item, const Value& a, const Value& b) {
  const auto is_offset = [](const Value& v) { return v.kind.rep == Rep::kOffset && v.kind.stride == 1; };
  return (item.in.op == Op::slt || item.in.op == Op::slti) &&
         ((is_offset(a) && is_narrow(b.kind)) || (is_narrow(a.kind) && is_offset(b)));
}

// The comparison in 32 bits, which a base that is above 0 and no longer does not leave; or null.
llvm::Value* Emitter::offset_below(const Item& item, const Value& a, const Value& b) {
  if (!is_offset_below(item, a, b)) return nullptr;
  const bool first = a.kind.rep == Rep::kOffset;
  llvm::Value* base = first ? a.step : b.step;
  llvm::BasicBlock *fast = new_block("fast"), *slow = new_block("slow"), *done = new_block("done");
  llvm::Value* less = b_.CreateSub(base, number64(1));
  branch_likely(b_.CreateICmpULT(less, number64(INT32_MAX)), fast, slow);
  b_.SetInsertPoint(fast);
  const auto number = [&](std::int32_t v) { return b_.getInt32(static_cast<std::uint32_t>(v)); };
  llvm::Value* by = b_.CreateTrunc(first ? base : less, i32_);
  llvm::Value* quick = nullptr;
  if (first) {  // a sum that is too large is no less than anything
    llvm::Value* most = splat(b_.CreateSub(number(INT32_MAX), by));
    llvm::Value* sum = b_.CreateAdd(b_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, a.v, most), splat(by));
    quick = b_.CreateICmpSLT(sum, narrow(b));
  } else {  // an offset that is no less than the number less the base, and one
    llvm::Value* least = splat(b_.CreateAdd(number(INT32_MIN), by));
    llvm::Value* rest =
        b_.CreateSub(b_.CreateBinaryIntrinsic(llvm::Intrinsic::smax, narrow(a), least), splat(by));
    quick = b_.CreateICmpSGE(b.v, rest);
  }
  llvm::BasicBlock* fast_end = b_.GetInsertBlock();
  b_.CreateBr(done);
  b_.SetInsertPoint(slow);
  llvm::Value* each = b_.CreateICmpSLT(wide(a), wide(b));
  llvm::BasicBlock* slow_end = b_.GetInsertBlock();
  b_.CreateBr(done);
  b_.SetInsertPoint(done);
  llvm::PHINode* phi = b_.CreatePHI(lanes(i1_), 2);
  phi->addIncoming(quick, fast_end);
  phi->addIncoming(each, slow_end);
  return phi;
}

// Of what makes a truth of truths the result in one bit a lane, which hosts compute with masks; or null.
llvm::Value* Emitter::truth_of(const Item& item, const Value& a, const Value& b) {
  const auto bit = [&](const Value& value) -> llvm::Value* {
    if (value.kind.rep == Rep::kUniform) return splat(b_.CreateTrunc(value.v, i1_));
    return b_.CreateTrunc(narrow(value), lanes(i1_));
  };
  if (!item.first_is_truth) return nullptr;
  const bool negates = (item.in.op == Op::xori || item.in.op == Op::sltiu) && item.in.imm == 1;
  if (negates) return b_.CreateNot(bit(a));
  if (isa::info(item.in.op).format != isa::Format::kR || !item.second_is_truth) return nullptr;
  switch (item.in.op) {
    case Op::and_:
      return b_.CreateAnd(bit(a), bit(b));
    case Op::andn:
      return b_.CreateAnd(bit(a), b_.CreateNot(bit(b)));
    case Op::or_:
      return b_.CreateOr(bit(a), bit(b));
    case Op::xor_:
      return b_.CreateXor(bit(a), bit(b));
    default:
      return nullptr;
  }
}

}  // namespace kiesel::translator
