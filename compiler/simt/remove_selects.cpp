// Replaces what the RISC-V code generator would turn into a branch: selects, and the intrinsics and
// conversions that it builds from selects.
#include <llvm/ADT/SmallVector.h>
#include <llvm/Analysis/ValueTracking.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/PatternMatch.h>
#include <llvm/Pass.h>

#include "compiler/simt/choose.hpp"
#include "compiler/simt/passes.hpp"
#include "compiler/simt/wide_integers.hpp"

namespace kiesel::simt {
namespace {

using llvm::CmpInst;
using llvm::IRBuilder;
using llvm::Type;
using llvm::Value;
using namespace llvm::PatternMatch;

class RemoveSelects final : public llvm::FunctionPass {
 public:
  static char ID;
  explicit RemoveSelects(const isa::Target& target)
      : FunctionPass(ID), chooser_(target), bitmanip_(target.bitmanip), may_branch_(target.lanes == 1) {}

  bool runOnFunction(llvm::Function& function) override {
    // Replacements may hold selects again (saturation does), so until nothing is left.
    bool changed = false;
    for (bool again = true; again; changed |= again) {
      again = false;
      for (llvm::Instruction& instruction : llvm::make_early_inc_range(llvm::instructions(function)))
        again |= replace(instruction);
    }
    return changed;
  }

 private:
  bool replace(llvm::Instruction& instruction) {
    IRBuilder<> at(&instruction);
    Value* made = rewrite(at, instruction);
    if (!made) return false;
    instruction.replaceAllUsesWith(made);
    instruction.eraseFromParent();
    return true;
  }

  Value* rewrite(IRBuilder<>& at, llvm::Instruction& instruction) const {
    if (Value* made = rewrite_wide(at, instruction)) return made;
    if (auto* select = llvm::dyn_cast<llvm::SelectInst>(&instruction))
      return may_branch_ ? nullptr
                         : chooser_.choose(at, select->getCondition(), select->getTrueValue(),
                                           select->getFalseValue());
    if (auto* cast = llvm::dyn_cast<llvm::CastInst>(&instruction)) return rewrite_bit_to_float(at, *cast);
    if (auto* call = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction)) return rewrite_intrinsic(at, *call);
    return nullptr;
  }

  // The code generator would choose between two float constants, also for a bit that was extended before.
  static Value* rewrite_bit_to_float(IRBuilder<>& at, llvm::CastInst& cast) {
    if (!llvm::isa<llvm::UIToFPInst, llvm::SIToFPInst>(cast)) return nullptr;
    Value* bit = cast.getOperand(0);
    bool is_signed = llvm::isa<llvm::SIToFPInst>(cast);
    if (match(bit, m_ZExt(m_Value(bit))))
      is_signed = false;
    else if (is_signed)
      match(bit, m_SExt(m_Value(bit)));
    if (!bit->getType()->isIntOrIntVectorTy(1)) return nullptr;
    const double one = is_signed ? -1.0 : 1.0;
    return at.CreateSelect(bit, llvm::ConstantFP::get(cast.getType(), one),
                           llvm::Constant::getNullValue(cast.getType()));
  }

  Value* rewrite_intrinsic(IRBuilder<>& at, llvm::IntrinsicInst& call) const {
    namespace Intrinsic = llvm::Intrinsic;
    switch (call.getIntrinsicID()) {
      case Intrinsic::smax:
        return extreme(at, call, CmpInst::ICMP_SGT);
      case Intrinsic::smin:
        return extreme(at, call, CmpInst::ICMP_SLT);
      case Intrinsic::umax:
        return extreme(at, call, CmpInst::ICMP_UGT);
      case Intrinsic::umin:
        return extreme(at, call, CmpInst::ICMP_ULT);
      case Intrinsic::abs:
        return absolute(at, call.getArgOperand(0));
      case Intrinsic::uadd_sat:
        return add_unsigned(at, call.getArgOperand(0), call.getArgOperand(1));
      case Intrinsic::usub_sat:
        return subtract_unsigned(at, call.getArgOperand(0), call.getArgOperand(1));
      case Intrinsic::sadd_sat:
        return saturate(at, call, Intrinsic::sadd_with_overflow);
      case Intrinsic::ssub_sat:
        return saturate(at, call, Intrinsic::ssub_with_overflow);
      case Intrinsic::sshl_sat:
      case Intrinsic::ushl_sat:
        return shift_saturating(at, call);
      case Intrinsic::ctlz:
      case Intrinsic::cttz:
        return count_zeros(at, call);
      case Intrinsic::minimum:
        return extreme_or_nan(at, call, Intrinsic::minnum);
      case Intrinsic::maximum:
        return extreme_or_nan(at, call, Intrinsic::maxnum);
      case Intrinsic::canonicalize:
        return call.getArgOperand(0);  // the machine's registers hold no other form
      case Intrinsic::fptosi_sat:
      case Intrinsic::fptoui_sat:
        return convert_saturating(at, call);
      default:
        return nullptr;
    }
  }

  bool has_minmax(const Type* type) const { return bitmanip_ && type->getScalarSizeInBits() <= 64; }

  Value* extreme(IRBuilder<>& at, llvm::IntrinsicInst& call, CmpInst::Predicate wins) const {
    if (has_minmax(call.getType())) return nullptr;
    Value* a = call.getArgOperand(0);
    Value* b = call.getArgOperand(1);
    return at.CreateSelect(at.CreateICmp(wins, a, b), a, b);
  }

  static bool is_all_signs(const Value* value) {
    const auto* from = llvm::dyn_cast<llvm::Instruction>(value);
    return from && llvm::ComputeNumSignBits(value, from->getModule()->getDataLayout()) ==
                       value->getType()->getScalarSizeInBits();
  }

