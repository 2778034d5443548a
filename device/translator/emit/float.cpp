#include "device/translator/emit/float.hpp"

#include "device/translator/emit/half.hpp"
#include "device/translator/emit/real.hpp"
#include "device/translator/emit/registers.hpp"

namespace kiesel::translator {

using isa::Family;
using isa::Values;

namespace {

Value float_operand(Cursor& here, Register r, char type, bool uniform) {
  Builder& ir = here.ir;
  Value value = read(here, r);
  value = type == 'd' ? boxed(ir, value) : single(ir, value);
  if (is_uniform(value.kind.rep) && !uniform) {
    value.v = splat(ir, value.v);
    value.kind.rep = type == 'd' ? Rep::kDoubles : Rep::kFloats;
  }
  return value;
}

// 32 or 64 bits, one number or one a lane, as the register holds it: sign-extended.
Value whole_result(Builder& ir, const Kind& kind, llvm::Value* v) {
  const bool is_wide = v->getType()->getScalarSizeInBits() == 64;
  if (!v->getType()->isVectorTy()) {
    if (kind.rep == Rep::kUniform) return {kind, ir.CreateSExt(v, ir.i64)};
    v = splat(ir, v);
  }
  if (kind.rep == Rep::kNarrow) return {kind, is_wide ? ir.CreateTrunc(v, vector_of(ir, ir.i32)) : v};
  return {kind, ir.CreateSExt(v, vector_of(ir, ir.i64))};
}

// One instruction of floats whose operands have a type: once for the warp, or lane by lane.
struct Float {
  Cursor& here;
  const Item& item;
  const Kind& kind;
  Builder& ir = here.ir;
  const Instruction& in = item.in;
  Values type = values_of(in.op);
  bool once = is_uniform(kind.rep);

  bool is_half() const { return type == Values::f16; }
  llvm::Type* shape(llvm::Type* element) const { return once ? element : vector_of(ir, element); }
  llvm::Type* real() const { return shape(type == Values::f64 ? ir.f64 : ir.f32); }

