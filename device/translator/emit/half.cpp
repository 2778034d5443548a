// Half precision, kept as a boxed number in a single. Arithmetic is that of single precision, rounded once
// more, where it is fused after a sum that is rounded to odd: that gives what one rounding gives. Conversions
// are done on the bits where the host has no instructions for them.
#include <llvm/IR/IntrinsicsX86.h>

#include "device/translator/emit/emitter.hpp"

namespace kiesel::translator {

namespace {

constexpr std::uint32_t kBox = 0xFFFF0000, kNan = 0x7E00;
constexpr unsigned kAtOnce = 16;  // halves that the host's instruction makes of singles

}  // namespace

// The 16 bits of a half in numbers of 32; what is not boxed is the canonical NaN.
llvm::Value* Emitter::half_bits(Register r, bool once) {
  Value value = single(read(r));
  if (value.kind.nan == Nan::kLoose) value.v = canonical(value.v);
  const bool one = is_uniform(value.kind.rep);
  llvm::Value* word = b_.CreateBitCast(value.v, one ? i32_ : lanes(i32_));
  const auto n = [&](std::uint32_t v) { return llvm::ConstantInt::get(word->getType(), v); };
  llvm::Value* bits =
      b_.CreateSelect(b_.CreateICmpUGE(word, n(kBox)), b_.CreateAnd(word, n(0xFFFF)), n(kNan));
  return one && !once ? splat(bits) : bits;
}

bool Emitter::converts_halves(llvm::Value* v) const {
  return host_.converts_halves && v->getType()->isVectorTy() && lanes_ % kAtOnce == 0;
}

llvm::Value* Emitter::half_to_float(llvm::Value* bits) {
  if (converts_halves(bits)) return converted(bits, true);
  llvm::Type* type = bits->getType();
  llvm::Type* real = type->isVectorTy() ? lanes(float_) : float_;
  const auto n = [&](std::uint32_t v) { return llvm::ConstantInt::get(type, v); };
  llvm::Value* magnitude = b_.CreateShl(b_.CreateAnd(bits, n(0x7FFF)), n(13));
  llvm::Value* sign = b_.CreateShl(b_.CreateAnd(bits, n(0x8000)), n(16));
  // The exponents' biases differ by 112, which puts what is below the normal numbers right, too.
  llvm::Value* scaled =
      b_.CreateFMul(b_.CreateBitCast(magnitude, real), llvm::ConstantFP::get(real, 0x1p112));
  llvm::Value* special = b_.CreateOr(magnitude, n(0x7F800000));
  llvm::Value* is_special = b_.CreateICmpUGE(magnitude, n(0x7C00 << 13));
  llvm::Value* finite = b_.CreateBitCast(scaled, type);
  return b_.CreateBitCast(b_.CreateOr(b_.CreateSelect(is_special, special, finite), sign), real);
}

// The single next to a number, as bits: the one whose last bit is 1 where it is not exact. `above`: the
// nearest one, `word`, is the larger in size.
llvm::Value* Emitter::rounded_to_odd(llvm::Value* word, llvm::Value* inexact, llvm::Value* above) {
  llvm::Value *one = llvm::ConstantInt::get(word->getType(), 1), *none = b_.CreateSub(one, one);
  llvm::Value* other = b_.CreateSelect(above, b_.CreateSub(word, one), b_.CreateAdd(word, one));
  llvm::Value* is_even = b_.CreateICmpEQ(b_.CreateAnd(word, one), none);
  return b_.CreateSelect(b_.CreateAnd(inexact, is_even), other, word);
}

// A sum of two singles, rounded to odd; what its rounding lost is a single, too (Knuth's TwoSum, The Art of
// Computer Programming, volume 2, 4.2.2).
llvm::Value* Emitter::odd_sum(llvm::Value* a, llvm::Value* b) {
  llvm::Value *sum = b_.CreateFAdd(a, b), *of_b = b_.CreateFSub(sum, a);
  llvm::Value* lost = b_.CreateFAdd(b_.CreateFSub(a, b_.CreateFSub(sum, of_b)), b_.CreateFSub(b, of_b));
  llvm::Value* zero = llvm::Constant::getNullValue(sum->getType());
  llvm::Value* above = b_.CreateXor(b_.CreateFCmpOGT(sum, zero), b_.CreateFCmpOGT(lost, zero));
  llvm::Type* type = sum->getType()->isVectorTy() ? lanes(i32_) : i32_;
  llvm::Value* word = rounded_to_odd(b_.CreateBitCast(sum, type), b_.CreateFCmpONE(lost, zero), above);
  return b_.CreateBitCast(word, sum->getType());
}

// To nearest even; of a double by way of the single next to it whose last bit is 1 where it is not exact.
llvm::Value* Emitter::to_half_bits(llvm::Value* v) {
  const bool is_vector = v->getType()->isVectorTy();
  llvm::Type *real = is_vector ? lanes(float_) : float_, *type = is_vector ? lanes(i32_) : i32_;
  const auto n = [&](std::uint32_t k) { return llvm::ConstantInt::get(type, k); };
  llvm::Value* word = nullptr;
  if (v->getType()->getScalarType()->isDoubleTy()) {
    llvm::Value* nearest = b_.CreateFPTrunc(v, real);
    llvm::Value* back = b_.CreateFPExt(nearest, v->getType());
    word = b_.CreateBitCast(nearest, type);
    const auto size = [&](llvm::Value* x) { return b_.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, x); };
    word = rounded_to_odd(word, b_.CreateFCmpONE(back, v), b_.CreateFCmpOGT(size(back), size(v)));
  } else {
    word = b_.CreateBitCast(v, type);
  }
  if (is_vector && converts_halves(v)) {
    llvm::Value* single = b_.CreateBitCast(word, real);
    return b_.CreateSelect(b_.CreateFCmpUNO(single, single), n(kNan), converted(single, false));
  }
  llvm::Value* sign = b_.CreateAnd(b_.CreateLShr(word, n(16)), n(0x8000));
  llvm::Value* size = b_.CreateAnd(word, n(0x7FFFFFFF));
  // Below the normal numbers an addition rounds to multiples of 2^-24.
  llvm::Value* tiny =
      b_.CreateBitCast(b_.CreateFAdd(b_.CreateBitCast(size, real), llvm::ConstantFP::get(real, 0.5)), type);
  tiny = b_.CreateSub(tiny, n(0x3F000000));
  llvm::Value* odd = b_.CreateAnd(b_.CreateLShr(size, n(13)), n(1));
  llvm::Value* normal = b_.CreateAdd(b_.CreateAdd(size, odd), n(0xFFF - (112u << 23)));
  normal = b_.CreateLShr(normal, n(13));
  llvm::Value* bits = b_.CreateSelect(b_.CreateICmpULT(size, n(113u << 23)), tiny, normal);
  bits = b_.CreateSelect(b_.CreateICmpUGE(size, n(143u << 23)), n(0x7C00), bits);
  bits = b_.CreateOr(bits, sign);
  return b_.CreateSelect(b_.CreateICmpUGT(size, n(0x7F800000)), n(kNan), bits);
}