  static Value* absolute(IRBuilder<>& at, Value* value) {
    // Of 0 and -1 the code generator sees that 0 and 1 come out, and again what a float of them is chosen by.
    if (is_all_signs(value))
      return at.CreateSelect(at.CreateIsNotNull(value), llvm::ConstantInt::get(value->getType(), 1),
                             llvm::Constant::getNullValue(value->getType()));
    Value* sign = at.CreateAShr(value, value->getType()->getScalarSizeInBits() - 1);
    return at.CreateSub(at.CreateXor(value, sign), sign);
  }

  static Value* add_unsigned(IRBuilder<>& at, Value* a, Value* b) {
    return at.CreateAdd(a, at.CreateBinaryIntrinsic(llvm::Intrinsic::umin, b, at.CreateNot(a)));
  }

  static Value* subtract_unsigned(IRBuilder<>& at, Value* a, Value* b) {
    return at.CreateSub(at.CreateBinaryIntrinsic(llvm::Intrinsic::umax, a, b), b);
  }

  // On overflow the largest value of the sign that the wrapped sum lost.
  static Value* saturate(IRBuilder<>& at, llvm::IntrinsicInst& call, llvm::Intrinsic::ID overflow) {
    Value* pair = at.CreateBinaryIntrinsic(overflow, call.getArgOperand(0), call.getArgOperand(1));
    Value* sum = at.CreateExtractValue(pair, 0);
    const unsigned bits = call.getType()->getScalarSizeInBits();
    Value* lost = at.CreateAShr(sum, bits - 1);
    Value* limit =
        at.CreateXor(lost, llvm::ConstantInt::get(call.getType(), llvm::APInt::getSignedMinValue(bits)));
    return at.CreateSelect(at.CreateExtractValue(pair, 1), limit, sum);
  }

  // What comes back by the opposite shift is not what went in: digits were lost.
  static Value* shift_saturating(IRBuilder<>& at, llvm::IntrinsicInst& call) {
    Value *value = call.getArgOperand(0), *count = call.getArgOperand(1);
    const bool is_signed = call.getIntrinsicID() == llvm::Intrinsic::sshl_sat;
    const unsigned bits = call.getType()->getScalarSizeInBits();
    Value* shifted = at.CreateShl(value, count);
    Value* back = is_signed ? at.CreateAShr(shifted, count) : at.CreateLShr(shifted, count);
    Value* largest = llvm::ConstantInt::get(
        call.getType(), is_signed ? llvm::APInt::getSignedMaxValue(bits) : llvm::APInt::getMaxValue(bits));
    Value* limit = is_signed ? at.CreateXor(at.CreateAShr(value, bits - 1), largest) : largest;
    return at.CreateSelect(at.CreateICmpNE(back, value), limit, shifted);
  }

  // Without an instruction the code generator tests for zero first.
  Value* count_zeros(IRBuilder<>& at, llvm::IntrinsicInst& call) const {
    if (bitmanip_ || llvm::cast<llvm::ConstantInt>(call.getArgOperand(1))->isOne()) return nullptr;
    Value* value = call.getArgOperand(0);
    Value* counted = at.CreateBinaryIntrinsic(call.getIntrinsicID(), value, at.getTrue());
    return at.CreateSelect(at.CreateICmpEQ(value, llvm::Constant::getNullValue(call.getType())),
                           llvm::ConstantInt::get(call.getType(), call.getType()->getScalarSizeInBits()),
                           counted);
  }

  // minnum and maxnum of the machine order the zeros; a NaN they leave out.
  static Value* extreme_or_nan(IRBuilder<>& at, llvm::IntrinsicInst& call, llvm::Intrinsic::ID number) {
    Value *a = call.getArgOperand(0), *b = call.getArgOperand(1);
    return at.CreateSelect(at.CreateFCmpUNO(a, b), at.CreateFAdd(a, b),
                           at.CreateBinaryIntrinsic(number, a, b));
  }

  // fptosi.sat(x): compare against the limits of the target type as floats; NaN gives 0.
  static Value* convert_saturating(IRBuilder<>& at, llvm::IntrinsicInst& call) {
    Value* value = call.getArgOperand(0);
    const bool is_signed = call.getIntrinsicID() == llvm::Intrinsic::fptosi_sat;
    Type* type = call.getType();
    const unsigned bits = type->getScalarSizeInBits();
    const auto low = is_signed ? llvm::APInt::getSignedMinValue(bits) : llvm::APInt::getMinValue(bits);
    const auto high = is_signed ? llvm::APInt::getSignedMaxValue(bits) : llvm::APInt::getMaxValue(bits);
    const auto limit = [&](const llvm::APInt& number) {
      llvm::APFloat exact(value->getType()->getScalarType()->getFltSemantics());
      exact.convertFromAPInt(number, is_signed, llvm::APFloat::rmTowardZero);
      return llvm::ConstantFP::get(value->getType(), exact);
    };
    Value* in_range = is_signed ? at.CreateFPToSI(value, type) : at.CreateFPToUI(value, type);
    Value* fit =
        at.CreateSelect(at.CreateFCmpOLT(value, limit(low)), llvm::ConstantInt::get(type, low), in_range);
    fit = at.CreateSelect(at.CreateFCmpOGT(value, limit(high)), llvm::ConstantInt::get(type, high), fit);
    return at.CreateSelect(at.CreateFCmpUNO(value, value), llvm::ConstantInt::get(type, 0), fit);
  }

  Chooser chooser_;
  bool bitmanip_;
  bool may_branch_;  // then a select is good as it is
};
char RemoveSelects::ID = 0;

}  // namespace

llvm::FunctionPass* create_remove_selects(const isa::Target& target) { return new RemoveSelects(target); }

}  // namespace kiesel::simt
