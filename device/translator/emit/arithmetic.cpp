#include "device/translator/emit/arithmetic.hpp"

#include <algorithm>

#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/emit.hpp"

namespace kiesel::translator {

using isa::Op;

namespace {

bool divides(Op op) {
  switch (op) {
    case Op::div:
    case Op::divu:
    case Op::rem:
    case Op::remu:
    case Op::divw:
    case Op::divuw:
    case Op::remw:
    case Op::remuw:
      return true;
    default:
      return false;
  }
}

// The upper half of unsigned products of 64 bits, from products of 32.
llvm::Value* high_products(Builder& ir, llvm::Value* a, llvm::Value* b) {
  llvm::Value* low = llvm::ConstantInt::get(a->getType(), 0xFFFFFFFF);
  const auto lower = [&](llvm::Value* v) { return ir.CreateAnd(v, low); };
  const auto upper = [&](llvm::Value* v) { return ir.CreateLShr(v, std::uint64_t{32}); };
  llvm::Value* ll = ir.CreateMul(lower(a), lower(b));
  llvm::Value* middle = ir.CreateAdd(ir.CreateMul(upper(a), lower(b)), upper(ll));
  llvm::Value* other = ir.CreateAdd(ir.CreateMul(lower(a), upper(b)), lower(middle));
  return ir.CreateAdd(ir.CreateAdd(ir.CreateMul(upper(a), upper(b)), upper(middle)), upper(other));
}

// What is written alike for both widths, or null.
llvm::Value* compute(Builder& ir, const Instruction& in, llvm::Value* a, llvm::Value* b) {
  llvm::Type* type = a->getType();
  const auto n = [&](std::uint64_t v) { return llvm::ConstantInt::get(type, v); };
  const auto truth = [&](llvm::Value* c) { return ir.CreateZExt(c, type); };
  switch (in.op) {
    case Op::add:
    case Op::addi:
      return ir.CreateAdd(a, b);
    case Op::sub:
      return ir.CreateSub(a, b);
    case Op::mul:
      return ir.CreateMul(a, b);
    case Op::and_:
    case Op::andi:
      return ir.CreateAnd(a, b);
    case Op::or_:
    case Op::ori:
      return ir.CreateOr(a, b);
    case Op::xor_:
    case Op::xori:
      return ir.CreateXor(a, b);
    case Op::andn:
      return ir.CreateAnd(a, ir.CreateNot(b));
    case Op::orn:
      return ir.CreateOr(a, ir.CreateNot(b));
    case Op::xnor:
      return ir.CreateNot(ir.CreateXor(a, b));
    case Op::sh1add:
    case Op::sh2add:
    case Op::sh3add:
      return ir.CreateAdd(ir.CreateShl(a, n(shifted_sum(in.op)->shift)), b);
    case Op::slt:
    case Op::slti:
      return truth(ir.CreateICmpSLT(a, b));
    case Op::sltu:
    case Op::sltiu:
      return truth(ir.CreateICmpULT(a, b));
    case Op::min:
      return ir.CreateBinaryIntrinsic(llvm::Intrinsic::smin, a, b);
    case Op::max:
      return ir.CreateBinaryIntrinsic(llvm::Intrinsic::smax, a, b);
    case Op::minu:
      return ir.CreateBinaryIntrinsic(llvm::Intrinsic::umin, a, b);
    case Op::maxu:
      return ir.CreateBinaryIntrinsic(llvm::Intrinsic::umax, a, b);
    case Op::zext_h:
      return ir.CreateAnd(a, n(0xFFFF));
    default:
      return nullptr;
  }
}

}  // namespace

llvm::Value* divide64(Builder& ir, const Instruction& in, llvm::Value* a, llvm::Value* b) {
  llvm::Type* type = a->getType();
  const auto n = [&](std::int64_t v) {
    return llvm::ConstantInt::get(type, static_cast<std::uint64_t>(v), true);
  };
  const bool is_signed = in.op == Op::div || in.op == Op::rem || in.op == Op::divw || in.op == Op::remw;
  const bool quotient = in.op == Op::div || in.op == Op::divu || in.op == Op::divw || in.op == Op::divuw;
  llvm::Value* zero = ir.CreateICmpEQ(b, n(0));
  llvm::Value* odd = is_signed ? ir.CreateOr(zero, ir.CreateICmpEQ(b, n(-1))) : zero;
  llvm::Value* divisor = ir.CreateSelect(odd, n(1), b);
  llvm::Value* q = is_signed ? ir.CreateSDiv(a, divisor) : ir.CreateUDiv(a, divisor);
  if (is_signed) q = ir.CreateSelect(odd, ir.CreateNeg(a), q);
  if (quotient) return ir.CreateSelect(zero, n(-1), q);
  llvm::Value* rest = ir.CreateSub(a, ir.CreateMul(q, b));
  return ir.CreateSelect(zero, a, rest);
}

// Vectors divide as doubles: quotients of numbers of 32 bits are exact there once the fraction is cut off.
llvm::Value* divide32(Builder& ir, const Instruction& in, llvm::Value* a, llvm::Value* b) {
  if (!a->getType()->isVectorTy()) return divide64(ir, in, a, b);
  const bool is_signed = in.op == Op::divw || in.op == Op::remw;
  const bool quotient = in.op == Op::divw || in.op == Op::divuw;
  llvm::Type *real = vector_of(ir, ir.f64), *wide_type = vector_of(ir, ir.i64);
  llvm::Value *zero_lane = llvm::Constant::getNullValue(a->getType()),
              *ones = llvm::Constant::getAllOnesValue(a->getType());
  llvm::Value* zero = ir.CreateICmpEQ(b, zero_lane);
  llvm::Value* divisor = ir.CreateSelect(zero, llvm::ConstantInt::get(a->getType(), 1), b);
  llvm::Value* x = is_signed ? ir.CreateSIToFP(a, real) : ir.CreateUIToFP(a, real);
  llvm::Value* y = is_signed ? ir.CreateSIToFP(divisor, real) : ir.CreateUIToFP(divisor, real);
  // Of INT_MIN / -1 the lower half is what the device gives: through 64 bits.
  llvm::Value* whole = ir.CreateTrunc(ir.CreateFPToSI(ir.CreateFDiv(x, y), wide_type), a->getType());
  if (quotient) return ir.CreateSelect(zero, ones, whole);
  return ir.CreateSelect(zero, a, ir.CreateSub(a, ir.CreateMul(whole, b)));
}

llvm::Value* compute32(Kernel& kernel, const Instruction& in, llvm::Value* a, llvm::Value* b) {
  Builder& ir = kernel.ir;
  llvm::Type* type = a->getType();
  const auto n = [&](std::int64_t v) {
    return llvm::ConstantInt::get(type, static_cast<std::uint64_t>(v), true);
  };
  const auto shift = [&] { return ir.CreateAnd(b, n(31)); };
  if (llvm::Value* v = compute(ir, in, a, b)) return v;
  switch (in.op) {
    case Op::addw:
    case Op::addiw:
      return ir.CreateAdd(a, b);
    case Op::subw:
      return ir.CreateSub(a, b);
    case Op::mulw:
      return ir.CreateMul(a, b);
    case Op::slli:
    case Op::sllw:
    case Op::slliw:
      return ir.CreateShl(a, shift());
    case Op::srlw:
    case Op::srliw:
      return ir.CreateLShr(a, shift());
    case Op::sraw:
    case Op::sraiw:
      return ir.CreateAShr(a, shift());
    case Op::srai:
      return ir.CreateAShr(a, n(std::min<std::int64_t>(in.imm, 31)));
    case Op::rolw:
      return ir.CreateIntrinsic(llvm::Intrinsic::fshl, {type}, {a, a, b});
    case Op::rorw:
    case Op::roriw:
      return ir.CreateIntrinsic(llvm::Intrinsic::fshr, {type}, {a, a, b});
    case Op::clzw:
      return ir.CreateBinaryIntrinsic(llvm::Intrinsic::ctlz, a, ir.getFalse());
    case Op::ctzw:
      return ir.CreateBinaryIntrinsic(llvm::Intrinsic::cttz, a, ir.getFalse());
    case Op::cpopw:
      return ir.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, a);
    case Op::sext_b:
      return ir.CreateAShr(ir.CreateShl(a, n(24)), n(24));
    case Op::sext_h:
      return ir.CreateAShr(ir.CreateShl(a, n(16)), n(16));
    default:
      return divides(in.op) && is_word(in.op) ? divide32(ir, in, a, b) : unknown(kernel, in.op, type);
  }
}