// By the host's instructions and not as LLVM's operations, which it would draw into the arithmetic around
// them.
llvm::Value* Emitter::converted(llvm::Value* v, bool from_half) {
  using llvm::Intrinsic::x86_avx512_mask_vcvtph2ps_512, llvm::Intrinsic::x86_avx512_mask_vcvtps2ph_512;
  constexpr unsigned kModeOfHost = 4, kNearest = 0;
  const auto vector = [&](llvm::Type* element) { return llvm::FixedVectorType::get(element, kAtOnce); };
  const auto none = [&](llvm::Type* element) { return llvm::Constant::getNullValue(vector(element)); };
  llvm::Value* all = b_.getInt16(0xFFFF);
  std::vector<llvm::Value*> parts;
  for (unsigned first = 0; first < lanes_; first += kAtOnce) {
    llvm::SmallVector<int, kAtOnce> order;
    for (unsigned l = 0; l < kAtOnce; ++l) order.push_back(static_cast<int>(first + l));
    llvm::Value* part = b_.CreateShuffleVector(v, order);
    if (from_half)
      part = b_.CreateIntrinsic(
          x86_avx512_mask_vcvtph2ps_512, {},
          {b_.CreateTrunc(part, vector(i16_)), none(float_), all, b_.getInt32(kModeOfHost)});
    else
      part = b_.CreateZExt(b_.CreateIntrinsic(x86_avx512_mask_vcvtps2ph_512, {},
                                              {part, b_.getInt32(kNearest), none(i16_), all}),
                           vector(i32_));
    parts.push_back(part);
  }
  return joined(std::move(parts));
}

// Of the registers' raw bits.
llvm::Value* Emitter::moved_half(Register r) {
  Value value = read(r);
  if (value.kind.nan == Nan::kLoose) value.v = canonical(value.v);
  const bool one = is_uniform(value.kind.rep);
  llvm::Type *word = one ? i32_ : lanes(i32_), *half = one ? i16_ : lanes(i16_);
  llvm::Type* all = is_double(value.kind.rep) ? (one ? i64_ : lanes(i64_)) : word;
  return b_.CreateSExt(b_.CreateTrunc(b_.CreateBitCast(value.v, all), half), word);
}

