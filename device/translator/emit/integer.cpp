#include "device/translator/emit/integer.hpp"

#include "device/translator/emit/arithmetic.hpp"
#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/division.hpp"
#include "device/translator/emit/emit.hpp"
#include "device/translator/emit/lines.hpp"
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
      return shifted_sum(in.op) || (in.op == Op::slli_uw && in.imm < 32);
  }
}

// Likewise where both operands are sign-extended numbers of 32 bits.
bool works_on_narrow(Op op) {
  const isa::Values values = values_of(op);
  return values == isa::Values::truth || values == isa::Values::both || values == isa::Values::first;
}

bool has_register(const Instruction& in) { return isa::info(in.op).format == isa::Format::kR; }

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
    case Op::slli: {
      const std::int64_t by = kind.upper ? in.imm - 32 : 0;
      return {kind, ir.CreateShl(narrow(ir, a), static_cast<std::uint64_t>(by)), number64(ir, 0)};
    }
    case Op::srai:
    case Op::srli: {
      llvm::Value* v =
          ir.CreateAdd(a.v, splat(ir, ir.CreateTrunc(ir.CreateLShr(a.step, number64(ir, 32)), ir.i32)));
      if (kind.rep == Rep::kNarrow) {
        const auto by = static_cast<std::uint64_t>(std::abs(in.imm - 32));
        if (in.imm <= 32) return {kind, ir.CreateShl(v, by)};
        return {kind, in.op == Op::srai ? ir.CreateAShr(v, by) : ir.CreateLShr(v, by)};
      }
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
      a.kind.rep == Rep::kOffset && a.kind.upper && (in.op == Op::srai || in.op == Op::srli) && in.imm > 0;
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
