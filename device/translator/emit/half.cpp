#include "device/translator/emit/half.hpp"

#include <llvm/IR/IntrinsicsX86.h>

#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/emit.hpp"
#include "device/translator/emit/float.hpp"
#include "device/translator/emit/real.hpp"
#include "device/translator/emit/registers.hpp"
#include "device/translator/emit/values.hpp"

namespace kiesel::translator {

namespace {

constexpr std::uint32_t kBox = 0xFFFF0000, kNan = 0x7E00;
constexpr unsigned kAtOnce = 16;  // halves that the host's instruction makes of singles

// The 16 bits of a half in numbers of 32; what is not boxed is the canonical NaN.
llvm::Value* half_bits(Cursor& here, Register r, bool once) {
  Builder& ir = here.ir;
  Value value = single(ir, read(here, r));
  if (value.kind.nan == Nan::kLoose) value.v = canonical(ir, value.v);
  const bool one = is_uniform(value.kind.rep);
  llvm::Value* word = ir.CreateBitCast(value.v, one ? ir.i32 : vector_of(ir, ir.i32));
  const auto n = [&](std::uint32_t v) { return llvm::ConstantInt::get(word->getType(), v); };
  llvm::Value* bits =
      ir.CreateSelect(ir.CreateICmpUGE(word, n(kBox)), ir.CreateAnd(word, n(0xFFFF)), n(kNan));
  return one && !once ? splat(ir, bits) : bits;
}

bool converts_halves(Builder& ir, llvm::Value* v) {
  return ir.host.converts_halves && v->getType()->isVectorTy() && ir.lanes % kAtOnce == 0;
}

// By the host's instructions and not as LLVM's operations, which it would draw into the arithmetic around
// them.
llvm::Value* converted(Builder& ir, llvm::Value* v, bool from_half) {
  using llvm::Intrinsic::x86_avx512_mask_vcvtph2ps_512, llvm::Intrinsic::x86_avx512_mask_vcvtps2ph_512;
  constexpr unsigned kModeOfHost = 4, kNearest = 0;
  const auto vector = [&](llvm::Type* element) { return llvm::FixedVectorType::get(element, kAtOnce); };
  const auto none = [&](llvm::Type* element) { return llvm::Constant::getNullValue(vector(element)); };
  llvm::Value* all = ir.getInt16(0xFFFF);
  std::vector<llvm::Value*> parts;
  for (unsigned first = 0; first < ir.lanes; first += kAtOnce) {
    llvm::SmallVector<int, kAtOnce> order;
    for (unsigned l = 0; l < kAtOnce; ++l) order.push_back(static_cast<int>(first + l));
    llvm::Value* part = ir.CreateShuffleVector(v, order);
    if (from_half)
      part = ir.CreateIntrinsic(
          x86_avx512_mask_vcvtph2ps_512, {},
          {ir.CreateTrunc(part, vector(ir.i16)), none(ir.f32), all, ir.getInt32(kModeOfHost)});
    else
      part = ir.CreateZExt(ir.CreateIntrinsic(x86_avx512_mask_vcvtps2ph_512, {},
                                              {part, ir.getInt32(kNearest), none(ir.i16), all}),
                           vector(ir.i32));
    parts.push_back(part);
  }
  return joined(ir, std::move(parts));
}

llvm::Value* half_to_float(Builder& ir, llvm::Value* bits) {
  if (converts_halves(ir, bits)) return converted(ir, bits, true);
  llvm::Type* type = bits->getType();
  llvm::Type* real = type->isVectorTy() ? vector_of(ir, ir.f32) : ir.f32;
  const auto n = [&](std::uint32_t v) { return llvm::ConstantInt::get(type, v); };
  llvm::Value* magnitude = ir.CreateShl(ir.CreateAnd(bits, n(0x7FFF)), n(13));
  llvm::Value* sign = ir.CreateShl(ir.CreateAnd(bits, n(0x8000)), n(16));
  // The exponents' biases differ by 112, which puts what is below the normal numbers right, too.
  llvm::Value* scaled =
      ir.CreateFMul(ir.CreateBitCast(magnitude, real), llvm::ConstantFP::get(real, 0x1p112));
  llvm::Value* special = ir.CreateOr(magnitude, n(0x7F800000));
  llvm::Value* is_special = ir.CreateICmpUGE(magnitude, n(0x7C00 << 13));
  llvm::Value* finite = ir.CreateBitCast(scaled, type);
  return ir.CreateBitCast(ir.CreateOr(ir.CreateSelect(is_special, special, finite), sign), real);
}

// The single next to a number, as bits: the one whose last bit is 1 where it is not exact. `above`: the
// nearest one, `word`, is the larger in size.
llvm::Value* rounded_to_odd(Builder& ir, llvm::Value* word, llvm::Value* inexact, llvm::Value* above) {
  llvm::Value *one = llvm::ConstantInt::get(word->getType(), 1), *none = ir.CreateSub(one, one);
  llvm::Value* other = ir.CreateSelect(above, ir.CreateSub(word, one), ir.CreateAdd(word, one));
  llvm::Value* is_even = ir.CreateICmpEQ(ir.CreateAnd(word, one), none);
  return ir.CreateSelect(ir.CreateAnd(inexact, is_even), other, word);
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

// To nearest even; of a double by way of the single next to it whose last bit is 1 where it is not exact.
llvm::Value* to_half_bits(Builder& ir, llvm::Value* v) {
  const bool is_vector = v->getType()->isVectorTy();
  llvm::Type *real = is_vector ? vector_of(ir, ir.f32) : ir.f32,
             *type = is_vector ? vector_of(ir, ir.i32) : ir.i32;
  const auto n = [&](std::uint32_t k) { return llvm::ConstantInt::get(type, k); };
  llvm::Value* word = nullptr;
  if (v->getType()->getScalarType()->isDoubleTy()) {
    llvm::Value* nearest = ir.CreateFPTrunc(v, real);
    llvm::Value* back = ir.CreateFPExt(nearest, v->getType());
    word = ir.CreateBitCast(nearest, type);
    const auto size = [&](llvm::Value* x) { return ir.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, x); };
    word = rounded_to_odd(ir, word, ir.CreateFCmpONE(back, v), ir.CreateFCmpOGT(size(back), size(v)));
  } else {
    word = ir.CreateBitCast(v, type);
  }
  if (is_vector && converts_halves(ir, v)) {
    llvm::Value* single = ir.CreateBitCast(word, real);
    return ir.CreateSelect(ir.CreateFCmpUNO(single, single), n(kNan), converted(ir, single, false));
  }
  llvm::Value* sign = ir.CreateAnd(ir.CreateLShr(word, n(16)), n(0x8000));
  llvm::Value* size = ir.CreateAnd(word, n(0x7FFFFFFF));
  // Below the normal numbers an addition rounds to multiples of 2^-24.
  llvm::Value* tiny =
      ir.CreateBitCast(ir.CreateFAdd(ir.CreateBitCast(size, real), llvm::ConstantFP::get(real, 0.5)), type);
  tiny = ir.CreateSub(tiny, n(0x3F000000));
  llvm::Value* odd = ir.CreateAnd(ir.CreateLShr(size, n(13)), n(1));
  llvm::Value* normal = ir.CreateAdd(ir.CreateAdd(size, odd), n(0xFFF - (112u << 23)));
  normal = ir.CreateLShr(normal, n(13));
  llvm::Value* bits = ir.CreateSelect(ir.CreateICmpULT(size, n(113u << 23)), tiny, normal);
  bits = ir.CreateSelect(ir.CreateICmpUGE(size, n(143u << 23)), n(0x7C00), bits);
  bits = ir.CreateOr(bits, sign);
  return ir.CreateSelect(ir.CreateICmpUGT(size, n(0x7F800000)), n(kNan), bits);
}

// Of the registers' raw bits.
llvm::Value* moved_half(Cursor& here, Register r) {
  Builder& ir = here.ir;
  Value value = read(here, r);
  if (value.kind.nan == Nan::kLoose) value.v = canonical(ir, value.v);
  const bool one = is_uniform(value.kind.rep);
  llvm::Type *word = one ? ir.i32 : vector_of(ir, ir.i32), *half = one ? ir.i16 : vector_of(ir, ir.i16);
  llvm::Type* all = is_double(value.kind.rep) ? (one ? ir.i64 : vector_of(ir, ir.i64)) : word;
  return ir.CreateSExt(ir.CreateTrunc(ir.CreateBitCast(value.v, all), half), word);
}

}  // namespace

Value half(Cursor& here, const Item& item, const Kind& kind) {
  Builder& ir = here.ir;
  const Instruction& in = item.in;
  const std::string_view name = isa::info(in.op).name;
  const bool once = is_uniform(kind.rep);
  const auto number = [&](Register r) { return half_to_float(ir, half_bits(here, r, once)); };
  const auto boxed_half = [&](llvm::Value* bits) -> Value {
    llvm::Value* word = ir.CreateOr(bits, llvm::ConstantInt::get(bits->getType(), kBox));
    return {kind, ir.CreateBitCast(word, bits->getType()->isVectorTy() ? vector_of(ir, ir.f32) : ir.f32)};
  };
  const auto rounded = [&](llvm::Value* v) { return boxed_half(to_half_bits(ir, v)); };

  if (name == "fmv.x.h") return whole_result(ir, kind, moved_half(here, in.rs1));
  if (name.starts_with("fclass"))
    return whole_result(ir, kind, classes(ir, half_bits(here, in.rs1, once), 5, 10));
  if (isa::info(in.op).syntax[0] == 'd') {
    llvm::Value* a = number(in.rs1);
    if (name.starts_with("fcvt")) {
      const std::string_view target = name.substr(5, name.rfind('.') - 5);
      return whole_result(ir, kind,
                          to_integer(here, a, in.rounding, target.size() == 1, target[0] == 'w' ? 32 : 64));
    }
    llvm::Value* b = number(in.rs2);
    llvm::Value* holds = float_comparison(here.kernel, in.op, a, b);
    return whole_result(ir, kind, ir.CreateZExt(holds, once ? ir.i32 : vector_of(ir, ir.i32)));
  }
  if (isa::info(in.op).syntax[3] == 's') {  // from an integer
    const Value a = read_first(here, item);
    const auto low = [&] { return once ? ir.CreateTrunc(a.v, ir.i32) : narrow(ir, a); };
    if (name == "fmv.h.x") {
      llvm::Value* bits = low();
      return boxed_half(ir.CreateAnd(bits, llvm::ConstantInt::get(bits->getType(), 0xFFFF)));
    }
    if (!name.starts_with("fcvt.h."))
      return {kind, unknown(here.kernel, in.op, once ? ir.f32 : vector_of(ir, ir.f32))};
    llvm::Value* v = name[7] == 'w' ? low() : once ? a.v : wide(ir, a);
    llvm::Type* real = once ? ir.f64 : vector_of(ir, ir.f64);
    return rounded(name.ends_with("u") ? ir.CreateUIToFP(v, real) : ir.CreateSIToFP(v, real));
  }
  if (name == "fcvt.s.h") return {kind, number(in.rs1)};
  if (name == "fcvt.d.h")
    return {kind, ir.CreateFPExt(number(in.rs1), once ? ir.f64 : vector_of(ir, ir.f64))};
  if (name == "fcvt.h.s" || name == "fcvt.h.d") return rounded(float_operand(here, in.rs1, name[7], once).v);
  if (name.starts_with("fsgnj")) {
    llvm::Value *a = half_bits(here, in.rs1, once), *b = half_bits(here, in.rs2, once);
    const auto n = [&](std::uint32_t v) { return llvm::ConstantInt::get(a->getType(), v); };
    if (name.starts_with("fsgnjx")) return boxed_half(ir.CreateXor(a, ir.CreateAnd(b, n(0x8000))));
    if (name.starts_with("fsgnjn")) b = ir.CreateXor(b, n(0x8000));
    return boxed_half(ir.CreateOr(ir.CreateAnd(a, n(0x7FFF)), ir.CreateAnd(b, n(0x8000))));
  }
  llvm::Value* a = number(in.rs1);
  if (name.starts_with("fsqrt")) return rounded(ir.CreateUnaryIntrinsic(llvm::Intrinsic::sqrt, a));
  llvm::Value* b = number(in.rs2);
  if (name.starts_with("fadd")) return rounded(ir.CreateFAdd(a, b));
  if (name.starts_with("fsub")) return rounded(ir.CreateFSub(a, b));
  if (name.starts_with("fmul")) return rounded(ir.CreateFMul(a, b));
  if (name.starts_with("fdiv")) return rounded(ir.CreateFDiv(a, b));
  if (name.starts_with("fmin")) return rounded(minimum_or_maximum(ir, a, b, false));
  if (name.starts_with("fmax")) return rounded(minimum_or_maximum(ir, a, b, true));
  if (isa::info(in.op).format != isa::Format::kFloatFused)
    return {kind, unknown(here.kernel, in.op, a->getType())};
  llvm::Value *product = ir.CreateFMul(a, b), *c = number(in.rs3);  // the product is exact
  if (name.starts_with("fn")) product = ir.CreateFNeg(product);
  const bool subtracts = name.starts_with("fmsub") || name.starts_with("fnmadd");
  return rounded(odd_sum(ir, product, subtracts ? ir.CreateFNeg(c) : c));
}

}  // namespace kiesel::translator
