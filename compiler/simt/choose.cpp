#include "compiler/simt/choose.hpp"

#include "compiler/simt/asm_text.hpp"

namespace kiesel::simt {
namespace {

using llvm::IRBuilderBase;
using llvm::Type;
using llvm::Value;

bool is_zero(const Value* value) {
  const auto* constant = llvm::dyn_cast<llvm::Constant>(value);
  return constant && constant->isNullValue();
}

// All ones or all zeros. Behind the opaque copy, or the code generator would see the select and branch.
Value* make_mask(IRBuilderBase& at, Value* condition, Type* type) {
  Value* mask = emit_opaque(at, at.CreateSExt(condition, at.getInt64Ty()));
  return at.CreateSExtOrTrunc(mask, type);
}

Value* choose_by_mask(IRBuilderBase& at, Value* condition, Value* yes, Value* no) {
  Value* mask = make_mask(at, condition, yes->getType());
  if (is_zero(no)) return at.CreateAnd(yes, mask);
  if (is_zero(yes)) return at.CreateAnd(no, at.CreateNot(mask));
  return at.CreateXor(no, at.CreateAnd(at.CreateXor(yes, no), mask));
}

// czero tests a whole register, so a comparison with zero needs no instruction of its own.
struct Test {
  Value* word;    // i64
  bool inverted;  // the condition holds where `word` is zero
};

Test find_test(IRBuilderBase& at, Value* condition) {
  auto* compare = llvm::dyn_cast<llvm::ICmpInst>(condition);
  if (compare && compare->isEquality() && compare->getOperand(0)->getType()->isIntegerTy(64) &&
      is_zero(compare->getOperand(1)))
    return {compare->getOperand(0), compare->getPredicate() == llvm::CmpInst::ICMP_EQ};
  return {at.CreateZExt(condition, at.getInt64Ty()), false};
}

Value* choose_by_zicond(IRBuilderBase& at, Value* condition, Value* yes, Value* no) {
  Test test = find_test(at, condition);
  if (test.inverted) std::swap(yes, no);
  if (is_zero(no)) return emit_czero_eqz(at, yes, test.word);
  if (is_zero(yes)) return emit_czero_nez(at, no, test.word);
  return at.CreateOr(emit_czero_eqz(at, yes, test.word), emit_czero_nez(at, no, test.word));
}

bool is_word(unsigned bits) { return bits == 8 || bits == 16 || bits == 32 || bits == 64; }

}  // namespace

Value* Chooser::choose_word(IRBuilderBase& at, Value* condition, Value* yes, Value* no) const {
  Type* type = yes->getType();
  if (type->isIntegerTy(1)) return at.CreateXor(no, at.CreateAnd(at.CreateXor(yes, no), condition));
  // Two constants: their difference is one more constant and no register holds either.
  const bool constants = llvm::isa<llvm::ConstantInt>(yes) && llvm::isa<llvm::ConstantInt>(no);
  if (zicond_ && !constants && is_word(type->getIntegerBitWidth()))
    return choose_by_zicond(at, condition, yes, no);
  return choose_by_mask(at, condition, yes, no);
}

Value* Chooser::choose_element(IRBuilderBase& at, Value* condition, Value* yes, Value* no) const {
  Type* type = yes->getType();
  if (type->isAggregateType()) return choose_parts(at, condition, yes, no);
  if (type->isIntegerTy()) return choose_word(at, condition, yes, no);
  const bool pointer = type->isPointerTy();
  Type* bits = pointer ? at.getInt64Ty() : at.getIntNTy(type->getPrimitiveSizeInBits());
  const auto to_bits = [&](Value* value) {
    return pointer ? at.CreatePtrToInt(value, bits) : at.CreateBitCast(value, bits);
  };
  Value* chosen = choose_word(at, condition, to_bits(yes), to_bits(no));
  return pointer ? at.CreateIntToPtr(chosen, type) : at.CreateBitCast(chosen, type);
}

// A structure or array, element by element.
Value* Chooser::choose_parts(IRBuilderBase& at, Value* condition, Value* yes, Value* no) const {
  Type* type = yes->getType();
  const unsigned count = type->isStructTy() ? type->getStructNumElements() : type->getArrayNumElements();
  Value* whole = llvm::PoisonValue::get(type);
  for (unsigned i = 0; i < count; ++i) {
    Value* part = choose_element(at, condition, at.CreateExtractValue(yes, i), at.CreateExtractValue(no, i));
    whole = at.CreateInsertValue(whole, part, i);
  }
  return whole;
}

Value* Chooser::choose(IRBuilderBase& at, Value* condition, Value* yes, Value* no) const {
  if (llvm::isa<llvm::UndefValue>(no)) return yes;
  if (llvm::isa<llvm::UndefValue>(yes)) return no;
  auto* vector = llvm::dyn_cast<llvm::FixedVectorType>(yes->getType());
  if (!vector) return choose_element(at, condition, yes, no);
  const bool one_condition = !condition->getType()->isVectorTy();
  Value* whole = llvm::PoisonValue::get(vector);
  for (unsigned i = 0; i < vector->getNumElements(); ++i) {
    Value* test = one_condition ? condition : at.CreateExtractElement(condition, i);
    Value* part = choose_element(at, test, at.CreateExtractElement(yes, i), at.CreateExtractElement(no, i));
    whole = at.CreateInsertElement(whole, part, i);
  }
  return whole;
}

}  // namespace kiesel::simt
