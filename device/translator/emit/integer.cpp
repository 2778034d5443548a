// Integer instructions, CSRs and votes.
#include <cstddef>

#include "device/isa/csr.hpp"
#include "device/translator/emit/emitter.hpp"

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

// The lower half of the result comes from the lower halves of the operands.
bool works_in_lower_half(const Instruction& in) {
  switch (in.op) {
    case Op::add:
    case Op::addi:
    case Op::sub:
    case Op::mul:
    case Op::and_:
    case Op::andi:
    case Op::or_:
    case Op::ori:
    case Op::xor_:
    case Op::xori:
    case Op::andn:
    case Op::orn:
    case Op::xnor:
    case Op::sh1add:
    case Op::sh2add:
    case Op::sh3add:
    case Op::sext_b:
    case Op::sext_h:
    case Op::zext_h:
      return true;
    case Op::slli:
      return in.imm < 32;
    default:
      return is_word(in.op);
  }
}

// Right in 32 bits where both operands are sign-extended numbers of 32 bits.
bool works_on_narrow(Op op) {
  switch (op) {
    case Op::slt:
    case Op::slti:
    case Op::sltu:
    case Op::sltiu:
    case Op::min:
    case Op::max:
    case Op::minu:
    case Op::maxu:
    case Op::srai:
      return true;
    default:
      return false;
  }
}

bool has_register(const Instruction& in) { return isa::info(in.op).format == isa::Format::kR; }

}  // namespace

bool Emitter::needs_interpreter(const Item& item) const {
  const Instruction& in = item.in;
  if (in.op == Op::bar_arrive) return true;
  const isa::Extension extension = isa::info(in.op).extension;
  const bool is_half = extension == isa::Extension::kZfh;
  if (!is_half && extension != isa::Extension::kF && extension != isa::Extension::kD) return false;
  const bool rounds = isa::info(in.op).syntax.find('m') != std::string_view::npos;
  const bool nearest = in.rounding == isa::kRoundNearestEven || in.rounding == isa::kRoundDynamic;
  const bool to_integer = isa::info(in.op).format == isa::Format::kFloatToIntegerRounded;
  const bool is_fused = isa::info(in.op).format == isa::Format::kFloatFused;
  if (is_fused && !is_half && !host_.fuses) return true;  // the host needs an instruction for it
  return rounds && !nearest && !to_integer;
}

Value Emitter::integer(const Item& item, const Kind& kind) {
  const Instruction& in = item.in;
  const Value a = read_first(item);
  const Value b = has_register(in) ? read_second(item) : constant(in.imm);
  if (kind.rep == Rep::kUniform && a.kind.rep == Rep::kUniform && b.kind.rep == Rep::kUniform)
    return {kind, compute64(in, a.v, b.v)};
  if (kind.rep == Rep::kLine || kind.rep == Rep::kUniform) return line_result(item, kind, a, b);
  const bool extends =
      a.kind.rep == Rep::kOffset && a.kind.upper && (in.op == Op::srai || in.op == Op::srli) && in.imm <= 32;
  if (kind.rep == Rep::kOffset || (extends && kind.rep == Rep::kNarrow))
    return offset_result(item, kind, a, b);
  if (divides(in.op) && !is_word(in.op)) return wide_division(item, kind, a, b);
  const bool both = is_narrow(a.kind) && is_narrow(b.kind);
  if (kind.rep == Rep::kNarrow &&
      (works_in_lower_half(in) || (both && works_on_narrow(in.op)) || is_offset_below(item, a, b) ||
       in.op == Op::czero_eqz || in.op == Op::czero_nez)) {
    if (in.op == Op::czero_eqz || in.op == Op::czero_nez) {
      llvm::Value* zero = is_narrow(b.kind)
                              ? b_.CreateICmpEQ(narrow(b), llvm::Constant::getNullValue(lanes(i32_)))
                              : b_.CreateICmpEQ(wide(b), llvm::Constant::getNullValue(lanes(i64_)));
      llvm::Value *x = narrow(a), *none = llvm::Constant::getNullValue(lanes(i32_));
      return {kind, in.op == Op::czero_eqz ? b_.CreateSelect(zero, none, x) : b_.CreateSelect(zero, x, none)};
    }
    if (llvm::Value* truth = offset_below(item, a, b)) return {kind, b_.CreateZExt(truth, lanes(i32_))};
    if (llvm::Value* truth = truth_of(item, a, b)) return {kind, b_.CreateZExt(truth, lanes(i32_))};
    return {kind, compute32(in, narrow(a), narrow(b))};
  }
  llvm::Value* v = is_word(in.op) ? b_.CreateSExt(compute32(in, narrow(a), narrow(b)), lanes(i64_))
                                  : compute64(in, wide(a), wide(b));
  return {kind, kind.rep == Rep::kNarrow ? b_.CreateTrunc(v, lanes(i32_)) : v};
}

