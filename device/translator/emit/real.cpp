#include "device/translator/emit/real.hpp"

#include <llvm/IR/PatternMatch.h>

#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/emit.hpp"

namespace kiesel::translator {

namespace {

// One instruction of the host, which gives its second operand for NaNs and for two zeros.
llvm::Value* host_extreme(Builder& ir, llvm::Value* a, llvm::Value* b, bool maximum) {
  return ir.CreateSelect(maximum ? ir.CreateFCmpOGT(a, b) : ir.CreateFCmpOLT(a, b), a, b);
}

// Hosts without an instruction for it add and take away what leaves no fraction, and correct by one.
llvm::Value* rounded_to_whole(Builder& ir, llvm::Value* v, unsigned rounding) {
  llvm::Type* real = v->getType();
  llvm::Intrinsic::ID id = llvm::Intrinsic::trunc;
  if (rounding == isa::kRoundNearestEven || rounding == isa::kRoundDynamic) id = llvm::Intrinsic::rint;
  if (rounding == isa::kRoundDown) id = llvm::Intrinsic::floor;
  if (rounding == isa::kRoundUp) id = llvm::Intrinsic::ceil;
  if (ir.host.fuses) return ir.CreateUnaryIntrinsic(id, v);
  const auto n = [&](double k) { return llvm::ConstantFP::get(real, k); };
  const auto size_of = [&](llvm::Value* x) { return ir.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, x); };
  llvm::Value *size = size_of(v), *most = n(real->getScalarType()->isDoubleTy() ? 0x1p52 : 0x1p23);
  llvm::Value* whole = ir.CreateFSub(ir.CreateFAdd(size, most), most);
  whole = ir.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, whole, v);
  const auto corrected = [&](llvm::Value* is_off, double by) {
    whole = ir.CreateSelect(is_off, ir.CreateFAdd(whole, n(by)), whole);
  };
  if (id == llvm::Intrinsic::floor) corrected(ir.CreateFCmpOGT(whole, v), -1.0);
  if (id == llvm::Intrinsic::ceil) corrected(ir.CreateFCmpOLT(whole, v), 1.0);
  if (id == llvm::Intrinsic::trunc) {
    llvm::Value *over = ir.CreateFCmpOGT(size_of(whole), size), *below = ir.CreateFCmpOLT(v, n(0.0));
    corrected(ir.CreateAnd(over, below), 1.0);
    corrected(ir.CreateAnd(over, ir.CreateNot(below)), -1.0);
  }
  return ir.CreateSelect(ir.CreateFCmpOLT(size, most), whole, v);
}

}  // namespace

llvm::Value* sign_injected(Builder& ir, const Item& item, llvm::Value* a, llvm::Value* b) {
  const std::string_view name = isa::info(item.in.op).name;
  llvm::Type* real = a->getType();
  const bool is_double = real->getScalarType()->isDoubleTy();
  llvm::Type* type = is_double ? ir.i64 : ir.i32;
  if (real->isVectorTy()) type = vector_of(ir, type);
  llvm::Value* sign =
      llvm::ConstantInt::get(type, is_double ? std::uint64_t{1} << 63 : std::uint64_t{1} << 31);
  llvm::Value *x = ir.CreateBitCast(a, type), *y = ir.CreateBitCast(b, type);
  llvm::Value* result;
  if (name.starts_with("fsgnjx."))
    result = ir.CreateXor(x, ir.CreateAnd(y, sign));
  else {
    if (name.starts_with("fsgnjn.")) y = ir.CreateNot(y);
    result = ir.CreateOr(ir.CreateAnd(x, ir.CreateNot(sign)), ir.CreateAnd(y, sign));
  }
  return ir.CreateBitCast(result, real);
}

// The number where one operand is NaN; -0 is less than +0.
llvm::Value* minimum_or_maximum(Builder& ir, llvm::Value* a, llvm::Value* b, bool maximum) {
  const auto decides_ties = [&](llvm::Value* v) {
    const llvm::APFloat* number = nullptr;
    return match(v, llvm::PatternMatch::m_APFloat(number)) && !number->isNaN() &&
           (number->isNonZero() || number->isNegative() != maximum);
  };
  if (decides_ties(a)) std::swap(a, b);
  if (ir.host.takes_second && decides_ties(b)) return host_extreme(ir, a, b, maximum);
  a = ir.CreateSelect(ir.CreateFCmpUNO(a, a), b, a);
  b = ir.CreateSelect(ir.CreateFCmpUNO(b, b), a, b);
  // Both ways differ in the sign of zero at most.
  llvm::Type* real = a->getType();
  llvm::Type* type = real->getScalarType()->isDoubleTy() ? ir.i64 : ir.i32;
  if (real->isVectorTy()) type = vector_of(ir, type);
  llvm::Value* x = ir.CreateBitCast(host_extreme(ir, a, b, maximum), type);
  llvm::Value* y = ir.CreateBitCast(host_extreme(ir, b, a, maximum), type);
  return ir.CreateBitCast(maximum ? ir.CreateAnd(x, y) : ir.CreateOr(x, y), real);
}

