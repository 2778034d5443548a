#include "device/translator/emit/float.hpp"

#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/emit.hpp"
#include "device/translator/emit/half.hpp"
#include "device/translator/emit/real.hpp"
#include "device/translator/emit/registers.hpp"
#include "device/translator/emit/values.hpp"

namespace kiesel::translator {

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

// 32 or 64 bits, one number or one a lane, as the register holds it.
Value whole_result(Builder& ir, const Kind& kind, llvm::Value* v) {
  const bool is_wide = v->getType()->getScalarSizeInBits() == 64;
  if (!v->getType()->isVectorTy()) {
    if (kind.rep == Rep::kUniform) return {kind, ir.CreateSExt(v, ir.i64)};
    v = splat(ir, v);
  }
  if (kind.rep == Rep::kNarrow) return {kind, is_wide ? ir.CreateTrunc(v, vector_of(ir, ir.i32)) : v};
  return {kind, ir.CreateSExt(v, vector_of(ir, ir.i64))};
}

Value floating(Cursor& here, const Item& item, const Kind& kind) {
  Builder& ir = here.ir;
  const Instruction& in = item.in;
  if (isa::info(in.op).extension == isa::Extension::kZfh) return half(here, item, kind);
  const std::string_view name = isa::info(in.op).name;
  const bool once = is_uniform(kind.rep);
  const bool from_integer = isa::info(in.op).syntax[3] == 's';
  const bool to_integer_register = isa::info(in.op).syntax[0] == 'd';
  const auto shape = [&](llvm::Type* element) { return once ? element : vector_of(ir, element); };

  if (from_integer) {
    const Value a = read_first(here, item);
    const char type = float_type(in.op);
    llvm::Type* real = shape(type == 'd' ? ir.f64 : ir.f32);
    const auto low = [&] { return once ? ir.CreateTrunc(a.v, ir.i32) : narrow(ir, a); };
    const auto all = [&] { return once ? a.v : wide(ir, a); };
    if (name == "fmv.w.x") return {kind, ir.CreateBitCast(low(), real)};
    if (name == "fmv.d.x") return {kind, ir.CreateBitCast(all(), real)};
    if (!name.starts_with("fcvt.")) return {kind, unknown(here.kernel, in.op, real)};
    const bool is_unsigned = name.ends_with("u");
    if (const auto found = here.wholes.find(a.v); name == "fcvt.d.l" && found != here.wholes.end() &&
                                                  !ir.host.converts_longs && found->second->getType() == real)
      return {kind, from_rounded(ir, found->second)};
    llvm::Value* v = name.substr(7, 1) == "w" ? low() : all();
    return {kind, is_unsigned ? ir.CreateUIToFP(v, real) : ir.CreateSIToFP(v, real)};
  }

  if (name == "fmv.x.w" || name == "fmv.x.d") {
    Value a = read(here, in.rs1);
    if (name == "fmv.x.d") a = boxed(ir, a);
    const bool one = is_uniform(a.kind.rep);
    llvm::Value* v = a.kind.nan == Nan::kLoose ? canonical(ir, a.v) : a.v;
    llvm::Type* element = is_double(a.kind.rep) ? ir.i64 : ir.i32;
    v = ir.CreateBitCast(v, one ? element : vector_of(ir, element));
    llvm::Type *word = one ? ir.i32 : vector_of(ir, ir.i32), *big = one ? ir.i64 : vector_of(ir, ir.i64);
    if (name == "fmv.x.d")
      return {kind, kind.rep == Rep::kNarrow ? ir.CreateTrunc(v, vector_of(ir, ir.i32)) : v};
    if (is_double(a.kind.rep)) v = ir.CreateTrunc(v, word);
    if (kind.rep == Rep::kUniform) return {kind, ir.CreateSExt(v, big)};
    return {kind, one ? splat(ir, v) : v};
  }

  if (to_integer_register) {  // conversions and comparisons
    const char type = name[name.rfind('.') + 1];
    Value a = float_operand(here, in.rs1, type, once);
    if (name.starts_with("fclass")) {
      if (a.kind.nan == Nan::kLoose) a.v = canonical(ir, a.v);
      llvm::Value* bits = ir.CreateBitCast(a.v, shape(type == 'd' ? ir.i64 : ir.i32));
      return whole_result(ir, kind, type == 'd' ? classes(ir, bits, 11, 52) : classes(ir, bits, 8, 23));
    }
    if (name.starts_with("fcvt")) {
      const std::string_view target = name.substr(5, name.rfind('.') - 5);
      return whole_result(ir, kind,
                          to_integer(here, a.v, in.rounding, target.size() == 1, target[0] == 'w' ? 32 : 64));
    }
    const Value b = float_operand(here, in.rs2, type, once);
    llvm::Value* c = float_comparison(here.kernel, in.op, a.v, b.v);
    return whole_result(ir, kind, ir.CreateZExt(c, shape(ir.i32)));
  }

  const char type = float_type(in.op);
  if (name == "fcvt.s.d" || name == "fcvt.d.s") {
    const Value a = float_operand(here, in.rs1, name[7], once);
    llvm::Type* real = shape(type == 'd' ? ir.f64 : ir.f32);
    return {kind, type == 'd' ? ir.CreateFPExt(a.v, real) : ir.CreateFPTrunc(a.v, real)};
  }
  Value a = float_operand(here, in.rs1, type, once);
  if (name.starts_with("fsgnj")) {
    if (name.starts_with("fsgnj.") && in.rs1 == in.rs2) {
      a.kind.stride = 0;
      return a;
    }
    Value b = float_operand(here, in.rs2, type, once);
    if (a.kind.nan == Nan::kLoose) a.v = canonical(ir, a.v);
    if (b.kind.nan == Nan::kLoose) b.v = canonical(ir, b.v);
    return {kind, sign_injected(ir, item, a.v, b.v)};
  }
  if (name.starts_with("fsqrt")) return {kind, ir.CreateUnaryIntrinsic(llvm::Intrinsic::sqrt, a.v)};
  const Value b = float_operand(here, in.rs2, type, once);
  if (name.starts_with("fadd")) return {kind, ir.CreateFAdd(a.v, b.v)};
  if (name.starts_with("fsub")) return {kind, ir.CreateFSub(a.v, b.v)};
  if (name.starts_with("fmul")) return {kind, ir.CreateFMul(a.v, b.v)};
  if (name.starts_with("fdiv")) return {kind, ir.CreateFDiv(a.v, b.v)};
  if (name.starts_with("fmin")) return {kind, minimum_or_maximum(ir, a.v, b.v, false)};
  if (name.starts_with("fmax")) return {kind, minimum_or_maximum(ir, a.v, b.v, true)};
  if (isa::info(in.op).format != isa::Format::kFloatFused)
    return {kind, unknown(here.kernel, in.op, a.v->getType())};
  const Value c = float_operand(here, in.rs3, type, once);
  const bool negates_product = name.starts_with("fn");
  const bool negates_sum = name.starts_with("fmsub") || name.starts_with("fnmadd");
  llvm::Value* x = negates_product ? ir.CreateFNeg(a.v) : a.v;
  llvm::Value* z = negates_sum ? ir.CreateFNeg(c.v) : c.v;
  return {kind, ir.CreateIntrinsic(llvm::Intrinsic::fma, {x->getType()}, {x, b.v, z})};
}

}  // namespace kiesel::translator
