// Floating point in the host's arithmetic, rounding to nearest even; the device's only difference are
// canonical NaNs, which are made when bits are looked at (Nan in kinds.hpp).
#include <llvm/IR/PatternMatch.h>

#include "device/translator/emit/emitter.hpp"

namespace kiesel::translator {

using isa::Op;

Value Emitter::float_operand(Register r, char type, bool uniform) {
  Value value = read(r);
  value = type == 'd' ? boxed(value) : single(value);
  if (is_uniform(value.kind.rep) && !uniform) {
    value.v = splat(value.v);
    value.kind.rep = type == 'd' ? Rep::kDoubles : Rep::kFloats;
  }
  return value;
}

llvm::Value* Emitter::sign_injected(const Item& item, llvm::Value* a, llvm::Value* b) {
  const std::string_view name = isa::info(item.in.op).name;
  llvm::Type* real = a->getType();
  const bool is_double = real->getScalarType()->isDoubleTy();
  llvm::Type* type = is_double ? i64_ : i32_;
  if (real->isVectorTy()) type = lanes(type);
  llvm::Value* sign =
      llvm::ConstantInt::get(type, is_double ? std::uint64_t{1} << 63 : std::uint64_t{1} << 31);
  llvm::Value *x = b_.CreateBitCast(a, type), *y = b_.CreateBitCast(b, type);
  llvm::Value* result;
  if (name.starts_with("fsgnjx."))
    result = b_.CreateXor(x, b_.CreateAnd(y, sign));
  else {
    if (name.starts_with("fsgnjn.")) y = b_.CreateNot(y);
    result = b_.CreateOr(b_.CreateAnd(x, b_.CreateNot(sign)), b_.CreateAnd(y, sign));
  }
  return b_.CreateBitCast(result, real);
}

// One instruction of the host, which gives its second operand for NaNs and for two zeros.
llvm::Value* Emitter::host_extreme(llvm::Value* a, llvm::Value* b, bool maximum) {
  return b_.CreateSelect(maximum ? b_.CreateFCmpOGT(a, b) : b_.CreateFCmpOLT(a, b), a, b);
}

// The number where one operand is NaN; -0 is less than +0.
llvm::Value* Emitter::minimum_or_maximum(llvm::Value* a, llvm::Value* b, bool maximum) {
  const auto decides_ties = [&](llvm::Value* v) {
    const llvm::APFloat* number = nullptr;
    return match(v, llvm::PatternMatch::m_APFloat(number)) && !number->isNaN() &&
           (number->isNonZero() || number->isNegative() != maximum);
  };
  if (decides_ties(a)) std::swap(a, b);
  if (host_.takes_second && decides_ties(b)) return host_extreme(a, b, maximum);
  a = b_.CreateSelect(b_.CreateFCmpUNO(a, a), b, a);
  b = b_.CreateSelect(b_.CreateFCmpUNO(b, b), a, b);
  // Both ways differ in the sign of zero at most.
  llvm::Type* real = a->getType();
  llvm::Type* type = real->getScalarType()->isDoubleTy() ? i64_ : i32_;
  if (real->isVectorTy()) type = lanes(type);
  llvm::Value* x = b_.CreateBitCast(host_extreme(a, b, maximum), type);
  llvm::Value* y = b_.CreateBitCast(host_extreme(b, a, maximum), type);
  return b_.CreateBitCast(maximum ? b_.CreateAnd(x, y) : b_.CreateOr(x, y), real);
}

// Hosts without an instruction for it add and take away what leaves no fraction, and correct by one.
llvm::Value* Emitter::rounded_to_whole(llvm::Value* v, unsigned rounding) {
  llvm::Type* real = v->getType();
  llvm::Intrinsic::ID id = llvm::Intrinsic::trunc;
  if (rounding == isa::kRoundNearestEven || rounding == isa::kRoundDynamic) id = llvm::Intrinsic::rint;
  if (rounding == isa::kRoundDown) id = llvm::Intrinsic::floor;
  if (rounding == isa::kRoundUp) id = llvm::Intrinsic::ceil;
  if (host_.fuses) return b_.CreateUnaryIntrinsic(id, v);
  const auto n = [&](double k) { return llvm::ConstantFP::get(real, k); };
  const auto size_of = [&](llvm::Value* x) { return b_.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, x); };
  llvm::Value *size = size_of(v), *most = n(real->getScalarType()->isDoubleTy() ? 0x1p52 : 0x1p23);
  llvm::Value* whole = b_.CreateFSub(b_.CreateFAdd(size, most), most);
  whole = b_.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, whole, v);
  const auto corrected = [&](llvm::Value* is_off, double by) {
    whole = b_.CreateSelect(is_off, b_.CreateFAdd(whole, n(by)), whole);
  };
  if (id == llvm::Intrinsic::floor) corrected(b_.CreateFCmpOGT(whole, v), -1.0);
  if (id == llvm::Intrinsic::ceil) corrected(b_.CreateFCmpOLT(whole, v), 1.0);
  if (id == llvm::Intrinsic::trunc) {
    llvm::Value *over = b_.CreateFCmpOGT(size_of(whole), size), *below = b_.CreateFCmpOLT(v, n(0.0));
    corrected(b_.CreateAnd(over, below), 1.0);
    corrected(b_.CreateAnd(over, b_.CreateNot(below)), -1.0);
  }
  return b_.CreateSelect(b_.CreateFCmpOLT(size, most), whole, v);
}