// Lines stay lines: lane 0 and the steps are computed once. Where the result is a number of 32 bits, or an
// operand counts with its lower half only, the ends of the line must not wrap.
Value Emitter::line_result(const Item& item, const Kind& kind, const Value& a, const Value& b) {
  const Instruction& in = item.in;
  const bool rows = rows_ > 1;
  const auto step_of = [&](const Value& v) { return v.step ? v.step : number64(0); };
  // All corners of a line lie in [low, high], as its base does.
  const auto inside = [&](llvm::Value* base, std::int64_t stride, llvm::Value* step, std::int64_t low,
                          std::int64_t high) {
    const auto in_range = [&](llvm::Value* v) {
      return b_.CreateICmpULE(b_.CreateSub(v, number64(low)), number64(high - low));
    };
    const std::int64_t reach = stride * (row_ - 1);
    if (!rows && reach >= 0) return b_.CreateICmpSLE(base, number64(high - reach));
    if (!rows) return b_.CreateICmpSGE(base, number64(low - reach));
    llvm::Value* ok = in_range(base);
    llvm::Value* last = b_.CreateAdd(base, number64(reach));
    if (stride) ok = b_.CreateAnd(ok, in_range(last));
    if (rows) {
      llvm::Value* down = b_.CreateMul(step, number64(rows_ - 1));
      ok = b_.CreateAnd(ok,
                        b_.CreateAnd(in_range(b_.CreateAdd(base, down)), in_range(b_.CreateAdd(last, down))));
      constexpr std::int64_t kMost = std::int64_t{1} << 40;  // so that nothing above wraps
      ok = b_.CreateAnd(ok, b_.CreateICmpULE(b_.CreateAdd(step, number64(kMost)), number64(2 * kMost)));
    }
    return ok;
  };
  Value x = a, y = b;
  constexpr std::int64_t kLow32 = 0xFFFFFFFF;
  const auto sum = shifted_sum(in.op);
  const bool unsigned_first = (sum && sum->is_unsigned) || in.op == Op::slli_uw;
  if (unsigned_first) {
    x.v = b_.CreateAnd(x.v, number64(kLow32));
    if (x.kind.rep == Rep::kLine) require(inside(x.v, x.kind.stride, step_of(x), 0, kLow32));
  }
  llvm::Value *base = nullptr, *step = nullptr;
  const auto combine = [&](unsigned shift, bool subtract) {
    const auto one = [&](llvm::Value* p, llvm::Value* q) {
      p = b_.CreateShl(p, number64(shift));
      return subtract ? b_.CreateSub(p, q) : b_.CreateAdd(p, q);
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
      base = b_.CreateNot(x.v);
      if (rows) step = b_.CreateNeg(step_of(x));
      break;
    case Op::slli:
    case Op::slliw:
    case Op::slli_uw:
      base = b_.CreateShl(x.v, number64(in.imm));
      if (rows) step = b_.CreateShl(step_of(x), number64(in.imm));
      break;
    case Op::srai:
    case Op::srli: {  // of numbers of 32 bits in upper halves, which must not wrap
      const bool is_signed = in.op == Op::srai;
      const auto down = [&](llvm::Value* v, bool arithmetic) {
        return arithmetic ? b_.CreateAShr(v, number64(32)) : b_.CreateLShr(v, number64(32));
      };
      base = down(x.v, is_signed);
      if (rows) step = down(step_of(x), true);
      require(inside(base, x.kind.stride >> 32, rows ? step : nullptr, is_signed ? INT32_MIN : 0,
                     is_signed ? INT32_MAX : kLow32));
      base = b_.CreateShl(base, number64(32 - in.imm));
      if (rows) step = b_.CreateShl(step, number64(32 - in.imm));
      break;
    }
    case Op::mul:
    case Op::mulw: {
      const bool first = a.kind.rep == Rep::kLine;
      llvm::Value* factor = first ? y.v : x.v;
      base = b_.CreateMul(x.v, y.v);
      if (rows) step = b_.CreateMul(first ? step_of(x) : step_of(y), factor);
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
        base = step = unknown(in.op, i64_);
      break;
  }
  const bool word = is_word(in.op);
  if (word) {
    // Lane 0 as the instruction makes it; the others follow where none of them wraps.
    base = b_.CreateSExt(b_.CreateTrunc(base, i32_), i64_);
    if (rows) step = b_.CreateSExt(b_.CreateTrunc(step, i32_), i64_);
    if (kind.rep == Rep::kLine) require(inside(base, kind.stride, step, INT32_MIN, INT32_MAX));
  }
  return {kind, base, step};
}

Value Emitter::offset_result(const Item& item, const Kind& kind, const Value& a, const Value& b) {
  const Instruction& in = item.in;
  // Zero-extended: what lies 2^31 lower, sign-extended, from a base that lies 2^31 times the stride higher.
  const auto zero_extended = [&](llvm::Value* v, llvm::Value* base) -> Value {
    v = b_.CreateXor(v, splat(b_.getInt32(0x80000000)));
    return {kind, v, b_.CreateAdd(base, number64(kind.stride << 31))};
  };
  const auto moved = [&](const Value& lanes, llvm::Value* by) -> Value {
    if (lanes.kind.rep == Rep::kOffset) return {kind, lanes.v, b_.CreateAdd(lanes.step, by)};
    return {kind, narrow(lanes), by};
  };
  const auto either = [&](unsigned shift) {
    if (b.kind.rep == Rep::kUniform) return moved(a, b.v);
    return moved(b, b_.CreateShl(a.v, number64(shift)));
  };
  if (const auto sum = shifted_sum(in.op))
    return sum->is_unsigned ? zero_extended(narrow(a), b.v) : either(sum->shift);
  switch (in.op) {
    case Op::sub:
      return moved(a, b_.CreateNeg(b.v));
    case Op::slli:
      return {kind, narrow(a), number64(0)};
    case Op::srai:
    case Op::srli: {
      llvm::Value* v = b_.CreateAdd(a.v, splat(b_.CreateTrunc(b_.CreateLShr(a.step, number64(32)), i32_)));
      if (kind.rep == Rep::kNarrow)
        return {kind, in.imm == 32 ? v : b_.CreateShl(v, static_cast<std::uint64_t>(32 - in.imm))};
      return in.op == Op::srli ? zero_extended(v, number64(0)) : Value{kind, v, number64(0)};
    }
    case Op::add:
    case Op::addi:
      return either(0);
    default:
      return {kind, unknown(in.op, lanes(i32_)), number64(0)};
  }
}

llvm::Value* Emitter::divide64(const Instruction& in, llvm::Value* a, llvm::Value* b) {
  llvm::Type* type = a->getType();
  const auto n = [&](std::int64_t v) {
    return llvm::ConstantInt::get(type, static_cast<std::uint64_t>(v), true);
  };
  const bool is_signed = in.op == Op::div || in.op == Op::rem || in.op == Op::divw || in.op == Op::remw;
  const bool quotient = in.op == Op::div || in.op == Op::divu || in.op == Op::divw || in.op == Op::divuw;
  llvm::Value* zero = b_.CreateICmpEQ(b, n(0));
  llvm::Value* odd = is_signed ? b_.CreateOr(zero, b_.CreateICmpEQ(b, n(-1))) : zero;
  llvm::Value* divisor = b_.CreateSelect(odd, n(1), b);
  llvm::Value* q = is_signed ? b_.CreateSDiv(a, divisor) : b_.CreateUDiv(a, divisor);
  if (is_signed) q = b_.CreateSelect(odd, b_.CreateNeg(a), q);
  if (quotient) return b_.CreateSelect(zero, n(-1), q);
  llvm::Value* rest = b_.CreateSub(a, b_.CreateMul(q, b));
  return b_.CreateSelect(zero, a, rest);
}

// Vectors divide as doubles: quotients of numbers of 32 bits are exact there once the fraction is cut off.
llvm::Value* Emitter::divide32(const Instruction& in, llvm::Value* a, llvm::Value* b) {
  if (!a->getType()->isVectorTy()) return divide64(in, a, b);
  const bool is_signed = in.op == Op::divw || in.op == Op::remw;
  const bool quotient = in.op == Op::divw || in.op == Op::divuw;
  llvm::Type *real = lanes(double_), *wide_type = lanes(i64_);
  llvm::Value *zero_lane = llvm::Constant::getNullValue(a->getType()),
              *ones = llvm::Constant::getAllOnesValue(a->getType());
  llvm::Value* zero = b_.CreateICmpEQ(b, zero_lane);
  llvm::Value* divisor = b_.CreateSelect(zero, llvm::ConstantInt::get(a->getType(), 1), b);
  llvm::Value* x = is_signed ? b_.CreateSIToFP(a, real) : b_.CreateUIToFP(a, real);
  llvm::Value* y = is_signed ? b_.CreateSIToFP(divisor, real) : b_.CreateUIToFP(divisor, real);
  // Of INT_MIN / -1 the lower half is what the device gives: through 64 bits.
  llvm::Value* whole = b_.CreateTrunc(b_.CreateFPToSI(b_.CreateFDiv(x, y), wide_type), a->getType());
  if (quotient) return b_.CreateSelect(zero, ones, whole);
  return b_.CreateSelect(zero, a, b_.CreateSub(a, b_.CreateMul(whole, b)));
}

llvm::Value* Emitter::divided_by_lane(const Instruction& in, llvm::Value* a, llvm::Value* b) {
  const auto divide = [&](llvm::IRBuilder<>& at, llvm::Value* x, llvm::Value* y, llvm::Value*) {
    const llvm::IRBuilderBase::InsertPointGuard guard(b_);
    b_.SetInsertPoint(at.GetInsertBlock());
    return divide64(in, b_.CreatePtrToInt(x, i64_), y);
  };
  return lane_loop(std::string(isa::info(in.op).name), a, b, divide);
}

// Hosts divide numbers of 64 bits one by one, but for numbers from 0 to 2^31 - 1, which most are.
Value Emitter::wide_division(const Item& item, const Kind& kind, const Value& a, const Value& b) {
  llvm::Value *x = wide(a), *y = wide(b);
  llvm::Value* upper = b_.CreateLShr(b_.CreateOr(x, y), std::uint64_t{31});
  llvm::Value* large = bits(b_.CreateICmpNE(upper, llvm::Constant::getNullValue(upper->getType())));
  llvm::Value* zero = bits(b_.CreateICmpEQ(y, llvm::Constant::getNullValue(y->getType())));
  llvm::Value* odd = b_.CreateAnd(b_.CreateOr(large, zero), mask());
  llvm::BasicBlock *fast = new_block("fast"), *slow = new_block("slow"), *done = new_block("done");
  branch_likely(b_.CreateICmpEQ(odd, no_lanes()), fast, slow);
  b_.SetInsertPoint(fast);
  Instruction word = item.in;
  word.op = item.in.op == Op::div || item.in.op == Op::divu ? Op::divuw : Op::remuw;
  llvm::Value* quotient = divide32(word, b_.CreateTrunc(x, lanes(i32_)), b_.CreateTrunc(y, lanes(i32_)));
  if (kind.rep == Rep::kWide) quotient = b_.CreateZExt(quotient, lanes(i64_));
  llvm::BasicBlock* fast_end = b_.GetInsertBlock();
  b_.CreateBr(done);
  b_.SetInsertPoint(slow);
  llvm::Value* each = b_.CreateTrunc(divided_by_lane(item.in, x, y), quotient->getType());
  llvm::BasicBlock* slow_end = b_.GetInsertBlock();
  b_.CreateBr(done);
  b_.SetInsertPoint(done);
  llvm::PHINode* phi = b_.CreatePHI(quotient->getType(), 2);
  phi->addIncoming(quotient, fast_end);
  phi->addIncoming(each, slow_end);
  return {kind, phi};
}

// The upper half of unsigned products of 64 bits, from products of 32.
llvm::Value* Emitter::high_products(llvm::Value* a, llvm::Value* b) {
  llvm::Value* low = llvm::ConstantInt::get(a->getType(), 0xFFFFFFFF);
  const auto lower = [&](llvm::Value* v) { return b_.CreateAnd(v, low); };
  const auto upper = [&](llvm::Value* v) { return b_.CreateLShr(v, std::uint64_t{32}); };
  llvm::Value* ll = b_.CreateMul(lower(a), lower(b));
  llvm::Value* middle = b_.CreateAdd(b_.CreateMul(upper(a), lower(b)), upper(ll));
  llvm::Value* other = b_.CreateAdd(b_.CreateMul(lower(a), upper(b)), lower(middle));
  return b_.CreateAdd(b_.CreateAdd(b_.CreateMul(upper(a), upper(b)), upper(middle)), upper(other));
}

// What is written alike for both widths, or null.
llvm::Value* Emitter::compute(const Instruction& in, llvm::Value* a, llvm::Value* b) {
  llvm::Type* type = a->getType();
  const auto n = [&](std::uint64_t v) { return llvm::ConstantInt::get(type, v); };
  const auto truth = [&](llvm::Value* c) { return b_.CreateZExt(c, type); };
  switch (in.op) {
    case Op::add:
    case Op::addi:
      return b_.CreateAdd(a, b);
    case Op::sub:
      return b_.CreateSub(a, b);
    case Op::mul:
      return b_.CreateMul(a, b);
    case Op::and_:
    case Op::andi:
      return b_.CreateAnd(a, b);
    case Op::or_:
    case Op::ori:
      return b_.CreateOr(a, b);
    case Op::xor_:
    case Op::xori:
      return b_.CreateXor(a, b);
    case Op::andn:
      return b_.CreateAnd(a, b_.CreateNot(b));
    case Op::orn:
      return b_.CreateOr(a, b_.CreateNot(b));
    case Op::xnor:
      return b_.CreateNot(b_.CreateXor(a, b));
    case Op::sh1add:
    case Op::sh2add:
    case Op::sh3add:
      return b_.CreateAdd(b_.CreateShl(a, n(shifted_sum(in.op)->shift)), b);
    case Op::slt:
    case Op::slti:
      return truth(b_.CreateICmpSLT(a, b));
    case Op::sltu:
    case Op::sltiu:
      return truth(b_.CreateICmpULT(a, b));
    case Op::min:
      return b_.CreateBinaryIntrinsic(llvm::Intrinsic::smin, a, b);
    case Op::max:
      return b_.CreateBinaryIntrinsic(llvm::Intrinsic::smax, a, b);
    case Op::minu:
      return b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, a, b);
    case Op::maxu:
      return b_.CreateBinaryIntrinsic(llvm::Intrinsic::umax, a, b);
    case Op::zext_h:
      return b_.CreateAnd(a, n(0xFFFF));
    default:
      return nullptr;
  }
}

llvm::Value* Emitter::compute32(const Instruction& in, llvm::Value* a, llvm::Value* b) {
  llvm::Type* type = a->getType();
  const auto n = [&](std::int64_t v) {
    return llvm::ConstantInt::get(type, static_cast<std::uint64_t>(v), true);
  };
  const auto shift = [&] { return b_.CreateAnd(b, n(31)); };
  if (llvm::Value* v = compute(in, a, b)) return v;
  switch (in.op) {
    case Op::addw:
    case Op::addiw:
      return b_.CreateAdd(a, b);
    case Op::subw:
      return b_.CreateSub(a, b);
    case Op::mulw:
      return b_.CreateMul(a, b);
    case Op::slli:
    case Op::sllw:
    case Op::slliw:
      return b_.CreateShl(a, shift());
    case Op::srlw:
    case Op::srliw:
      return b_.CreateLShr(a, shift());
    case Op::sraw:
    case Op::sraiw:
      return b_.CreateAShr(a, shift());
    case Op::srai:
      return b_.CreateAShr(a, n(std::min<std::int64_t>(in.imm, 31)));
    case Op::rolw:
      return b_.CreateIntrinsic(llvm::Intrinsic::fshl, {type}, {a, a, b});
    case Op::rorw:
    case Op::roriw:
      return b_.CreateIntrinsic(llvm::Intrinsic::fshr, {type}, {a, a, b});
    case Op::clzw:
      return b_.CreateBinaryIntrinsic(llvm::Intrinsic::ctlz, a, b_.getFalse());
    case Op::ctzw:
      return b_.CreateBinaryIntrinsic(llvm::Intrinsic::cttz, a, b_.getFalse());
    case Op::cpopw:
      return b_.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, a);
    case Op::sext_b:
      return b_.CreateAShr(b_.CreateShl(a, n(24)), n(24));
    case Op::sext_h:
      return b_.CreateAShr(b_.CreateShl(a, n(16)), n(16));
    default:
      return divides(in.op) && is_word(in.op) ? divide32(in, a, b) : unknown(in.op, type);
  }
}

