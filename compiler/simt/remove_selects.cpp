// Replaces what the RISC-V code generator would turn into a branch: selects, and the intrinsics and
// conversions that it builds from selects.
#include <llvm/ADT/SmallVector.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/Pass.h>

#include "compiler/simt/choose.hpp"
#include "compiler/simt/passes.hpp"

namespace kiesel::simt {
namespace {

using llvm::CmpInst;
using llvm::IRBuilder;
using llvm::Type;
using llvm::Value;

class RemoveSelects final : public llvm::FunctionPass {
 public:
  static char ID;
  explicit RemoveSelects(const isa::Target& target)
      : FunctionPass(ID), chooser_(target), bitmanip_(target.bitmanip) {}

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
    if (auto* select = llvm::dyn_cast<llvm::SelectInst>(&instruction))
      return chooser_.choose(at, select->getCondition(), select->getTrueValue(), select->getFalseValue());
    if (auto* cast = llvm::dyn_cast<llvm::CastInst>(&instruction)) return rewrite_bit_to_float(at, *cast);
    if (auto* binary = llvm::dyn_cast<llvm::BinaryOperator>(&instruction))
      return rewrite_long_shift(at, *binary);
    if (auto* call = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction)) return rewrite_intrinsic(at, *call);
    return nullptr;
  }

  // The code generator would choose between two float constants.
  static Value* rewrite_bit_to_float(IRBuilder<>& at, llvm::CastInst& cast) {
    Value* bit = cast.getOperand(0);
    if (!bit->getType()->isIntOrIntVectorTy(1)) return nullptr;
    if (!llvm::isa<llvm::UIToFPInst, llvm::SIToFPInst>(cast)) return nullptr;
    const double one = llvm::isa<llvm::UIToFPInst>(cast) ? 1.0 : -1.0;
    return at.CreateSelect(bit, llvm::ConstantFP::get(cast.getType(), one),
                           llvm::Constant::getNullValue(cast.getType()));
  }

  // A shift of two words: the code generator would choose by whether it is longer than one.
  static Value* rewrite_long_shift(IRBuilder<>& at, llvm::BinaryOperator& shift) {
    if (!shift.isShift() || !shift.getType()->isIntegerTy(128) ||
        llvm::isa<llvm::ConstantInt>(shift.getOperand(1)))
      return nullptr;
    Type *word = at.getInt64Ty(), *pair = shift.getType();
    Value* value = shift.getOperand(0);
    Value* low = at.CreateTrunc(value, word);
    Value* high = at.CreateTrunc(at.CreateLShr(value, 64), word);
    Value* count = at.CreateAnd(at.CreateTrunc(shift.getOperand(1), word), 127);
    Value* near = at.CreateAnd(count, 63);
    Value* rest = at.CreateXor(near, at.getInt64(63));
    Value* far = at.CreateICmpNE(at.CreateAnd(count, 64), at.getInt64(0));
    Value *new_low = nullptr, *new_high = nullptr;
    if (shift.getOpcode() == llvm::Instruction::Shl) {
      Value* moved = at.CreateShl(low, near);
      Value* carried = at.CreateLShr(at.CreateLShr(low, 1), rest);
      new_low = at.CreateSelect(far, at.getInt64(0), moved);
      new_high = at.CreateSelect(far, moved, at.CreateOr(at.CreateShl(high, near), carried));
    } else {
      const bool arithmetic = shift.getOpcode() == llvm::Instruction::AShr;
      Value* moved = at.CreateBinOp(shift.getOpcode(), high, near);
      Value* fill = arithmetic ? at.CreateAShr(high, 63) : at.getInt64(0);
      Value* carried = at.CreateShl(at.CreateShl(high, 1), rest);
      new_low = at.CreateSelect(far, moved, at.CreateOr(at.CreateLShr(low, near), carried));
      new_high = at.CreateSelect(far, fill, moved);
    }
    return at.CreateOr(at.CreateZExt(new_low, pair), at.CreateShl(at.CreateZExt(new_high, pair), 64));
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

  static Value* absolute(IRBuilder<>& at, Value* value) {
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
};
char RemoveSelects::ID = 0;

}  // namespace

llvm::FunctionPass* create_remove_selects(const isa::Target& target) { return new RemoveSelects(target); }

}  // namespace kiesel::simt