// Saturating; NaN becomes the largest.
llvm::Value* Emitter::to_integer(llvm::Value* v, unsigned rounding, bool is_signed, unsigned width) {
  llvm::Type* real = v->getType();
  llvm::Type* type = width == 32 ? i32_ : i64_;
  if (real->isVectorTy()) type = lanes(type);
  llvm::Value* whole = rounded_to_whole(v, rounding);
  if (rounding == isa::kRoundNearestAway) {
    llvm::Value* rest = b_.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, b_.CreateFSub(v, whole));
    llvm::Value* one =
        b_.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, llvm::ConstantFP::get(real, 1.0), v);
    whole = b_.CreateSelect(b_.CreateFCmpOGE(rest, llvm::ConstantFP::get(real, 0.5)),
                            b_.CreateFAdd(whole, one), whole);
  }
  const double end = width == 32 ? (is_signed ? 0x1p31 : 0x1p32) : (is_signed ? 0x1p63 : 0x1p64);
  llvm::Value* first = llvm::ConstantFP::get(real, is_signed ? -end : 0.0);
  llvm::Value* inside =
      b_.CreateAnd(b_.CreateFCmpOGE(whole, first), b_.CreateFCmpOLT(whole, llvm::ConstantFP::get(real, end)));
  llvm::Value* safe = b_.CreateSelect(inside, whole, llvm::ConstantFP::get(real, 0.0));
  llvm::Value* number = is_signed ? b_.CreateFPToSI(safe, type) : b_.CreateFPToUI(safe, type);
  const std::uint64_t most = is_signed ? (std::uint64_t{1} << (width - 1)) - 1 : ~std::uint64_t{0};
  const std::uint64_t least = is_signed ? std::uint64_t{1} << (width - 1) : 0;
  llvm::Value* outside = b_.CreateSelect(b_.CreateFCmpOLT(whole, first), llvm::ConstantInt::get(type, least),
                                         llvm::ConstantInt::get(type, most));
  llvm::Value* result = b_.CreateSelect(inside, number, outside);
  if (is_signed && width == 64) wholes_[result] = whole;
  return result;
}

// What to_integer() made of a double as a double again: hosts without AVX-512 have instructions for neither
// conversion, but one that rounds.
llvm::Value* Emitter::from_rounded(llvm::Value* whole) {
  const auto bound = [&](double k) { return llvm::ConstantFP::get(whole->getType(), k); };
  llvm::Value* v = host_extreme(whole, bound(0x1p63), false);
  v = host_extreme(v, bound(-0x1p63), true);
  return b_.CreateFAdd(v, bound(0.0));  // of -0
}

// 32 or 64 bits, one number or one a lane, as the register holds it.
Value Emitter::whole_result(const Kind& kind, llvm::Value* v) {
  const bool is_wide = v->getType()->getScalarSizeInBits() == 64;
  if (!v->getType()->isVectorTy()) {
    if (kind.rep == Rep::kUniform) return {kind, b_.CreateSExt(v, i64_)};
    v = splat(v);
  }
  if (kind.rep == Rep::kNarrow) return {kind, is_wide ? b_.CreateTrunc(v, lanes(i32_)) : v};
  return {kind, b_.CreateSExt(v, lanes(i64_))};
}

