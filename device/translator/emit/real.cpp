#include "device/translator/emit/real.hpp"

#include <llvm/IR/PatternMatch.h>

namespace kiesel::translator {
namespace {

// One instruction of the host, which gives its second operand for NaNs and for two zeros.
llvm::Value* host_extreme(Builder& ir, llvm::Value* a, llvm::Value* b, bool maximum) {
  return ir.CreateSelect(maximum ? ir.CreateFCmpOGT(a, b) : ir.CreateFCmpOLT(a, b), a, b);
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

// A sum of two singles, rounded to odd; what its rounding lost is a single, too (Knuth's TwoSum, The Art of
// Computer Programming, volume 2, 4.2.2).
llvm::Value* odd_sum(Builder& ir, llvm::Value* a, llvm::Value* b) {
  llvm::Value *sum = ir.CreateFAdd(a, b), *of_b = ir.CreateFSub(sum, a);
  llvm::Value* lost = ir.CreateFAdd(ir.CreateFSub(a, ir.CreateFSub(sum, of_b)), ir.CreateFSub(b, of_b));
  llvm::Value* zero = llvm::Constant::getNullValue(sum->getType());
  llvm::Value* above = ir.CreateXor(ir.CreateFCmpOGT(sum, zero), ir.CreateFCmpOGT(lost, zero));
  llvm::Type* type = sum->getType()->isVectorTy() ? vector_of(ir, ir.i32) : ir.i32;
  llvm::Value* word = rounded_to_odd(ir, ir.CreateBitCast(sum, type), ir.CreateFCmpONE(lost, zero), above);
  return ir.CreateBitCast(word, sum->getType());
}

}  // namespace

// By the names of operations.def.
namespace real {
namespace {

#define KIESEL_DO(name, ...)                                                                       \
  llvm::Value* name([[maybe_unused]] Builder& ir, llvm::Value* a, [[maybe_unused]] llvm::Value* b, \
                    [[maybe_unused]] llvm::Value* c) {                                             \
    return __VA_ARGS__;                                                                            \
  }
llvm::Value* fused(Builder& ir, llvm::Value* a, llvm::Value* b, llvm::Value* c) {
  return ir.CreateIntrinsic(llvm::Intrinsic::fma, {a->getType()}, {a, b, c});
}
KIESEL_DO(fadd, ir.CreateFAdd(a, b))
KIESEL_DO(fsub, ir.CreateFSub(a, b))
KIESEL_DO(fmul, ir.CreateFMul(a, b))
KIESEL_DO(fdiv, ir.CreateFDiv(a, b))
KIESEL_DO(fsqrt, ir.CreateUnaryIntrinsic(llvm::Intrinsic::sqrt, a))
KIESEL_DO(fmadd, fused(ir, a, b, c))
KIESEL_DO(fmsub, fused(ir, a, b, ir.CreateFNeg(c)))
KIESEL_DO(fnmsub, fused(ir, ir.CreateFNeg(a), b, c))
KIESEL_DO(fnmadd, fused(ir, ir.CreateFNeg(a), b, ir.CreateFNeg(c)))
KIESEL_DO(fmin, minimum_or_maximum(ir, a, b, false))
KIESEL_DO(fmax, minimum_or_maximum(ir, a, b, true))
KIESEL_DO(feq, ir.CreateFCmpOEQ(a, b))
KIESEL_DO(flt, ir.CreateFCmpOLT(a, b))
KIESEL_DO(fle, ir.CreateFCmpOLE(a, b))

}  // namespace
}  // namespace real

// Of halves as singles: products are exact there.
namespace halves {
namespace {

using real::fadd, real::fsub, real::fmul, real::fdiv, real::fsqrt, real::fmin, real::fmax;
KIESEL_DO(fmadd, odd_sum(ir, ir.CreateFMul(a, b), c))
KIESEL_DO(fmsub, odd_sum(ir, ir.CreateFMul(a, b), ir.CreateFNeg(c)))
KIESEL_DO(fnmsub, odd_sum(ir, ir.CreateFNeg(ir.CreateFMul(a, b)), c))
KIESEL_DO(fnmadd, odd_sum(ir, ir.CreateFNeg(ir.CreateFMul(a, b)), ir.CreateFNeg(c)))
#undef KIESEL_DO

}  // namespace
}  // namespace halves

namespace {

namespace math_f16 = halves;
namespace math_f32 = real;
namespace math_f64 = real;

// On bits.
namespace signs {
using llvm::Value;
Value* put(Builder& ir, Value* a, Value* b, Value* sign) {
  return ir.CreateOr(ir.CreateAnd(a, ir.CreateNot(sign)), ir.CreateAnd(b, sign));
}
Value* fsgnj(Builder& ir, Value* a, Value* b, Value* sign) { return put(ir, a, b, sign); }
Value* fsgnjn(Builder& ir, Value* a, Value* b, Value* sign) { return put(ir, a, ir.CreateNot(b), sign); }
Value* fsgnjx(Builder& ir, Value* a, Value* b, Value* sign) { return ir.CreateXor(a, ir.CreateAnd(b, sign)); }
}  // namespace signs

}  // namespace

llvm::Value* float_math(Builder& ir, isa::Op op, llvm::Value* a, llvm::Value* b, llvm::Value* c) {
  switch (op) {
#define FAMILY_FloatMath(id, operation, values) \
  case isa::Op::id:                             \
    return math_##values::operation(ir, a, b, c);
#define FAMILY_FloatChoice(id, operation, values) \
  case isa::Op::id:                               \
    return math_##values::operation(ir, a, b, c);
#include "device/isa/operations.def"
    default:
      llvm_unreachable("no arithmetic of floats");
  }
}

llvm::Value* float_comparison(Builder& ir, isa::Op op, llvm::Value* a, llvm::Value* b) {
  switch (op) {
#define FAMILY_FloatCompare(id, operation, values) \
  case isa::Op::id:                                \
    return real::operation(ir, a, b, nullptr);
#include "device/isa/operations.def"
    default:
      llvm_unreachable("no comparison of floats");
  }
}

llvm::Value* with_sign(Builder& ir, isa::Op op, llvm::Value* a, llvm::Value* b, std::uint64_t sign) {
  llvm::Value* bit = llvm::ConstantInt::get(a->getType(), sign);
  switch (op) {
#define FAMILY_FloatSign(id, operation, values) \
  case isa::Op::id:                             \
    return signs::operation(ir, a, b, bit);
#include "device/isa/operations.def"
    default:
      llvm_unreachable("no sign of floats");
  }
}

llvm::Value* to_integer(Builder& ir, llvm::Value* v, unsigned rounding, const Whole& to,
                        llvm::Value** rounded) {
  const bool is_signed = to.is_signed;
  const unsigned width = to.bits;
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
  if (rounded) *rounded = whole;
  return ir.CreateSelect(inside, number, outside);
}

llvm::Value* from_rounded(Builder& ir, llvm::Value* whole) {
  const auto bound = [&](double k) { return llvm::ConstantFP::get(whole->getType(), k); };
  llvm::Value* v = host_extreme(ir, whole, bound(0x1p63), false);
  v = host_extreme(ir, v, bound(-0x1p63), true);
  return ir.CreateFAdd(v, bound(0.0));  // of -0
}

llvm::Value* to_float(Builder& ir, llvm::Value* v, const Whole& from, llvm::Type* real) {
  return from.is_signed ? ir.CreateSIToFP(v, real) : ir.CreateUIToFP(v, real);
}

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

llvm::Value* rounded_to_odd(Builder& ir, llvm::Value* word, llvm::Value* inexact, llvm::Value* above) {
  llvm::Value *one = llvm::ConstantInt::get(word->getType(), 1), *none = ir.CreateSub(one, one);
  llvm::Value* other = ir.CreateSelect(above, ir.CreateSub(word, one), ir.CreateAdd(word, one));
  llvm::Value* is_even = ir.CreateICmpEQ(ir.CreateAnd(word, one), none);
  return ir.CreateSelect(ir.CreateAnd(inexact, is_even), other, word);
}

}  // namespace kiesel::translator