// Saturating; NaN becomes the largest.
llvm::Value* to_integer(Cursor& here, llvm::Value* v, unsigned rounding, bool is_signed, unsigned width) {
  Builder& ir = here.ir;
  llvm::Type* real = v->getType();
  llvm::Type* type = width == 32 ? ir.i32 : ir.i64;
  if (real->isVectorTy()) type = vector_of(ir, type);
  llvm::Value* whole = rounded_to_whole(ir, v, rounding);
  if (rounding == isa::kRoundNearestAway) {
    llvm::Value* rest = ir.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, ir.CreateFSub(v, whole));
    llvm::Value* one =
        ir.CreateBinaryIntrinsic(llvm::Intrinsic::copysign, llvm::ConstantFP::get(real, 1.0), v);
    whole = ir.CreateSelect(ir.CreateFCmpOGE(rest, llvm::ConstantFP::get(real, 0.5)),
                            ir.CreateFAdd(whole, one), whole);
  }
  const double end = width == 32 ? (is_signed ? 0x1p31 : 0x1p32) : (is_signed ? 0x1p63 : 0x1p64);
  llvm::Value* first = llvm::ConstantFP::get(real, is_signed ? -end : 0.0);
  llvm::Value* inside =
      ir.CreateAnd(ir.CreateFCmpOGE(whole, first), ir.CreateFCmpOLT(whole, llvm::ConstantFP::get(real, end)));
  llvm::Value* safe = ir.CreateSelect(inside, whole, llvm::ConstantFP::get(real, 0.0));
  llvm::Value* number = is_signed ? ir.CreateFPToSI(safe, type) : ir.CreateFPToUI(safe, type);
  const std::uint64_t most = is_signed ? (std::uint64_t{1} << (width - 1)) - 1 : ~std::uint64_t{0};
  const std::uint64_t least = is_signed ? std::uint64_t{1} << (width - 1) : 0;
  llvm::Value* outside = ir.CreateSelect(ir.CreateFCmpOLT(whole, first), llvm::ConstantInt::get(type, least),
                                         llvm::ConstantInt::get(type, most));
  llvm::Value* result = ir.CreateSelect(inside, number, outside);
  if (is_signed && width == 64) here.wholes[result] = whole;
  return result;
}

// What to_integer() made of a double as a double again: hosts without AVX-512 have instructions for neither
// conversion, but one that rounds.
llvm::Value* from_rounded(Builder& ir, llvm::Value* whole) {
  const auto bound = [&](double k) { return llvm::ConstantFP::get(whole->getType(), k); };
  llvm::Value* v = host_extreme(ir, whole, bound(0x1p63), false);
  v = host_extreme(ir, v, bound(-0x1p63), true);
  return ir.CreateFAdd(v, bound(0.0));  // of -0
}

// What fclass says of a number's bits.
llvm::Value* classes(Builder& ir, llvm::Value* bits, unsigned exponent_bits, unsigned fraction_bits) {
  llvm::Type* type = bits->getType();
  const auto n = [&](std::uint64_t v) { return llvm::ConstantInt::get(type, v); };
  const std::uint64_t most = (std::uint64_t{1} << exponent_bits) - 1;
  llvm::Value* exponent = ir.CreateAnd(ir.CreateLShr(bits, n(fraction_bits)), n(most));
  llvm::Value* fraction = ir.CreateAnd(bits, n((std::uint64_t{1} << fraction_bits) - 1));
  llvm::Value* below =
      ir.CreateICmpNE(ir.CreateAnd(bits, n(std::uint64_t{1} << (exponent_bits + fraction_bits))), n(0));
  llvm::Value* empty = ir.CreateICmpEQ(fraction, n(0));
  const auto of_sign = [&](unsigned negative, unsigned positive) {
    return ir.CreateSelect(below, n(1u << negative), n(1u << positive));
  };
  llvm::Value* quiet = ir.CreateICmpUGE(fraction, n(std::uint64_t{1} << (fraction_bits - 1)));
  llvm::Value* top = ir.CreateSelect(empty, of_sign(0, 7), ir.CreateSelect(quiet, n(1 << 9), n(1 << 8)));
  llvm::Value* small = ir.CreateSelect(empty, of_sign(3, 4), of_sign(2, 5));
  llvm::Value* rest = ir.CreateSelect(ir.CreateICmpEQ(exponent, n(0)), small, of_sign(1, 6));
  return ir.CreateSelect(ir.CreateICmpEQ(exponent, n(most)), top, rest);
}

llvm::Value* float_comparison(Kernel& kernel, isa::Op op, llvm::Value* a, llvm::Value* b) {
  Builder& ir = kernel.ir;
  const std::string_view name = isa::info(op).name;
  if (name.starts_with("feq.")) return ir.CreateFCmpOEQ(a, b);
  if (name.starts_with("flt.")) return ir.CreateFCmpOLT(a, b);
  if (name.starts_with("fle.")) return ir.CreateFCmpOLE(a, b);
  return unknown(kernel, op, a->getType()->isVectorTy() ? vector_of(ir, ir.i1) : ir.i1);
}

}  // namespace kiesel::translator
