#include "device/translator/emit/integer.hpp"

#include "device/translator/emit/arithmetic.hpp"
#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/division.hpp"
#include "device/translator/emit/emit.hpp"
#include "device/translator/emit/leave.hpp"
#include "device/translator/emit/registers.hpp"
#include "device/translator/emit/truth.hpp"
#include "device/translator/emit/values.hpp"

namespace kiesel::translator {

using isa::Op;

namespace {

// Whether lower halves of the operands are enough for the lower half of the result.
bool works_in_lower_half(const Instruction& in) {
  switch (values_of(in.op)) {
    case isa::Values::word:
    case isa::Values::extend:
    case isa::Values::bits:
      return true;
    case isa::Values::ring:
      return in.op != Op::slli || in.imm < 32;
    default:
      return false;
  }
}

// Likewise where both operands are sign-extended numbers of 32 bits.
bool works_on_narrow(Op op) {
  const isa::Values values = values_of(op);
  return values == isa::Values::truth || values == isa::Values::both || values == isa::Values::first;
}

bool has_register(const Instruction& in) { return isa::info(in.op).format == isa::Format::kR; }

// Lines stay lines: lane 0 and the steps are computed once. Where the result is a number of 32 bits, or an
// operand counts with its lower half only, the ends of the line must not wrap.
Value line_result(Cursor& here, const Item& item, const Kind& kind, const Value& a, const Value& b) {
  Builder& ir = here.ir;
  const Instruction& in = item.in;
  const bool rows = ir.rows > 1;
  const auto step_of = [&](const Value& v) { return v.step ? v.step : number64(ir, 0); };
  // All corners of a line lie in [low, high], as its base does.
  const auto inside = [&](llvm::Value* base, std::int64_t stride, llvm::Value* step, std::int64_t low,
                          std::int64_t high) {
    const auto in_range = [&](llvm::Value* v) {
      return ir.CreateICmpULE(ir.CreateSub(v, number64(ir, low)), number64(ir, high - low));
    };
    const std::int64_t reach = stride * (ir.row - 1);
    if (!rows && reach >= 0) return ir.CreateICmpSLE(base, number64(ir, high - reach));
    if (!rows) return ir.CreateICmpSGE(base, number64(ir, low - reach));
    llvm::Value* ok = in_range(base);
    llvm::Value* last = ir.CreateAdd(base, number64(ir, reach));
    if (stride) ok = ir.CreateAnd(ok, in_range(last));
    if (rows) {
      llvm::Value* down = ir.CreateMul(step, number64(ir, ir.rows - 1));
      ok = ir.CreateAnd(ok,
                        ir.CreateAnd(in_range(ir.CreateAdd(base, down)), in_range(ir.CreateAdd(last, down))));
      constexpr std::int64_t kMost = std::int64_t{1} << 40;  // so that nothing above wraps
      ok = ir.CreateAnd(ok,
                        ir.CreateICmpULE(ir.CreateAdd(step, number64(ir, kMost)), number64(ir, 2 * kMost)));
    }
    return ok;
  };
  Value x = a, y = b;
  constexpr std::int64_t kLow32 = 0xFFFFFFFF;
  const auto sum = shifted_sum(in.op);
  const bool unsigned_first = (sum && sum->is_unsigned) || in.op == Op::slli_uw;
  if (unsigned_first) {
    x.v = ir.CreateAnd(x.v, number64(ir, kLow32));
    if (x.kind.rep == Rep::kLine) require(here, inside(x.v, x.kind.stride, step_of(x), 0, kLow32));
  }
  llvm::Value *base = nullptr, *step = nullptr;
  const auto combine = [&](unsigned shift, bool subtract) {
    const auto one = [&](llvm::Value* p, llvm::Value* q) {
      p = ir.CreateShl(p, number64(ir, shift));
      return subtract ? ir.CreateSub(p, q) : ir.CreateAdd(p, q);
    };
    base = one(x.v, y.v);
    if (rows) step = one(step_of(x), step_of(y));
  };
  switch (in.op) {
    case Op::sub:
    case Op::subw:
      combine(0, true);
      break;
    case Op::xori:
      base = ir.CreateNot(x.v);
      if (rows) step = ir.CreateNeg(step_of(x));
      break;
    case Op::slli:
    case Op::slliw:
    case Op::slli_uw:
      base = ir.CreateShl(x.v, number64(ir, in.imm));
      if (rows) step = ir.CreateShl(step_of(x), number64(ir, in.imm));
      break;
    case Op::srai:
    case Op::srli: {  // of numbers of 32 bits in upper halves, which must not wrap
      const bool is_signed = in.op == Op::srai;
      const auto down = [&](llvm::Value* v, bool arithmetic) {
        return arithmetic ? ir.CreateAShr(v, number64(ir, 32)) : ir.CreateLShr(v, number64(ir, 32));
      };
      base = down(x.v, is_signed);
      if (rows) step = down(step_of(x), true);
      require(here, inside(base, x.kind.stride >> 32, rows ? step : nullptr, is_signed ? INT32_MIN : 0,
                           is_signed ? INT32_MAX : kLow32));
      base = ir.CreateShl(base, number64(ir, 32 - in.imm));
      if (rows) step = ir.CreateShl(step, number64(ir, 32 - in.imm));
      break;
    }
    case Op::mul:
    case Op::mulw: {
      const bool first = a.kind.rep == Rep::kLine;
      llvm::Value* factor = first ? y.v : x.v;
      base = ir.CreateMul(x.v, y.v);
      if (rows) step = ir.CreateMul(first ? step_of(x) : step_of(y), factor);
      break;
    }
    case Op::add:
    case Op::addi:
    case Op::addw:
    case Op::addiw:
      combine(0, false);
      break;
    default:
      if (sum)
        combine(sum->shift, false);
      else
        base = step = unknown(here.kernel, in.op, ir.i64);
      break;
  }
  const bool word = is_word(in.op);
  if (word) {
    // Lane 0 as the instruction makes it; the others follow where none of them wraps.
    base = ir.CreateSExt(ir.CreateTrunc(base, ir.i32), ir.i64);
    if (rows) step = ir.CreateSExt(ir.CreateTrunc(step, ir.i32), ir.i64);
    if (kind.rep == Rep::kLine) require(here, inside(base, kind.stride, step, INT32_MIN, INT32_MAX));
  }
  return {kind, base, step};
}

Value offset_result(Kernel& kernel, const Item& item, const Kind& kind, const Value& a, const Value& b) {
  Builder& ir = kernel.ir;
  const Instruction& in = item.in;
  // Zero-extended: what lies 2^31 lower, sign-extended, from a base that lies 2^31 times the stride higher.
  const auto zero_extended = [&](llvm::Value* v, llvm::Value* base) -> Value {
    v = ir.CreateXor(v, splat(ir, ir.getInt32(0x80000000)));
    return {kind, v, ir.CreateAdd(base, number64(ir, kind.stride << 31))};
  };
  const auto moved = [&](const Value& lanes, llvm::Value* by) -> Value {
    if (lanes.kind.rep == Rep::kOffset) return {kind, lanes.v, ir.CreateAdd(lanes.step, by)};
    return {kind, narrow(ir, lanes), by};
  };
  const auto either = [&](unsigned shift) {
    if (b.kind.rep == Rep::kUniform) return moved(a, b.v);
    return moved(b, ir.CreateShl(a.v, number64(ir, shift)));
  };
  if (const auto sum = shifted_sum(in.op))
    return sum->is_unsigned ? zero_extended(narrow(ir, a), b.v) : either(sum->shift);
  switch (in.op) {
    case Op::sub:
      return moved(a, ir.CreateNeg(b.v));
    case Op::slli:
      return {kind, narrow(ir, a), number64(ir, 0)};
    case Op::srai:
    case Op::srli: {
      llvm::Value* v =
          ir.CreateAdd(a.v, splat(ir, ir.CreateTrunc(ir.CreateLShr(a.step, number64(ir, 32)), ir.i32)));
      if (kind.rep == Rep::kNarrow)
        return {kind, in.imm == 32 ? v : ir.CreateShl(v, static_cast<std::uint64_t>(32 - in.imm))};
      return in.op == Op::srli ? zero_extended(v, number64(ir, 0)) : Value{kind, v, number64(ir, 0)};
    }
    case Op::add:
    case Op::addi:
      return either(0);
    default:
      return {kind, unknown(kernel, in.op, vector_of(ir, ir.i32)), number64(ir, 0)};
  }
}

}  // namespace

Value integer(Cursor& here, const Item& item, const Kind& kind) {
  Builder& ir = here.ir;
  const Instruction& in = item.in;
  const Value a = read_first(here, item);
  const Value b = has_register(in) ? read_second(here, item) : constant(ir, in.imm);
  if (kind.rep == Rep::kUniform && a.kind.rep == Rep::kUniform && b.kind.rep == Rep::kUniform)
    return {kind, compute64(ir, in.op, a.v, b.v)};
  if (kind.rep == Rep::kLine || kind.rep == Rep::kUniform) return line_result(here, item, kind, a, b);
  const bool extends =
      a.kind.rep == Rep::kOffset && a.kind.upper && (in.op == Op::srai || in.op == Op::srli) && in.imm <= 32;
  if (kind.rep == Rep::kOffset || (extends && kind.rep == Rep::kNarrow))
    return offset_result(here.kernel, item, kind, a, b);
  if (divides(in.op) && !is_word(in.op)) return wide_division(here, item, kind, a, b);
  const bool both = is_narrow(a.kind) && is_narrow(b.kind);
  if (kind.rep == Rep::kNarrow &&
      (works_in_lower_half(in) || (both && works_on_narrow(in.op)) || is_offset_below(item, a, b) ||
       in.op == Op::czero_eqz || in.op == Op::czero_nez)) {
    if (in.op == Op::czero_eqz || in.op == Op::czero_nez) {
      llvm::Value* zero =
          is_narrow(b.kind)
              ? ir.CreateICmpEQ(narrow(ir, b), llvm::Constant::getNullValue(vector_of(ir, ir.i32)))
              : ir.CreateICmpEQ(wide(ir, b), llvm::Constant::getNullValue(vector_of(ir, ir.i64)));
      llvm::Value *x = narrow(ir, a), *none = llvm::Constant::getNullValue(vector_of(ir, ir.i32));
      return {kind, in.op == Op::czero_eqz ? ir.CreateSelect(zero, none, x) : ir.CreateSelect(zero, x, none)};
    }
    if (llvm::Value* truth = offset_below(ir, item, a, b))
      return {kind, ir.CreateZExt(truth, vector_of(ir, ir.i32))};
    if (llvm::Value* truth = truth_of(ir, item, a, b))
      return {kind, ir.CreateZExt(truth, vector_of(ir, ir.i32))};
    return {kind, compute(ir, in.op, narrow(ir, a), narrow(ir, b))};
  }
  llvm::Value* v =
      is_word(in.op) ? ir.CreateSExt(compute(ir, in.op, narrow(ir, a), narrow(ir, b)), vector_of(ir, ir.i64))
                     : compute64(ir, in.op, wide(ir, a), wide(ir, b));
  return {kind, kind.rep == Rep::kNarrow ? ir.CreateTrunc(v, vector_of(ir, ir.i32)) : v};
}

}  // namespace kiesel::translator