// What fclass says of a number's bits.
llvm::Value* Emitter::classes(llvm::Value* bits, unsigned exponent_bits, unsigned fraction_bits) {
  llvm::Type* type = bits->getType();
  const auto n = [&](std::uint64_t v) { return llvm::ConstantInt::get(type, v); };
  const std::uint64_t most = (std::uint64_t{1} << exponent_bits) - 1;
  llvm::Value* exponent = b_.CreateAnd(b_.CreateLShr(bits, n(fraction_bits)), n(most));
  llvm::Value* fraction = b_.CreateAnd(bits, n((std::uint64_t{1} << fraction_bits) - 1));
  llvm::Value* below =
      b_.CreateICmpNE(b_.CreateAnd(bits, n(std::uint64_t{1} << (exponent_bits + fraction_bits))), n(0));
  llvm::Value* empty = b_.CreateICmpEQ(fraction, n(0));
  const auto of_sign = [&](unsigned negative, unsigned positive) {
    return b_.CreateSelect(below, n(1u << negative), n(1u << positive));
  };
  llvm::Value* quiet = b_.CreateICmpUGE(fraction, n(std::uint64_t{1} << (fraction_bits - 1)));
  llvm::Value* top = b_.CreateSelect(empty, of_sign(0, 7), b_.CreateSelect(quiet, n(1 << 9), n(1 << 8)));
  llvm::Value* small = b_.CreateSelect(empty, of_sign(3, 4), of_sign(2, 5));
  llvm::Value* rest = b_.CreateSelect(b_.CreateICmpEQ(exponent, n(0)), small, of_sign(1, 6));
  return b_.CreateSelect(b_.CreateICmpEQ(exponent, n(most)), top, rest);
}

llvm::Value* Emitter::float_comparison(isa::Op op, llvm::Value* a, llvm::Value* b) {
  const std::string_view name = isa::info(op).name;
  if (name.starts_with("feq.")) return b_.CreateFCmpOEQ(a, b);
  if (name.starts_with("flt.")) return b_.CreateFCmpOLT(a, b);
  if (name.starts_with("fle.")) return b_.CreateFCmpOLE(a, b);
  return unknown(op, a->getType()->isVectorTy() ? lanes(i1_) : i1_);
}

