#include "device/translator/emit/division.hpp"

#include "device/translator/emit/arithmetic.hpp"
#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/lane_loop.hpp"
#include "device/translator/emit/masks.hpp"
#include "device/translator/emit/values.hpp"

namespace kiesel::translator {

using isa::Op;

namespace {

llvm::Value* divided_by_lane(Cursor& here, const Instruction& in, llvm::Value* a, llvm::Value* b) {
  Builder& ir = here.ir;
  const auto divide = [&](llvm::IRBuilder<>& at, llvm::Value* x, llvm::Value* y, llvm::Value*) {
    const llvm::IRBuilderBase::InsertPointGuard guard(ir);
    ir.SetInsertPoint(at.GetInsertBlock());
    return compute64(ir, in.op, ir.CreatePtrToInt(x, ir.i64), y);
  };
  return lane_loop(here, std::string(isa::info(in.op).name), a, b, divide);
}

}  // namespace

// Hosts divide numbers of 64 bits one by one, but for numbers from 0 to 2^31 - 1, which most are.
Value wide_division(Cursor& here, const Item& item, const Kind& kind, const Value& a, const Value& b) {
  Builder& ir = here.ir;
  llvm::Value *x = wide(ir, a), *y = wide(ir, b);
  llvm::Value* upper = ir.CreateLShr(ir.CreateOr(x, y), std::uint64_t{31});
  llvm::Value* large = bits(ir, ir.CreateICmpNE(upper, llvm::Constant::getNullValue(upper->getType())));
  llvm::Value* zero = bits(ir, ir.CreateICmpEQ(y, llvm::Constant::getNullValue(y->getType())));
  llvm::Value* odd = ir.CreateAnd(ir.CreateOr(large, zero), mask(here));
  llvm::BasicBlock *fast = new_block(ir, "fast"), *slow = new_block(ir, "slow"),
                   *done = new_block(ir, "done");
  branch_likely(ir, ir.CreateICmpEQ(odd, no_lanes(ir)), fast, slow);
  ir.SetInsertPoint(fast);
  const bool is_quotient = item.in.op == Op::div || item.in.op == Op::divu;
  llvm::Type* half = vector_of(ir, ir.i32);
  llvm::Value* quotient =
      divided_as_doubles(ir, ir.CreateTrunc(x, half), ir.CreateTrunc(y, half), false, is_quotient);
  if (kind.rep == Rep::kWide) quotient = ir.CreateZExt(quotient, vector_of(ir, ir.i64));
  llvm::BasicBlock* fast_end = ir.GetInsertBlock();
  ir.CreateBr(done);
  ir.SetInsertPoint(slow);
  llvm::Value* each = ir.CreateTrunc(divided_by_lane(here, item.in, x, y), quotient->getType());
  llvm::BasicBlock* slow_end = ir.GetInsertBlock();
  ir.CreateBr(done);
  ir.SetInsertPoint(done);
  llvm::PHINode* phi = ir.CreatePHI(quotient->getType(), 2);
  phi->addIncoming(quotient, fast_end);
  phi->addIncoming(each, slow_end);
  return {kind, phi};
}

}  // namespace kiesel::translator
