#include "compiler/simt/wide_integers.hpp"

#include <llvm/IR/IntrinsicInst.h>

namespace kiesel::simt {
namespace {

using llvm::CmpInst;
using llvm::Instruction;
using llvm::IRBuilder;
using llvm::Type;
using llvm::Value;
namespace Intrinsic = llvm::Intrinsic;

constexpr unsigned kWord = 64;
constexpr unsigned kPair = 128;

bool is_wide(const Type* type) { return type->isIntegerTy() && type->getIntegerBitWidth() > kWord; }

struct Halves {
  Value *low, *high;  // the high one as wide as the rest is
};

Halves split(IRBuilder<>& at, Value* value) {
  const unsigned rest = value->getType()->getIntegerBitWidth() - kWord;
  return {at.CreateTrunc(value, at.getInt64Ty()),
          at.CreateTrunc(at.CreateLShr(value, kWord), at.getIntNTy(rest))};
}

Value* join(IRBuilder<>& at, Value* low, Value* high) {
  Type* pair = at.getIntNTy(kPair);
  return at.CreateOr(at.CreateZExt(low, pair), at.CreateShl(at.CreateZExt(high, pair), kWord));
}

Value* compare(IRBuilder<>& at, llvm::ICmpInst& test) {
  if (test.isEquality()) return nullptr;
  const Halves a = split(at, test.getOperand(0)), b = split(at, test.getOperand(1));
  Value* low = at.CreateICmp(test.getUnsignedPredicate(), a.low, b.low);
  Value* high = at.CreateICmp(CmpInst::getStrictPredicate(test.getPredicate()), a.high, b.high);
  return at.CreateOr(high, at.CreateAnd(at.CreateICmpEQ(a.high, b.high), low));
}

// The code generator would choose by whether the shift is longer than a word.
Value* shift(IRBuilder<>& at, llvm::BinaryOperator& shift) {
  if (!shift.getType()->isIntegerTy(kPair) || llvm::isa<llvm::ConstantInt>(shift.getOperand(1)))
    return nullptr;
  const Halves value = split(at, shift.getOperand(0));
  Value* count = at.CreateAnd(at.CreateTrunc(shift.getOperand(1), at.getInt64Ty()), kPair - 1);
  Value* near = at.CreateAnd(count, kWord - 1);
  Value* rest = at.CreateXor(near, at.getInt64(kWord - 1));
  Value* far = at.CreateICmpNE(at.CreateAnd(count, kWord), at.getInt64(0));
  if (shift.getOpcode() == Instruction::Shl) {
    Value* moved = at.CreateShl(value.low, near);
    Value* carried = at.CreateLShr(at.CreateLShr(value.low, 1), rest);
    return join(at, at.CreateSelect(far, at.getInt64(0), moved),
                at.CreateSelect(far, moved, at.CreateOr(at.CreateShl(value.high, near), carried)));
  }
  const bool arithmetic = shift.getOpcode() == Instruction::AShr;
  Value* moved = at.CreateBinOp(shift.getOpcode(), value.high, near);
  Value* fill = arithmetic ? at.CreateAShr(value.high, kWord - 1) : at.getInt64(0);
  Value* carried = at.CreateShl(at.CreateShl(value.high, 1), rest);
  return join(at, at.CreateSelect(far, moved, at.CreateOr(at.CreateLShr(value.low, near), carried)),
              at.CreateSelect(far, fill, moved));
}

Value* negate_if(IRBuilder<>& at, Value* condition, Value* value) {
  Value* mask = at.CreateSExt(condition, value->getType());
  return at.CreateSub(at.CreateXor(value, mask), mask);
}

// Scaling by a power of two is exact, and so is what is left below the high word: a double has fewer digits
// than a word.
Value* float_to_wide(IRBuilder<>& at, llvm::CastInst& cast) {
  if (cast.getType()->getIntegerBitWidth() > kPair) return nullptr;
  Type* real = at.getDoubleTy();
  Value* value = at.CreateFPCast(cast.getOperand(0), real);
  const bool is_signed = cast.getOpcode() == Instruction::FPToSI;
  Value* size = is_signed ? at.CreateUnaryIntrinsic(Intrinsic::fabs, value) : value;
  Value* high = at.CreateFPToUI(at.CreateFMul(size, llvm::ConstantFP::get(real, 0x1p-64)), at.getInt64Ty());
  Value* below =
      at.CreateFSub(size, at.CreateFMul(at.CreateUIToFP(high, real), llvm::ConstantFP::get(real, 0x1p64)));
  Value* whole = join(at, at.CreateFPToUI(below, at.getInt64Ty()), high);
  if (is_signed) whole = negate_if(at, at.CreateFCmpOLT(value, llvm::Constant::getNullValue(real)), whole);
  return at.CreateTrunc(whole, cast.getType());
}

// The first 64 digits, the last of which says whether any digit behind them is set, round as all would.
Value* wide_to_float(IRBuilder<>& at, llvm::CastInst& cast) {
  Value* number = cast.getOperand(0);
  if (number->getType()->getIntegerBitWidth() > kPair) return nullptr;
  Type *pair = at.getIntNTy(kPair), *word = at.getInt64Ty();
  const bool is_signed = cast.getOpcode() == Instruction::SIToFP;
  Value* negative = nullptr;
  if (is_signed) {
    number = at.CreateSExt(number, pair);
    negative = at.CreateICmpSLT(number, llvm::Constant::getNullValue(pair));
    number = negate_if(at, negative, number);
  } else {
    number = at.CreateZExt(number, pair);
  }
  const Halves halves = split(at, number);
  const auto zeros = [&](Value* part) {
    return at.CreateBinaryIntrinsic(Intrinsic::ctlz, part, at.getFalse());
  };
  // Zero counts as 64 zeros too: shifted by 64 the low word becomes the first one.
  Value* count =
      at.CreateSelect(at.CreateICmpEQ(halves.high, at.getInt64(0)), at.getInt64(kWord), zeros(halves.high));
  const Halves first = split(at, at.CreateShl(number, at.CreateZExt(count, pair)));
  Value* sticky = at.CreateZExt(at.CreateICmpNE(first.low, at.getInt64(0)), word);
  // A half has no room for the first word; it is rounded from double, which has digits to spare.
  Type* real = cast.getType()->isHalfTy() ? at.getDoubleTy() : cast.getType();
  Value* digits = at.CreateUIToFP(at.CreateOr(first.high, sticky), real);
  // 2 to the power of 64 - count, from its bits.
  const bool is_double = real->isDoubleTy();
  Value* exponent = at.CreateSub(at.getInt64((is_double ? 1023 : 127) + kWord), count);
  Value* bits = at.CreateShl(exponent, is_double ? 52 : 23);
  Value* scale = at.CreateBitCast(is_double ? bits : at.CreateTrunc(bits, at.getInt32Ty()), real);
  Value* made = at.CreateFMul(digits, scale);
  if (is_signed) made = at.CreateSelect(negative, at.CreateFNeg(made), made);
  return at.CreateFPCast(made, cast.getType());
}

Value* count_zeros(IRBuilder<>& at, llvm::IntrinsicInst& call) {
  if (!call.getType()->isIntegerTy(kPair)) return nullptr;
  const bool leading = call.getIntrinsicID() == Intrinsic::ctlz;
  const Halves halves = split(at, call.getArgOperand(0));
  Value* first = leading ? halves.high : halves.low;
  Value* second = leading ? halves.low : halves.high;
  const auto zeros = [&](Value* part) {
    return at.CreateBinaryIntrinsic(call.getIntrinsicID(), part, at.getFalse());
  };
  Value* more = at.CreateAdd(zeros(second), at.getInt64(kWord));
  return at.CreateZExt(at.CreateSelect(at.CreateICmpEQ(first, at.getInt64(0)), more, zeros(first)),
                       call.getType());
}

Value* funnel_shift(IRBuilder<>& at, llvm::IntrinsicInst& call) {
  if (!call.getType()->isIntegerTy(kPair)) return nullptr;
  const auto word = [&](std::uint64_t value) { return llvm::ConstantInt::get(call.getType(), value); };
  Value *high = call.getArgOperand(0), *low = call.getArgOperand(1);
  Value* count = at.CreateAnd(call.getArgOperand(2), word(kPair - 1));
  Value* rest = at.CreateXor(count, word(kPair - 1));
  if (call.getIntrinsicID() == Intrinsic::fshl)
    return at.CreateOr(at.CreateShl(high, count), at.CreateLShr(at.CreateLShr(low, 1), rest));
  return at.CreateOr(at.CreateLShr(low, count), at.CreateShl(at.CreateShl(high, 1), rest));
}

Value* with_overflow(IRBuilder<>& at, llvm::IntrinsicInst& call, Value* result, Value* overflow) {
  Value* pair = at.CreateInsertValue(llvm::PoisonValue::get(call.getType()), result, 0);
  return at.CreateInsertValue(pair, overflow, 1);
}

// The product of the sizes overflows, or does not fit once it has its sign.
Value* multiply_signed(IRBuilder<>& at, llvm::IntrinsicInst& call) {
  Value *a = call.getArgOperand(0), *b = call.getArgOperand(1);
  Value* zero = llvm::Constant::getNullValue(a->getType());
  Value *a_negative = at.CreateICmpSLT(a, zero), *b_negative = at.CreateICmpSLT(b, zero);
  Value* negative = at.CreateXor(a_negative, b_negative);
  Value* product = at.CreateBinaryIntrinsic(Intrinsic::umul_with_overflow, negate_if(at, a_negative, a),
                                            negate_if(at, b_negative, b));
  Value* size = at.CreateExtractValue(product, 0);
  Value* result = negate_if(at, negative, size);
  Value* wrong_sign =
      at.CreateAnd(at.CreateXor(at.CreateICmpSLT(result, zero), negative), at.CreateICmpNE(result, zero));
  return with_overflow(at, call, result, at.CreateOr(at.CreateExtractValue(product, 1), wrong_sign));
}

Value* rewrite_call(IRBuilder<>& at, llvm::IntrinsicInst& call) {
  if (call.arg_empty() || !is_wide(call.getArgOperand(0)->getType())) return nullptr;
  const auto operand = [&](unsigned n) { return call.getArgOperand(n); };
  switch (call.getIntrinsicID()) {
    case Intrinsic::ctlz:
    case Intrinsic::cttz:
      return count_zeros(at, call);
    case Intrinsic::fshl:
    case Intrinsic::fshr:
      return funnel_shift(at, call);
    case Intrinsic::uadd_with_overflow: {
      Value* sum = at.CreateAdd(operand(0), operand(1));
      return with_overflow(at, call, sum, at.CreateICmpULT(sum, operand(0)));
    }
    case Intrinsic::usub_with_overflow:
      return with_overflow(at, call, at.CreateSub(operand(0), operand(1)),
                           at.CreateICmpULT(operand(0), operand(1)));
    case Intrinsic::smul_with_overflow:
      return multiply_signed(at, call);
    default:
      return nullptr;
  }
}

}  // namespace

Value* rewrite_wide(IRBuilder<>& at, Instruction& instruction) {
  if (auto* call = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction)) return rewrite_call(at, *call);
  if (instruction.getNumOperands() == 0) return nullptr;
  const bool wide_in = is_wide(instruction.getOperand(0)->getType()),
             wide_out = is_wide(instruction.getType());
  if (auto* test = llvm::dyn_cast<llvm::ICmpInst>(&instruction))
    return wide_in ? compare(at, *test) : nullptr;
  if (auto* binary = llvm::dyn_cast<llvm::BinaryOperator>(&instruction))
    return binary->isShift() ? shift(at, *binary) : nullptr;
  if (wide_out && llvm::isa<llvm::FPToSIInst, llvm::FPToUIInst>(instruction))
    return float_to_wide(at, llvm::cast<llvm::CastInst>(instruction));
  if (wide_in && llvm::isa<llvm::SIToFPInst, llvm::UIToFPInst>(instruction))
    return wide_to_float(at, llvm::cast<llvm::CastInst>(instruction));
  return nullptr;
}

}  // namespace kiesel::simt
