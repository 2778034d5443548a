#include "device/translator/emit/lines.hpp"

#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/emit.hpp"
#include "device/translator/emit/leave.hpp"
#include "device/translator/emit/masks.hpp"
#include "device/translator/emit/values.hpp"

namespace kiesel::translator {

using isa::Op;

namespace {

// Numbers of 32 bits, as a line of 64 bits has them.
struct Numbers {
  bool are_signed;
  std::int64_t low() const { return are_signed ? INT32_MIN : 0; }
  std::int64_t high() const { return are_signed ? INT32_MAX : UINT32_MAX; }
  llvm::Value* of_lower_half(Builder& ir, llvm::Value* v) const {
    return are_signed ? ir.CreateSExt(ir.CreateTrunc(v, ir.i32), ir.i64) : ir.CreateAnd(v, high());
  }
  llvm::Value* have(Builder& ir, llvm::Value* v) const {
    return ir.CreateICmpULE(ir.CreateSub(v, number64(ir, low())), number64(ir, high() - low()));
  }
};

llvm::Value* step_of(Builder& ir, const Value& v) { return v.step ? v.step : number64(ir, 0); }

// Whether all corners of a line are among the numbers, as its base is.
llvm::Value* has_all(Builder& ir, const Numbers& numbers, llvm::Value* base, std::int64_t stride,
                     llvm::Value* step) {
  const std::int64_t reach = stride * (ir.row - 1);
  if (ir.rows == 1 && reach >= 0) return ir.CreateICmpSLE(base, number64(ir, numbers.high() - reach));
  if (ir.rows == 1) return ir.CreateICmpSGE(base, number64(ir, numbers.low() - reach));
  llvm::Value* last = ir.CreateAdd(base, number64(ir, reach));
  llvm::Value* ok = numbers.have(ir, base);
  if (stride) ok = ir.CreateAnd(ok, numbers.have(ir, last));
  llvm::Value* down = ir.CreateMul(step, number64(ir, ir.rows - 1));
  ok = ir.CreateAnd(ok, ir.CreateAnd(numbers.have(ir, ir.CreateAdd(base, down)),
                                     numbers.have(ir, ir.CreateAdd(last, down))));
  constexpr std::int64_t kMost = std::int64_t{1} << 40;  // so that nothing above wraps
  return ir.CreateAnd(ok, ir.CreateICmpULE(ir.CreateAdd(step, number64(ir, kMost)), number64(ir, 2 * kMost)));
}

// The base of the line on which the active lanes' numbers are, where others may have wrapped: what those hold
// nobody sees.
llvm::Value* base_of_active(Cursor& here, const Numbers& numbers, llvm::Value* lane0, std::int64_t stride) {
  Builder& ir = here.ir;
  llvm::Value *first = first_lane(here), *by = number64(ir, stride);
  llvm::Value* offset = ir.CreateMul(first, by);
  llvm::Value* of_first = numbers.of_lower_half(ir, ir.CreateAdd(lane0, offset));
  llvm::Value* reach = ir.CreateMul(ir.CreateSub(last_lane(here), first), by);
  require(here, numbers.have(ir, ir.CreateAdd(of_first, reach)));
  return ir.CreateSub(of_first, offset);
}

// A line's numbers of 32 bits, whose lower halves those of lane 0 and of what follows are: its base. Where
// they wrap in between, the interpreter goes on.
llvm::Value* extended(Cursor& here, const Numbers& numbers, llvm::Value* lane0, std::int64_t stride,
                      llvm::Value* step) {
  Builder& ir = here.ir;
  llvm::Value* base = numbers.of_lower_half(ir, lane0);
  llvm::Value* ok = has_all(ir, numbers, base, stride, step);
  if (here.node.full || ir.rows > 1) {
    require(here, ok);
    return base;
  }
  llvm::BasicBlock *some = new_block(ir, "some"), *all = new_block(ir, "all"), *from = ir.GetInsertBlock();
  branch_likely(ir, ok, all, some);
  ir.SetInsertPoint(some);
  llvm::Value* of_active = base_of_active(here, numbers, lane0, stride);
  llvm::BasicBlock* some_end = ir.GetInsertBlock();
  ir.CreateBr(all);
  ir.SetInsertPoint(all);
  llvm::PHINode* phi = ir.CreatePHI(ir.i64, 2);
  phi->addIncoming(base, from);
  phi->addIncoming(of_active, some_end);
  return phi;
}

struct Line {
  llvm::Value *base, *step;  // the step is null where a warp is one row
};

Line sum(Builder& ir, const Value& x, const Value& y, unsigned shift, bool subtract) {
  const auto one = [&](llvm::Value* p, llvm::Value* q) {
    p = ir.CreateShl(p, number64(ir, shift));
    return subtract ? ir.CreateSub(p, q) : ir.CreateAdd(p, q);
  };
  return {one(x.v, y.v), ir.rows > 1 ? one(step_of(ir, x), step_of(ir, y)) : nullptr};
}

// What slli by 32 has put into upper halves, shifted right again.
Line from_upper_half(Cursor& here, const Instruction& in, const Value& x) {
  Builder& ir = here.ir;
  const auto down = [&](llvm::Value* v) { return ir.CreateAShr(v, number64(ir, 32)); };
  const auto up = [&](llvm::Value* v) { return ir.CreateShl(v, number64(ir, 32 - in.imm)); };
  llvm::Value* step = ir.rows > 1 ? down(step_of(ir, x)) : nullptr;
  const Numbers numbers{in.op == Op::srai};
  llvm::Value* base = extended(here, numbers, down(x.v), x.kind.stride >> 32, step);
  return {up(base), step ? up(step) : nullptr};
}

Line computed(Cursor& here, const Item& item, const Value& x, const Value& y) {
  Builder& ir = here.ir;
  const Instruction& in = item.in;
  const bool rows = ir.rows > 1;
  if (const auto shifted = shifted_sum(in.op)) return sum(ir, x, y, shifted->shift, false);
  switch (in.op) {
    case Op::sub:
    case Op::subw:
      return sum(ir, x, y, 0, true);
    case Op::xori:
      return {ir.CreateNot(x.v), rows ? ir.CreateNeg(step_of(ir, x)) : nullptr};
    case Op::slli:
    case Op::slliw:
    case Op::slli_uw:
      return {ir.CreateShl(x.v, number64(ir, in.imm)),
              rows ? ir.CreateShl(step_of(ir, x), number64(ir, in.imm)) : nullptr};
    case Op::srai:
    case Op::srli:
      return from_upper_half(here, in, x);
    case Op::mul:
    case Op::mulw: {
      const bool first = x.kind.rep == Rep::kLine;
      llvm::Value* step = rows ? ir.CreateMul(step_of(ir, first ? x : y), first ? y.v : x.v) : nullptr;
      return {ir.CreateMul(x.v, y.v), step};
    }
    case Op::add:
    case Op::addi:
    case Op::addw:
    case Op::addiw:
      return sum(ir, x, y, 0, false);
    default:
      return {unknown(here.kernel, in.op, ir.i64), number64(ir, 0)};
  }
}

}  // namespace

// Lines stay lines: lane 0 and the steps are computed once. Where the result is a number of 32 bits, or an
// operand counts with its lower half only, the line must not wrap.
Value line_result(Cursor& here, const Item& item, const Kind& kind, const Value& a, const Value& b) {
  Builder& ir = here.ir;
  const Instruction& in = item.in;
  const auto shifted = shifted_sum(in.op);
  constexpr Numbers kUnsigned{false}, kSigned{true};
  Value x = a;
  if ((shifted && shifted->is_unsigned) || in.op == Op::slli_uw) {
    const bool is_line = x.kind.rep == Rep::kLine;
    x.v = is_line ? extended(here, kUnsigned, x.v, x.kind.stride, step_of(ir, x))
                  : kUnsigned.of_lower_half(ir, x.v);
  }
  Line line = computed(here, item, x, b);
  if (is_word(in.op)) {
    if (line.step) line.step = kSigned.of_lower_half(ir, line.step);
    line.base = kind.rep == Rep::kLine ? extended(here, kSigned, line.base, kind.stride, line.step)
                                       : kSigned.of_lower_half(ir, line.base);
  }
  return {kind, line.base, line.step};
}

}  // namespace kiesel::translator