llvm::Value* Emitter::compute64(const Instruction& in, llvm::Value* a, llvm::Value* b) {
  llvm::Type* type = a->getType();
  const auto n = [&](std::int64_t v) {
    return llvm::ConstantInt::get(type, static_cast<std::uint64_t>(v), true);
  };
  llvm::Type* half = type->isVectorTy() ? lanes(i32_) : i32_;
  if (is_word(in.op)) {
    llvm::Value* low = compute32(in, b_.CreateTrunc(a, half), b_.CreateTrunc(b, half));
    return b_.CreateSExt(low, type);
  }
  const auto shift = [&] { return b_.CreateAnd(b, n(63)); };
  const auto lower = [&] { return b_.CreateAnd(a, n(0xFFFFFFFF)); };
  const auto bit = [&] { return b_.CreateShl(n(1), shift()); };
  const auto high_product = [&](bool a_signed, bool b_signed) -> llvm::Value* {
    if (type->isVectorTy()) {  // of numbers below zero the other factor counts 2^64 too much
      llvm::Value* product = high_products(a, b);
      if (a_signed) product = b_.CreateSub(product, b_.CreateAnd(b_.CreateAShr(a, std::uint64_t{63}), b));
      if (b_signed) product = b_.CreateSub(product, b_.CreateAnd(b_.CreateAShr(b, std::uint64_t{63}), a));
      return product;
    }
    llvm::Type* big = b_.getIntNTy(128);
    llvm::Value* x = a_signed ? b_.CreateSExt(a, big) : b_.CreateZExt(a, big);
    llvm::Value* y = b_signed ? b_.CreateSExt(b, big) : b_.CreateZExt(b, big);
    return b_.CreateTrunc(b_.CreateLShr(b_.CreateMul(x, y), llvm::ConstantInt::get(big, 64)), type);
  };
  if (llvm::Value* v = compute(in, a, b)) return v;
  switch (in.op) {
    case Op::mulh:
      return high_product(true, true);
    case Op::mulhsu:
      return high_product(true, false);
    case Op::mulhu:
      return high_product(false, false);
    case Op::sll:
    case Op::slli:
      return b_.CreateShl(a, shift());
    case Op::srl:
    case Op::srli:
      return b_.CreateLShr(a, shift());
    case Op::sra:
    case Op::srai:
      return b_.CreateAShr(a, shift());
    case Op::add_uw:
    case Op::sh1add_uw:
    case Op::sh2add_uw:
    case Op::sh3add_uw:
      return b_.CreateAdd(b_.CreateShl(lower(), n(shifted_sum(in.op)->shift)), b);
    case Op::slli_uw:
      return b_.CreateShl(lower(), shift());
    case Op::czero_eqz:
      return b_.CreateSelect(b_.CreateICmpEQ(b, n(0)), n(0), a);
    case Op::czero_nez:
      return b_.CreateSelect(b_.CreateICmpEQ(b, n(0)), a, n(0));
    case Op::rol:
      return b_.CreateIntrinsic(llvm::Intrinsic::fshl, {type}, {a, a, b});
    case Op::ror:
    case Op::rori:
      return b_.CreateIntrinsic(llvm::Intrinsic::fshr, {type}, {a, a, b});
    case Op::clz:
      return b_.CreateBinaryIntrinsic(llvm::Intrinsic::ctlz, a, b_.getFalse());
    case Op::ctz:
      return b_.CreateBinaryIntrinsic(llvm::Intrinsic::cttz, a, b_.getFalse());
    case Op::cpop:
      return b_.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, a);
    case Op::sext_b:
      return b_.CreateAShr(b_.CreateShl(a, n(56)), n(56));
    case Op::sext_h:
      return b_.CreateAShr(b_.CreateShl(a, n(48)), n(48));
    case Op::rev8:
      return b_.CreateUnaryIntrinsic(llvm::Intrinsic::bswap, a);
    case Op::orc_b: {
      llvm::Value* low = b_.CreateAdd(b_.CreateAnd(a, n(0x7F7F7F7F7F7F7F7F)), n(0x7F7F7F7F7F7F7F7F));
      llvm::Value* ones = b_.CreateAnd(b_.CreateLShr(b_.CreateOr(a, low), n(7)), n(0x0101010101010101));
      return b_.CreateMul(ones, n(255));
    }
    case Op::bclr:
    case Op::bclri:
      return b_.CreateAnd(a, b_.CreateNot(bit()));
    case Op::bext:
    case Op::bexti:
      return b_.CreateAnd(b_.CreateLShr(a, shift()), n(1));
    case Op::binv:
    case Op::binvi:
      return b_.CreateXor(a, bit());
    case Op::bset:
    case Op::bseti:
      return b_.CreateOr(a, bit());
    default:
      return divides(in.op) ? divide64(in, a, b) : unknown(in.op, type);
  }
}