Value Emitter::half(const Item& item, const Kind& kind) {
  const Instruction& in = item.in;
  const std::string_view name = isa::info(in.op).name;
  const bool once = is_uniform(kind.rep);
  const auto number = [&](Register r) { return half_to_float(half_bits(r, once)); };
  const auto boxed_half = [&](llvm::Value* bits) -> Value {
    llvm::Value* word = b_.CreateOr(bits, llvm::ConstantInt::get(bits->getType(), kBox));
    return {kind, b_.CreateBitCast(word, bits->getType()->isVectorTy() ? lanes(float_) : float_)};
  };
  const auto rounded = [&](llvm::Value* v) { return boxed_half(to_half_bits(v)); };

  if (name == "fmv.x.h") return whole_result(kind, moved_half(in.rs1));
  if (name.starts_with("fclass")) return whole_result(kind, classes(half_bits(in.rs1, once), 5, 10));
  if (isa::info(in.op).syntax[0] == 'd') {
    llvm::Value* a = number(in.rs1);
    if (name.starts_with("fcvt")) {
      const std::string_view target = name.substr(5, name.rfind('.') - 5);
      return whole_result(kind, to_integer(a, in.rounding, target.size() == 1, target[0] == 'w' ? 32 : 64));
    }
    llvm::Value* b = number(in.rs2);
    llvm::Value* holds = float_comparison(in.op, a, b);
    return whole_result(kind, b_.CreateZExt(holds, once ? i32_ : lanes(i32_)));
  }
  if (isa::info(in.op).syntax[3] == 's') {  // from an integer
    const Value a = read_first(item);
    const auto low = [&] { return once ? b_.CreateTrunc(a.v, i32_) : narrow(a); };
    if (name == "fmv.h.x") {
      llvm::Value* bits = low();
      return boxed_half(b_.CreateAnd(bits, llvm::ConstantInt::get(bits->getType(), 0xFFFF)));
    }
    if (!name.starts_with("fcvt.h.")) return {kind, unknown(in.op, once ? float_ : lanes(float_))};
    llvm::Value* v = name[7] == 'w' ? low() : once ? a.v : wide(a);
    llvm::Type* real = once ? double_ : lanes(double_);
    return rounded(name.ends_with("u") ? b_.CreateUIToFP(v, real) : b_.CreateSIToFP(v, real));
  }
  if (name == "fcvt.s.h") return {kind, number(in.rs1)};
  if (name == "fcvt.d.h") return {kind, b_.CreateFPExt(number(in.rs1), once ? double_ : lanes(double_))};
  if (name == "fcvt.h.s" || name == "fcvt.h.d") return rounded(float_operand(in.rs1, name[7], once).v);
  if (name.starts_with("fsgnj")) {
    llvm::Value *a = half_bits(in.rs1, once), *b = half_bits(in.rs2, once);
    const auto n = [&](std::uint32_t v) { return llvm::ConstantInt::get(a->getType(), v); };
    if (name.starts_with("fsgnjx")) return boxed_half(b_.CreateXor(a, b_.CreateAnd(b, n(0x8000))));
    if (name.starts_with("fsgnjn")) b = b_.CreateXor(b, n(0x8000));
    return boxed_half(b_.CreateOr(b_.CreateAnd(a, n(0x7FFF)), b_.CreateAnd(b, n(0x8000))));
  }
  llvm::Value* a = number(in.rs1);
  if (name.starts_with("fsqrt")) return rounded(b_.CreateUnaryIntrinsic(llvm::Intrinsic::sqrt, a));
  llvm::Value* b = number(in.rs2);
  if (name.starts_with("fadd")) return rounded(b_.CreateFAdd(a, b));
  if (name.starts_with("fsub")) return rounded(b_.CreateFSub(a, b));
  if (name.starts_with("fmul")) return rounded(b_.CreateFMul(a, b));
  if (name.starts_with("fdiv")) return rounded(b_.CreateFDiv(a, b));
  if (name.starts_with("fmin")) return rounded(minimum_or_maximum(a, b, false));
  if (name.starts_with("fmax")) return rounded(minimum_or_maximum(a, b, true));
  if (isa::info(in.op).format != isa::Format::kFloatFused) return {kind, unknown(in.op, a->getType())};
  llvm::Value *product = b_.CreateFMul(a, b), *c = number(in.rs3);  // the product is exact
  if (name.starts_with("fn")) product = b_.CreateFNeg(product);
  const bool subtracts = name.starts_with("fmsub") || name.starts_with("fnmadd");
  return rounded(odd_sum(product, subtracts ? b_.CreateFNeg(c) : c));
}

}  // namespace kiesel::translator
