#include "device/translator/emit/arithmetic.hpp"

namespace kiesel::translator {
namespace {

using llvm::Value;

unsigned width_of(Value* v) { return v->getType()->getScalarSizeInBits(); }

llvm::Constant* number(Value* like, std::int64_t v) {
  return llvm::ConstantInt::get(like->getType(), static_cast<std::uint64_t>(v), true);
}

// The bits of a shift amount that count.
Value* amount(Builder& ir, Value* a, Value* b) { return ir.CreateAnd(b, number(b, width_of(a) - 1)); }
Value* lower(Builder& ir, Value* a) { return ir.CreateAnd(a, number(a, 0xFFFFFFFF)); }
Value* bit(Builder& ir, Value* a, Value* b) { return ir.CreateShl(number(a, 1), amount(ir, a, b)); }
Value* truth(Builder& ir, Value* like, Value* holds) { return ir.CreateZExt(holds, like->getType()); }
Value* shifted_sum(Builder& ir, Value* a, unsigned by, Value* b) {
  return ir.CreateAdd(ir.CreateShl(a, number(a, by)), b);
}
Value* extended(Builder& ir, Value* a, unsigned bits) {
  Value* by = number(a, width_of(a) - bits);
  return ir.CreateAShr(ir.CreateShl(a, by), by);
}

// The upper half of unsigned products of 64 bits, from products of 32.
Value* high_products(Builder& ir, Value* a, Value* b) {
  const auto low = [&](Value* v) { return lower(ir, v); };
  const auto upper = [&](Value* v) { return ir.CreateLShr(v, std::uint64_t{32}); };
  Value* ll = ir.CreateMul(low(a), low(b));
  Value* middle = ir.CreateAdd(ir.CreateMul(upper(a), low(b)), upper(ll));
  Value* other = ir.CreateAdd(ir.CreateMul(low(a), upper(b)), low(middle));
  return ir.CreateAdd(ir.CreateAdd(ir.CreateMul(upper(a), upper(b)), upper(middle)), upper(other));
}

Value* high_product(Builder& ir, Value* a, Value* b, bool a_signed, bool b_signed) {
  if (a->getType()->isVectorTy()) {  // of numbers below zero the other factor counts 2^64 too much
    Value* product = high_products(ir, a, b);
    if (a_signed) product = ir.CreateSub(product, ir.CreateAnd(ir.CreateAShr(a, std::uint64_t{63}), b));
    if (b_signed) product = ir.CreateSub(product, ir.CreateAnd(ir.CreateAShr(b, std::uint64_t{63}), a));
    return product;
  }
  llvm::Type* big = ir.getIntNTy(128);
  Value* x = a_signed ? ir.CreateSExt(a, big) : ir.CreateZExt(a, big);
  Value* y = b_signed ? ir.CreateSExt(b, big) : ir.CreateZExt(b, big);
  return ir.CreateTrunc(ir.CreateLShr(ir.CreateMul(x, y), llvm::ConstantInt::get(big, 64)), a->getType());
}

Value* divided(Builder& ir, Value* a, Value* b, bool is_signed, bool quotient) {
  Value* zero = ir.CreateICmpEQ(b, number(a, 0));
  Value* odd = is_signed ? ir.CreateOr(zero, ir.CreateICmpEQ(b, number(a, -1))) : zero;
  Value* divisor = ir.CreateSelect(odd, number(a, 1), b);
  Value* q = is_signed ? ir.CreateSDiv(a, divisor) : ir.CreateUDiv(a, divisor);
  if (is_signed) q = ir.CreateSelect(odd, ir.CreateNeg(a), q);
  if (quotient) return ir.CreateSelect(zero, number(a, -1), q);
  Value* rest = ir.CreateSub(a, ir.CreateMul(q, b));
  return ir.CreateSelect(zero, a, rest);
}

Value* divided_words(Builder& ir, Value* a, Value* b, bool is_signed, bool quotient) {
  return a->getType()->isVectorTy() ? divided_as_doubles(ir, a, b, is_signed, quotient)
                                    : divided(ir, a, b, is_signed, quotient);
}

}  // namespace

// By the names of operations.def.
namespace integer {
namespace {

#define KIESEL_DO(name, ...) \
  Value* name([[maybe_unused]] Builder& ir, Value* a, [[maybe_unused]] Value* b) { return __VA_ARGS__; }
KIESEL_DO(add, ir.CreateAdd(a, b))
KIESEL_DO(sub, ir.CreateSub(a, b))
KIESEL_DO(mul, ir.CreateMul(a, b))
KIESEL_DO(and_, ir.CreateAnd(a, b))
KIESEL_DO(or_, ir.CreateOr(a, b))
KIESEL_DO(xor_, ir.CreateXor(a, b))
KIESEL_DO(andn, ir.CreateAnd(a, ir.CreateNot(b)))
KIESEL_DO(orn, ir.CreateOr(a, ir.CreateNot(b)))
KIESEL_DO(xnor, ir.CreateNot(ir.CreateXor(a, b)))
KIESEL_DO(slt, truth(ir, a, ir.CreateICmpSLT(a, b)))
KIESEL_DO(sltu, truth(ir, a, ir.CreateICmpULT(a, b)))
KIESEL_DO(sll, ir.CreateShl(a, amount(ir, a, b)))
KIESEL_DO(slli, sll(ir, a, b))
KIESEL_DO(srl, ir.CreateLShr(a, amount(ir, a, b)))
// In 32 bits, which are a number's sign-extended ones, what is shifted out by more is the sign.
Value* sra(Builder& ir, Value* a, Value* b) {
  Value *by = ir.CreateAnd(b, number(b, 63)), *most = number(b, width_of(a) - 1);
  if (width_of(a) < 64) by = ir.CreateSelect(ir.CreateICmpULT(by, most), by, most);
  return ir.CreateAShr(a, by);
}
KIESEL_DO(addw, add(ir, a, b))
KIESEL_DO(subw, sub(ir, a, b))
KIESEL_DO(mulw, mul(ir, a, b))
KIESEL_DO(sllw, sll(ir, a, b))
KIESEL_DO(slliw, sll(ir, a, b))
KIESEL_DO(srlw, srl(ir, a, b))
KIESEL_DO(sraw, ir.CreateAShr(a, amount(ir, a, b)))
KIESEL_DO(mulh, high_product(ir, a, b, true, true))
KIESEL_DO(mulhsu, high_product(ir, a, b, true, false))
KIESEL_DO(mulhu, high_product(ir, a, b, false, false))
KIESEL_DO(div, divided(ir, a, b, true, true))
KIESEL_DO(divu, divided(ir, a, b, false, true))
KIESEL_DO(rem, divided(ir, a, b, true, false))
KIESEL_DO(remu, divided(ir, a, b, false, false))
KIESEL_DO(divw, divided_words(ir, a, b, true, true))
KIESEL_DO(divuw, divided_words(ir, a, b, false, true))
KIESEL_DO(remw, divided_words(ir, a, b, true, false))
KIESEL_DO(remuw, divided_words(ir, a, b, false, false))
KIESEL_DO(czero_eqz, ir.CreateSelect(ir.CreateICmpEQ(b, number(b, 0)), number(a, 0), a))
KIESEL_DO(czero_nez, ir.CreateSelect(ir.CreateICmpEQ(b, number(b, 0)), a, number(a, 0)))
KIESEL_DO(sh1add, shifted_sum(ir, a, 1, b))
KIESEL_DO(sh2add, shifted_sum(ir, a, 2, b))
KIESEL_DO(sh3add, shifted_sum(ir, a, 3, b))
KIESEL_DO(add_uw, shifted_sum(ir, lower(ir, a), 0, b))
KIESEL_DO(sh1add_uw, shifted_sum(ir, lower(ir, a), 1, b))
KIESEL_DO(sh2add_uw, shifted_sum(ir, lower(ir, a), 2, b))
KIESEL_DO(sh3add_uw, shifted_sum(ir, lower(ir, a), 3, b))
KIESEL_DO(slli_uw, sll(ir, lower(ir, a), b))
KIESEL_DO(clz, ir.CreateBinaryIntrinsic(llvm::Intrinsic::ctlz, a, ir.getFalse()))
KIESEL_DO(ctz, ir.CreateBinaryIntrinsic(llvm::Intrinsic::cttz, a, ir.getFalse()))
KIESEL_DO(cpop, ir.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, a))
KIESEL_DO(clzw, clz(ir, a, b))
KIESEL_DO(ctzw, ctz(ir, a, b))
KIESEL_DO(cpopw, cpop(ir, a, b))
KIESEL_DO(sext_b, extended(ir, a, 8))
KIESEL_DO(sext_h, extended(ir, a, 16))
KIESEL_DO(zext_h, ir.CreateAnd(a, number(a, 0xFFFF)))
KIESEL_DO(min, ir.CreateBinaryIntrinsic(llvm::Intrinsic::smin, a, b))
KIESEL_DO(max, ir.CreateBinaryIntrinsic(llvm::Intrinsic::smax, a, b))
KIESEL_DO(minu, ir.CreateBinaryIntrinsic(llvm::Intrinsic::umin, a, b))
KIESEL_DO(maxu, ir.CreateBinaryIntrinsic(llvm::Intrinsic::umax, a, b))
KIESEL_DO(rol, ir.CreateIntrinsic(llvm::Intrinsic::fshl, {a->getType()}, {a, a, b}))
KIESEL_DO(ror, ir.CreateIntrinsic(llvm::Intrinsic::fshr, {a->getType()}, {a, a, b}))
KIESEL_DO(rolw, rol(ir, a, b))
KIESEL_DO(rorw, ror(ir, a, b))
KIESEL_DO(rev8, ir.CreateUnaryIntrinsic(llvm::Intrinsic::bswap, a))
Value* orc_b(Builder& ir, Value* a, Value*) {
  Value* low = ir.CreateAdd(ir.CreateAnd(a, number(a, 0x7F7F7F7F7F7F7F7F)), number(a, 0x7F7F7F7F7F7F7F7F));
  Value* set = ir.CreateAnd(ir.CreateLShr(ir.CreateOr(a, low), number(a, 7)), number(a, 0x0101010101010101));
  return ir.CreateMul(set, number(a, 255));
}
KIESEL_DO(bclr, ir.CreateAnd(a, ir.CreateNot(bit(ir, a, b))))
KIESEL_DO(bext, ir.CreateAnd(ir.CreateLShr(a, amount(ir, a, b)), number(a, 1)))
KIESEL_DO(binv, ir.CreateXor(a, bit(ir, a, b)))
KIESEL_DO(bset, ir.CreateOr(a, bit(ir, a, b)))
#undef KIESEL_DO

}  // namespace
}  // namespace integer