Value Emitter::csr(const Item& item, const Kind& kind) {
  namespace numbers = isa::csr;
  const auto number = static_cast<std::uint32_t>(item.in.imm);
  switch (number) {
    case numbers::active_lanes:
      return {kind, mask64()};
    case numbers::warp_id:
    case numbers::group_rank:
      return {kind, load(rank_)};
    case numbers::lane_id:
      return {kind, number64(0), number64(row_)};
    case numbers::mhartid: {
      llvm::Value* warp = b_.CreateAdd(
          b_.CreateMul(table_csr(TableCsr::core_id), table_csr(TableCsr::num_warps)), load(rank_));
      return {kind, b_.CreateMul(warp, number64(lanes_)), number64(row_)};
    }
    case numbers::local_id_x:
    case numbers::local_id_y:
    case numbers::local_id_z: {
      const unsigned d = number - numbers::local_id_x;
      if (request_.shape.row == 0) return {kind, local_ids(d, lanes(i32_))};
      return {kind, b_.CreateZExt(local_ids(d, i32_), i64_), number64(d == 1 ? 1 : 0)};
    }
#define KIESEL_CSR(name) \
  case numbers::name:    \
    return {kind, table_csr(TableCsr::name)};
      KIESEL_TABLE_CSRS(KIESEL_CSR)
#undef KIESEL_CSR
    default:
      return {kind, unknown(item.in.op, i64_)};
  }
}

