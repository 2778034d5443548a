#include "device/translator/emit/half.hpp"

#include <llvm/IR/IntrinsicsX86.h>

#include "device/translator/emit/real.hpp"
#include "device/translator/emit/registers.hpp"

namespace kiesel::translator {
namespace {

constexpr std::uint32_t kBox = 0xFFFF0000, kNan = 0x7E00;
constexpr unsigned kAtOnce = 16;  // halves that the host's instruction makes of singles

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

}  // namespace

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

llvm::Value* boxed_half(Builder& ir, llvm::Value* bits) {
  llvm::Value* word = ir.CreateOr(bits, llvm::ConstantInt::get(bits->getType(), kBox));
  return ir.CreateBitCast(word, bits->getType()->isVectorTy() ? vector_of(ir, ir.f32) : ir.f32);
}

llvm::Value* moved_half(Cursor& here, Register r) {
  Builder& ir = here.ir;
  Value value = read(here, r);
  if (value.kind.nan == Nan::kLoose) value.v = canonical(ir, value.v);
  const bool one = is_uniform(value.kind.rep);
  llvm::Type *word = one ? ir.i32 : vector_of(ir, ir.i32), *half = one ? ir.i16 : vector_of(ir, ir.i16);
  llvm::Type* all = is_double(value.kind.rep) ? (one ? ir.i64 : vector_of(ir, ir.i64)) : word;
  return ir.CreateSExt(ir.CreateTrunc(ir.CreateBitCast(value.v, all), half), word);
}

}  // namespace kiesel::translator