Value Emitter::floating(const Item& item, const Kind& kind) {
  const Instruction& in = item.in;
  if (isa::info(in.op).extension == isa::Extension::kZfh) return half(item, kind);
  const std::string_view name = isa::info(in.op).name;
  const bool once = is_uniform(kind.rep);
  const bool from_integer = isa::info(in.op).syntax[3] == 's';
  const bool to_integer_register = isa::info(in.op).syntax[0] == 'd';
  const auto shape = [&](llvm::Type* element) { return once ? element : lanes(element); };

  if (from_integer) {
    const Value a = read_first(item);
    const char type = float_type(in.op);
    llvm::Type* real = shape(type == 'd' ? double_ : float_);
    const auto low = [&] { return once ? b_.CreateTrunc(a.v, i32_) : narrow(a); };
    const auto all = [&] { return once ? a.v : wide(a); };
    if (name == "fmv.w.x") return {kind, b_.CreateBitCast(low(), real)};
    if (name == "fmv.d.x") return {kind, b_.CreateBitCast(all(), real)};
    if (!name.starts_with("fcvt.")) return {kind, unknown(in.op, real)};
    const bool is_unsigned = name.ends_with("u");
    if (const auto found = wholes_.find(a.v); name == "fcvt.d.l" && found != wholes_.end() &&
                                              !host_.converts_longs && found->second->getType() == real)
      return {kind, from_rounded(found->second)};
    llvm::Value* v = name.substr(7, 1) == "w" ? low() : all();
    return {kind, is_unsigned ? b_.CreateUIToFP(v, real) : b_.CreateSIToFP(v, real)};
  }

  if (name == "fmv.x.w" || name == "fmv.x.d") {
    Value a = read(in.rs1);
    if (name == "fmv.x.d") a = boxed(a);
    const bool one = is_uniform(a.kind.rep);
    llvm::Value* v = a.kind.nan == Nan::kLoose ? canonical(a.v) : a.v;
    llvm::Type* element = is_double(a.kind.rep) ? i64_ : i32_;
    v = b_.CreateBitCast(v, one ? element : lanes(element));
    llvm::Type *word = one ? i32_ : lanes(i32_), *big = one ? i64_ : lanes(i64_);
    if (name == "fmv.x.d") return {kind, kind.rep == Rep::kNarrow ? b_.CreateTrunc(v, lanes(i32_)) : v};
    if (is_double(a.kind.rep)) v = b_.CreateTrunc(v, word);
    if (kind.rep == Rep::kUniform) return {kind, b_.CreateSExt(v, big)};
    return {kind, one ? splat(v) : v};
  }

  if (to_integer_register) {  // conversions and comparisons
    const char type = name[name.rfind('.') + 1];
    Value a = float_operand(in.rs1, type, once);
    if (name.starts_with("fclass")) {
      if (a.kind.nan == Nan::kLoose) a.v = canonical(a.v);
      llvm::Value* bits = b_.CreateBitCast(a.v, shape(type == 'd' ? i64_ : i32_));
      return whole_result(kind, type == 'd' ? classes(bits, 11, 52) : classes(bits, 8, 23));
    }
    if (name.starts_with("fcvt")) {
      const std::string_view target = name.substr(5, name.rfind('.') - 5);
      return whole_result(kind, to_integer(a.v, in.rounding, target.size() == 1, target[0] == 'w' ? 32 : 64));
    }
    const Value b = float_operand(in.rs2, type, once);
    llvm::Value* c = float_comparison(in.op, a.v, b.v);
    return whole_result(kind, b_.CreateZExt(c, shape(i32_)));
  }

  const char type = float_type(in.op);
  if (name == "fcvt.s.d" || name == "fcvt.d.s") {
    const Value a = float_operand(in.rs1, name[7], once);
    llvm::Type* real = shape(type == 'd' ? double_ : float_);
    return {kind, type == 'd' ? b_.CreateFPExt(a.v, real) : b_.CreateFPTrunc(a.v, real)};
  }
  Value a = float_operand(in.rs1, type, once);
  if (name.starts_with("fsgnj")) {
    if (name.starts_with("fsgnj.") && in.rs1 == in.rs2) {
      a.kind.stride = 0;
      return a;
    }
    Value b = float_operand(in.rs2, type, once);
    if (a.kind.nan == Nan::kLoose) a.v = canonical(a.v);
    if (b.kind.nan == Nan::kLoose) b.v = canonical(b.v);
    return {kind, sign_injected(item, a.v, b.v)};
  }
  if (name.starts_with("fsqrt")) return {kind, b_.CreateUnaryIntrinsic(llvm::Intrinsic::sqrt, a.v)};
  const Value b = float_operand(in.rs2, type, once);
  if (name.starts_with("fadd")) return {kind, b_.CreateFAdd(a.v, b.v)};
  if (name.starts_with("fsub")) return {kind, b_.CreateFSub(a.v, b.v)};
  if (name.starts_with("fmul")) return {kind, b_.CreateFMul(a.v, b.v)};
  if (name.starts_with("fdiv")) return {kind, b_.CreateFDiv(a.v, b.v)};
  if (name.starts_with("fmin")) return {kind, minimum_or_maximum(a.v, b.v, false)};
  if (name.starts_with("fmax")) return {kind, minimum_or_maximum(a.v, b.v, true)};
  if (isa::info(in.op).format != isa::Format::kFloatFused) return {kind, unknown(in.op, a.v->getType())};
  const Value c = float_operand(in.rs3, type, once);
  const bool negates_product = name.starts_with("fn");
  const bool negates_sum = name.starts_with("fmsub") || name.starts_with("fnmadd");
  llvm::Value* x = negates_product ? b_.CreateFNeg(a.v) : a.v;
  llvm::Value* z = negates_sum ? b_.CreateFNeg(c.v) : c.v;
  return {kind, b_.CreateIntrinsic(llvm::Intrinsic::fma, {x->getType()}, {x, b.v, z})};
}

}  // namespace kiesel::translator