  // An operand of a type; a half as a single.
  llvm::Value* number(Register r, Values of) const {
    if (of == Values::f16) return half_to_float(ir, half_bits(here, r, once));
    return float_operand(here, r, of == Values::f64 ? 'd' : 's', once).v;
  }
  // Its bits, with canonical NaNs.
  llvm::Value* bits(Register r) const {
    if (is_half()) return half_bits(here, r, once);
    const Value a = float_operand(here, r, float_type(in.op), once);
    llvm::Value* v = a.kind.nan == Nan::kLoose ? canonical(ir, a.v) : a.v;
    return ir.CreateBitCast(v, shape(type == Values::f64 ? ir.i64 : ir.i32));
  }
  // A result in the register: of halves rounded.
  Value result(llvm::Value* v) const { return {kind, is_half() ? boxed_half(ir, to_half_bits(ir, v)) : v}; }
  Value of_bits(llvm::Value* v) const {
    return {kind, is_half() ? boxed_half(ir, v) : ir.CreateBitCast(v, real())};
  }
  // What an integer register holds: its lower half, or all of it.
  llvm::Value* integer(unsigned width) const {
    const Value a = read_first(here, item);
    if (width == 32) return once ? ir.CreateTrunc(a.v, ir.i32) : narrow(ir, a);
    return once ? a.v : wide(ir, a);
  }
};

Value math(const Float& f) {
  const auto operand = [&](char letter, Register r) {
    const bool is_there = isa::info(f.in.op).syntax.find(letter) != std::string_view::npos;
    return is_there ? f.number(r, f.type) : nullptr;
  };
  llvm::Value *a = operand('S', f.in.rs1), *b = operand('T', f.in.rs2), *c = operand('R', f.in.rs3);
  return f.result(float_math(f.ir, f.in.op, a, b, c));
}

Value comparison(const Float& f) {
  llvm::Value *a = f.number(f.in.rs1, f.type), *b = f.number(f.in.rs2, f.type);
  llvm::Value* holds = float_comparison(f.ir, f.in.op, a, b);
  return whole_result(f.ir, f.kind, f.ir.CreateZExt(holds, f.shape(f.ir.i32)));
}

Value classification(const Float& f) {
  llvm::Value* bits = f.bits(f.in.rs1);
  if (f.is_half()) return whole_result(f.ir, f.kind, classes(f.ir, bits, 5, 10));
  const bool is_double = f.type == Values::f64;
  return whole_result(f.ir, f.kind, is_double ? classes(f.ir, bits, 11, 52) : classes(f.ir, bits, 8, 23));
}

Value sign(const Float& f) {
  const bool copies = f.in.op == isa::Op::fsgnj_s || f.in.op == isa::Op::fsgnj_d;
  if (copies && f.in.rs1 == f.in.rs2) {
    Value a = float_operand(f.here, f.in.rs1, float_type(f.in.op), f.once);
    a.kind.stride = 0;
    return a;
  }
  const unsigned top = f.is_half() ? 15 : f.type == Values::f64 ? 63 : 31;
  llvm::Value *a = f.bits(f.in.rs1), *b = f.bits(f.in.rs2);
  return f.of_bits(with_sign(f.ir, f.in.op, a, b, std::uint64_t{1} << top));
}

Value to_whole(const Float& f) {
  const Whole to = whole_of(f.in.op);
  llvm::Value* whole = nullptr;
  llvm::Value* v = to_integer(f.ir, f.number(f.in.rs1, f.type), f.in.rounding, to, &whole);
  if (to.is_signed && to.bits == 64) f.here.wholes[v] = whole;
  return whole_result(f.ir, f.kind, v);
}

Value from_whole(const Float& f) {
  Builder& ir = f.ir;
  const Whole from = whole_of(f.in.op);
  llvm::Value* v = f.integer(from.bits);
  if (f.is_half()) return f.result(to_float(ir, v, from, f.shape(ir.f64)));
  const auto found = f.here.wholes.find(v);
  if (f.in.op == isa::Op::fcvt_d_l && found != f.here.wholes.end() && !ir.host.converts_longs &&
      found->second->getType() == f.real())
    return {f.kind, from_rounded(ir, found->second)};
  return {f.kind, to_float(ir, v, from, f.real())};
}

Value to_other(const Float& f) {
  llvm::Value* v = f.number(f.in.rs1, source_of(f.in.op));
  if (f.is_half()) return f.result(v);
  if (v->getType() == f.real()) return {f.kind, v};  // a half as a single
  const bool widens = f.type == Values::f64;
  return {f.kind, widens ? f.ir.CreateFPExt(v, f.real()) : f.ir.CreateFPTrunc(v, f.real())};
}

// fmv.w.x and its kin.
Value move_in(const Float& f) {
  llvm::Value* v = f.integer(f.type == Values::f64 ? 64 : 32);
  if (f.is_half()) v = f.ir.CreateAnd(v, llvm::ConstantInt::get(v->getType(), 0xFFFF));
  return f.of_bits(v);
}

// fmv.x.w and its kin: raw bits, whatever the register holds.
Value move_out(const Float& f) {
  Builder& ir = f.ir;
  const Kind& kind = f.kind;
  if (f.is_half()) return whole_result(ir, kind, moved_half(f.here, f.in.rs1));
  Value a = read(f.here, f.in.rs1);
  if (f.type == Values::f64) a = boxed(ir, a);
  const bool one = is_uniform(a.kind.rep);
  llvm::Value* v = a.kind.nan == Nan::kLoose ? canonical(ir, a.v) : a.v;
  llvm::Type* element = is_double(a.kind.rep) ? ir.i64 : ir.i32;
  v = ir.CreateBitCast(v, one ? element : vector_of(ir, element));
  llvm::Type *word = one ? ir.i32 : vector_of(ir, ir.i32), *big = one ? ir.i64 : vector_of(ir, ir.i64);
  if (f.type == Values::f64)
    return {kind, kind.rep == Rep::kNarrow ? ir.CreateTrunc(v, vector_of(ir, ir.i32)) : v};
  if (is_double(a.kind.rep)) v = ir.CreateTrunc(v, word);
  if (kind.rep == Rep::kUniform) return {kind, ir.CreateSExt(v, big)};
  return {kind, one ? splat(ir, v) : v};
}

Value moved(const Float& f) {
  switch (f.in.op) {
#define FAMILY_FloatMove(id, operation, values) \
  case isa::Op::id:                             \
    return operation(f);
#include "device/isa/operations.def"
    default:
      llvm_unreachable("no move of floats");
  }
}

}  // namespace

Value floating(Cursor& here, const Item& item, const Kind& kind) {
  const Float f{here, item, kind};
  switch (family_of(item.in.op)) {
    case Family::kFloatMath:
    case Family::kFloatChoice:
      return math(f);
    case Family::kFloatCompare:
      return comparison(f);
    case Family::kFloatClass:
      return classification(f);
    case Family::kFloatSign:
      return sign(f);
    case Family::kFloatToWhole:
      return to_whole(f);
    case Family::kWholeToFloat:
      return from_whole(f);
    case Family::kFloatToFloat:
      return to_other(f);
    case Family::kFloatMove:
      return moved(f);
    default:
      return {kind, unknown(here.kernel, item.in.op, f.real())};
  }
}

}  // namespace kiesel::translator
