#include "device/translator/emit/truth.hpp"

#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/values.hpp"

namespace kiesel::translator {

using isa::Op;

// Whether an offset from a base is compared with a number of 32 bits.
bool is_offset_below(const Item& item, const Value& a, const Value& b) {
  const auto is_offset = [](const Value& v) { return v.kind.rep == Rep::kOffset && v.kind.stride == 1; };
  return (item.in.op == Op::slt || item.in.op == Op::slti) &&
         ((is_offset(a) && is_narrow(b.kind)) || (is_narrow(a.kind) && is_offset(b)));
}

// The comparison in 32 bits, which a base that is above 0 and no longer does not leave; or null.
llvm::Value* offset_below(Builder& ir, const Item& item, const Value& a, const Value& b) {
  if (!is_offset_below(item, a, b)) return nullptr;
  const bool first = a.kind.rep == Rep::kOffset;
  llvm::Value* base = first ? a.step : b.step;
  llvm::BasicBlock *fast = new_block(ir, "fast"), *slow = new_block(ir, "slow"),
                   *done = new_block(ir, "done");
  llvm::Value* less = ir.CreateSub(base, number64(ir, 1));
  branch_likely(ir, ir.CreateICmpULT(less, number64(ir, INT32_MAX)), fast, slow);
  ir.SetInsertPoint(fast);
  const auto number = [&](std::int32_t v) { return ir.getInt32(static_cast<std::uint32_t>(v)); };
  llvm::Value* by = ir.CreateTrunc(first ? base : less, ir.i32);
  llvm::Value* quick = nullptr;
  if (first) {  // a sum that is too large is no less than anything
    llvm::Value* most = splat(ir, ir.CreateSub(number(INT32_MAX), by));
    llvm::Value* sum =
        ir.CreateAdd(ir.CreateBinaryIntrinsic(llvm::Intrinsic::smin, a.v, most), splat(ir, by));
    quick = ir.CreateICmpSLT(sum, narrow(ir, b));
  } else {  // an offset that is no less than the number less the base, and one
    llvm::Value* least = splat(ir, ir.CreateAdd(number(INT32_MIN), by));
    llvm::Value* rest =
        ir.CreateSub(ir.CreateBinaryIntrinsic(llvm::Intrinsic::smax, narrow(ir, a), least), splat(ir, by));
    quick = ir.CreateICmpSGE(b.v, rest);
  }
  llvm::BasicBlock* fast_end = ir.GetInsertBlock();
  ir.CreateBr(done);
  ir.SetInsertPoint(slow);
  llvm::Value* each = ir.CreateICmpSLT(wide(ir, a), wide(ir, b));
  llvm::BasicBlock* slow_end = ir.GetInsertBlock();
  ir.CreateBr(done);
  ir.SetInsertPoint(done);
  llvm::PHINode* phi = ir.CreatePHI(vector_of(ir, ir.i1), 2);
  phi->addIncoming(quick, fast_end);
  phi->addIncoming(each, slow_end);
  return phi;
}

// Of what makes a truth of truths the result in one bit a lane, which hosts compute with masks; or null.
llvm::Value* truth_of(Builder& ir, const Item& item, const Value& a, const Value& b) {
  const auto bit = [&](const Value& value) -> llvm::Value* {
    if (value.kind.rep == Rep::kUniform) return splat(ir, ir.CreateTrunc(value.v, ir.i1));
    return ir.CreateTrunc(narrow(ir, value), vector_of(ir, ir.i1));
  };
  if (!item.first_is_truth) return nullptr;
  const bool negates = (item.in.op == Op::xori || item.in.op == Op::sltiu) && item.in.imm == 1;
  if (negates) return ir.CreateNot(bit(a));
  if (isa::info(item.in.op).format != isa::Format::kR || !item.second_is_truth) return nullptr;
  switch (item.in.op) {
    case Op::and_:
      return ir.CreateAnd(bit(a), bit(b));
    case Op::andn:
      return ir.CreateAnd(bit(a), ir.CreateNot(bit(b)));
    case Op::or_:
      return ir.CreateOr(bit(a), bit(b));
    case Op::xor_:
      return ir.CreateXor(bit(a), bit(b));
    default:
      return nullptr;
  }
}

}  // namespace kiesel::translator