llvm::Value* compute64(Kernel& kernel, const Instruction& in, llvm::Value* a, llvm::Value* b) {
  Builder& ir = kernel.ir;
  llvm::Type* type = a->getType();
  const auto n = [&](std::int64_t v) {
    return llvm::ConstantInt::get(type, static_cast<std::uint64_t>(v), true);
  };
  llvm::Type* half = type->isVectorTy() ? vector_of(ir, ir.i32) : ir.i32;
  if (is_word(in.op)) {
    llvm::Value* low = compute32(kernel, in, ir.CreateTrunc(a, half), ir.CreateTrunc(b, half));
    return ir.CreateSExt(low, type);
  }
  const auto shift = [&] { return ir.CreateAnd(b, n(63)); };
  const auto lower = [&] { return ir.CreateAnd(a, n(0xFFFFFFFF)); };
  const auto bit = [&] { return ir.CreateShl(n(1), shift()); };
  const auto high_product = [&](bool a_signed, bool b_signed) -> llvm::Value* {
    if (type->isVectorTy()) {  // of numbers below zero the other factor counts 2^64 too much
      llvm::Value* product = high_products(ir, a, b);
      if (a_signed) product = ir.CreateSub(product, ir.CreateAnd(ir.CreateAShr(a, std::uint64_t{63}), b));
      if (b_signed) product = ir.CreateSub(product, ir.CreateAnd(ir.CreateAShr(b, std::uint64_t{63}), a));
      return product;
    }
    llvm::Type* big = ir.getIntNTy(128);
    llvm::Value* x = a_signed ? ir.CreateSExt(a, big) : ir.CreateZExt(a, big);
    llvm::Value* y = b_signed ? ir.CreateSExt(b, big) : ir.CreateZExt(b, big);
    return ir.CreateTrunc(ir.CreateLShr(ir.CreateMul(x, y), llvm::ConstantInt::get(big, 64)), type);
  };
  if (llvm::Value* v = compute(ir, in, a, b)) return v;
  switch (in.op) {
    case Op::mulh:
      return high_product(true, true);
    case Op::mulhsu:
      return high_product(true, false);
    case Op::mulhu:
      return high_product(false, false);
    case Op::sll:
    case Op::slli:
      return ir.CreateShl(a, shift());
    case Op::srl:
    case Op::srli:
      return ir.CreateLShr(a, shift());
    case Op::sra:
    case Op::srai:
      return ir.CreateAShr(a, shift());
    case Op::add_uw:
    case Op::sh1add_uw:
    case Op::sh2add_uw:
    case Op::sh3add_uw:
      return ir.CreateAdd(ir.CreateShl(lower(), n(shifted_sum(in.op)->shift)), b);
    case Op::slli_uw:
      return ir.CreateShl(lower(), shift());
    case Op::czero_eqz:
      return ir.CreateSelect(ir.CreateICmpEQ(b, n(0)), n(0), a);
    case Op::czero_nez:
      return ir.CreateSelect(ir.CreateICmpEQ(b, n(0)), a, n(0));
    case Op::rol:
      return ir.CreateIntrinsic(llvm::Intrinsic::fshl, {type}, {a, a, b});
    case Op::ror:
    case Op::rori:
      return ir.CreateIntrinsic(llvm::Intrinsic::fshr, {type}, {a, a, b});
    case Op::clz:
      return ir.CreateBinaryIntrinsic(llvm::Intrinsic::ctlz, a, ir.getFalse());
    case Op::ctz:
      return ir.CreateBinaryIntrinsic(llvm::Intrinsic::cttz, a, ir.getFalse());
    case Op::cpop:
      return ir.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, a);
    case Op::sext_b:
      return ir.CreateAShr(ir.CreateShl(a, n(56)), n(56));
    case Op::sext_h:
      return ir.CreateAShr(ir.CreateShl(a, n(48)), n(48));
    case Op::rev8:
      return ir.CreateUnaryIntrinsic(llvm::Intrinsic::bswap, a);
    case Op::orc_b: {
      llvm::Value* low = ir.CreateAdd(ir.CreateAnd(a, n(0x7F7F7F7F7F7F7F7F)), n(0x7F7F7F7F7F7F7F7F));
      llvm::Value* ones = ir.CreateAnd(ir.CreateLShr(ir.CreateOr(a, low), n(7)), n(0x0101010101010101));
      return ir.CreateMul(ones, n(255));
    }
    case Op::bclr:
    case Op::bclri:
      return ir.CreateAnd(a, ir.CreateNot(bit()));
    case Op::bext:
    case Op::bexti:
      return ir.CreateAnd(ir.CreateLShr(a, shift()), n(1));
    case Op::binv:
    case Op::binvi:
      return ir.CreateXor(a, bit());
    case Op::bset:
    case Op::bseti:
      return ir.CreateOr(a, bit());
    default:
      return divides(in.op) ? divide64(ir, in, a, b) : unknown(kernel, in.op, type);
  }
}

}  // namespace kiesel::translator