Value Emitter::vote(const Item& item, const Kind& kind) {
  if (item.in.op >= Op::shfl_up) return shuffle(item, kind);
  llvm::Value* yes = predicate(read_first(item), false);
  llvm::Value* all = b_.CreateICmpEQ(yes, mask());
  llvm::Value* any = b_.CreateICmpNE(yes, no_lanes());
  llvm::Value* result = nullptr;
  switch (item.in.op) {
    case Op::vote_all:
      result = all;
      break;
    case Op::vote_any:
      result = any;
      break;
    case Op::vote_uni:
      result = b_.CreateOr(all, b_.CreateNot(any));
      break;
    case Op::vote_ballot:
      return {{Rep::kUniform, false, Nan::kCanonical, 0}, b_.CreateZExt(yes, i64_)};
    default:
      result = unknown(item.in.op, i1_);
      break;
  }
  return {{Rep::kUniform, true, Nan::kCanonical, 0}, b_.CreateZExt(result, i64_)};
}

// Each lane's value of another lane, through memory. The source lane counts even if it is not active.
Value Emitter::shuffle(const Item& item, const Kind& kind) {
  const Value value = read_first(item), how = read_second(item);
  llvm::Type* type = lanes(i32_);
  const auto n = [&](std::uint64_t v) { return llvm::ConstantInt::get(type, v); };
  llvm::Value* word = narrow(how);
  const auto field = [&](unsigned shift) { return b_.CreateAnd(b_.CreateLShr(word, n(shift)), n(63)); };
  llvm::Value *b = field(0), *c = field(6), *segment = field(12);
  std::vector<llvm::Constant*> numbers;
  for (unsigned l = 0; l < lanes_; ++l) numbers.push_back(b_.getInt32(l));
  llvm::Value* lane = llvm::ConstantVector::get(numbers);
  llvm::Value* first = b_.CreateAnd(lane, segment);
  llvm::Value* others = b_.CreateNot(segment);
  llvm::Value* last = b_.CreateOr(first, b_.CreateAnd(c, others));
  llvm::Value* source = nullptr;
  switch (item.in.op) {
    case Op::shfl_up:
      source = b_.CreateSub(lane, b);
      break;
    case Op::shfl_down:
      source = b_.CreateAdd(lane, b);
      break;
    case Op::shfl_bfly:
      source = b_.CreateXor(lane, b);
      break;
    case Op::shfl_idx:
      source = b_.CreateOr(first, b_.CreateAnd(b, others));
      break;
    default:
      source = unknown(item.in.op, type);
      break;
  }
  llvm::Value* valid =
      item.in.op == Op::shfl_up ? b_.CreateICmpSGE(source, first) : b_.CreateICmpSLE(source, last);
  valid = b_.CreateAnd(valid, b_.CreateICmpULT(source, n(lanes_)));
  source = b_.CreateSelect(valid, source, lane);
  if (value.kind.rep == Rep::kUniform) return value;
  const bool narrow_lanes = kind.rep == Rep::kNarrow;
  llvm::Type* element = narrow_lanes ? i32_ : i64_;
  llvm::AllocaInst* row = scratch(0);
  b_.CreateStore(narrow_lanes ? narrow(value) : wide(value), row);
  llvm::Value* places = b_.CreateGEP(element, row, b_.CreateZExt(source, lanes(i64_)));
  if (host_.gathers)
    return {kind, b_.CreateMaskedGather(lanes(element), places, llvm::Align(narrow_lanes ? 4 : 8))};
  llvm::Value* all = llvm::PoisonValue::get(lanes(element));
  for (unsigned l = 0; l < lanes_; ++l)
    all = b_.CreateInsertElement(
        all, b_.CreateLoad(element, b_.CreateExtractElement(places, std::uint64_t{l})), std::uint64_t{l});
  return {kind, all};
}

}  // namespace kiesel::translator