llvm::Value* divided_as_doubles(Builder& ir, llvm::Value* a, llvm::Value* b, bool is_signed, bool quotient) {
  llvm::Type *real = vector_of(ir, ir.f64), *wide_type = vector_of(ir, ir.i64);
  Value* zero = ir.CreateICmpEQ(b, number(a, 0));
  Value* divisor = ir.CreateSelect(zero, number(a, 1), b);
  Value* x = is_signed ? ir.CreateSIToFP(a, real) : ir.CreateUIToFP(a, real);
  Value* y = is_signed ? ir.CreateSIToFP(divisor, real) : ir.CreateUIToFP(divisor, real);
  // Of INT_MIN / -1 the lower half is what the device gives: through 64 bits.
  Value* whole = ir.CreateTrunc(ir.CreateFPToSI(ir.CreateFDiv(x, y), wide_type), a->getType());
  if (quotient) return ir.CreateSelect(zero, number(a, -1), whole);
  return ir.CreateSelect(zero, a, ir.CreateSub(a, ir.CreateMul(whole, b)));
}

llvm::Value* compute(Builder& ir, isa::Op op, llvm::Value* a, llvm::Value* b) {
  switch (op) {
#define FAMILY_Integer(id, operation, values) \
  case isa::Op::id:                           \
    return integer::operation(ir, a, b);
#include "device/isa/operations.def"
    default:
      llvm_unreachable("no integer operation");
  }
}

llvm::Value* compute64(Builder& ir, isa::Op op, llvm::Value* a, llvm::Value* b) {
  if (!is_word(op)) return compute(ir, op, a, b);
  llvm::Type* half = a->getType()->isVectorTy() ? vector_of(ir, ir.i32) : ir.i32;
  return ir.CreateSExt(compute(ir, op, ir.CreateTrunc(a, half), ir.CreateTrunc(b, half)), a->getType());
}

}  // namespace kiesel::translator
