// Atomic operations that RISC-V code generation would turn into a loop of LR and SC.
//
// Lanes run in lockstep: all would reserve before any stores, and most reservations would be lost for ever.
// amocas needs no reservation: in each round one lane of those that want the same word wins, and the loop is
// an ordinary divergent one. Where there is no amocas the lanes take turns, and each uses LR and SC alone.
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/Pass.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>
#include <llvm/Transforms/Utils/LowerAtomic.h>

#include <functional>

#include "compiler/simt/asm_text.hpp"
#include "compiler/simt/passes.hpp"

namespace kiesel::simt {
namespace {

using llvm::AtomicCmpXchgInst;
using llvm::AtomicRMWInst;
using llvm::BasicBlock;
using llvm::IRBuilder;
using llvm::Type;
using llvm::Value;

bool is_native_width(const Type* type) { return type->isIntegerTy(32) || type->isIntegerTy(64); }

// The value in memory seen as part of a word that amocas can swap.
struct Cell {
  Type* type;      // of the value, an integer
  Value* address;  // of the word
  Type* word;      // i32 or i64
  Value* shift;    // bits below the value in the word; null: it fills it

  Value* extract(IRBuilder<>& at, Value* whole) const {
    return shift ? at.CreateTrunc(at.CreateLShr(whole, shift), type) : whole;
  }
  Value* insert(IRBuilder<>& at, Value* whole, Value* value) const {
    if (!shift) return value;
    const auto ones = llvm::APInt::getLowBitsSet(32, type->getIntegerBitWidth());
    Value* hole = at.CreateNot(at.CreateShl(llvm::ConstantInt::get(word, ones), shift));
    return at.CreateOr(at.CreateAnd(whole, hole), at.CreateShl(at.CreateZExt(value, word), shift));
  }
};

Type* integer_of(IRBuilder<>& at, const Type* type) {
  return at.getIntNTy(type->isPointerTy() ? 64 : static_cast<unsigned>(type->getPrimitiveSizeInBits()));
}

Value* to_integer(IRBuilder<>& at, Value* value) {
  return at.CreateBitOrPointerCast(value, integer_of(at, value->getType()));
}

Cell find_cell(IRBuilder<>& at, Value* address, const Type* type) {
  Type* bits = integer_of(at, type);
  if (is_native_width(bits)) return {bits, address, bits, nullptr};
  Type* word = at.getInt32Ty();
  Value* number = at.CreatePtrToInt(address, at.getInt64Ty());
  Value* start = at.CreateIntToPtr(at.CreateAnd(number, ~std::uint64_t{3}), address->getType());
  Value* shift = at.CreateTrunc(at.CreateShl(at.CreateAnd(number, 3), 3), word);
  return {bits, start, word, shift};
}

struct Outcome {
  Value* old;      // the value found
  Value* success;  // i1
};

Value* swap(IRBuilder<>& at, const isa::Target& target, Value* address, Value* expected, Value* desired) {
  return target.cas ? emit_compare_and_swap(at, address, expected, desired)
                    : emit_reserved_swap(at, address, expected, desired);
}

// A loop in which one lane after the other gets to `work`, whatever is put before `end` there.
struct Turns {
  BasicBlock *choose = nullptr, *latch = nullptr;
  llvm::Instruction* end = nullptr;  // null: there are no turns

  // What the lane whose turn it was has made in `work`.
  Value* result(Value* of_work) const {
    auto* phi = llvm::PHINode::Create(of_work->getType(), 2, "", &latch->front());
    phi->addIncoming(of_work, end->getParent());
    phi->addIncoming(llvm::UndefValue::get(of_work->getType()), choose);
    return phi;
  }
};

// Made before an instruction.
Turns make_turns(llvm::Instruction& before) {
  auto& context = before.getContext();
  BasicBlock* head = before.getParent();
  BasicBlock* done = llvm::SplitBlock(head, &before);
  const auto block = [&](const char* name) {
    return BasicBlock::Create(context, name, done->getParent(), done);
  };
  BasicBlock *choose = block("choose"), *work = block("turn"), *latch = block("next");
  head->getTerminator()->setSuccessor(0, choose);
  IRBuilder<> at(choose);
  Value* waiting = emit_active_lanes(at);
  Value* lowest = at.CreateAnd(waiting, at.CreateNeg(waiting));
  Value* mine = at.CreateICmpEQ(lowest, at.CreateShl(at.getInt64(1), emit_lane_id(at)));
  at.CreateCondBr(mine, work, latch);
  auto* end = llvm::BranchInst::Create(latch, work);
  at.SetInsertPoint(latch);
  at.CreateCondBr(mine, done, choose);
  return {choose, latch, end};
}

// Loops until nobody came between: `next` makes the new value from the old one. With `expected` it gives up
// when the value is another one.
Outcome swap_loop(llvm::Instruction& before, const isa::Target& target, const Cell& cell, Value* expected,
                  const std::function<Value*(IRBuilder<>&, Value*)>& next) {
  auto& context = before.getContext();
  BasicBlock* head = before.getParent();
  BasicBlock* done = llvm::SplitBlock(head, &before);
  auto* body = BasicBlock::Create(context, "swap", done->getParent(), done);
  auto* attempt = BasicBlock::Create(context, "attempt", done->getParent(), done);
  IRBuilder<> at(head->getTerminator());
  auto* first =
      at.CreateAlignedLoad(cell.word, cell.address, llvm::Align(cell.word->getIntegerBitWidth() / 8));
  first->setAtomic(llvm::AtomicOrdering::Monotonic);
  head->getTerminator()->setSuccessor(0, body);

  at.SetInsertPoint(body);
  auto* whole = at.CreatePHI(cell.word, 2);
  whole->addIncoming(first, head);
  Value* old = cell.extract(at, whole);
  if (expected)
    at.CreateCondBr(at.CreateICmpEQ(old, expected), attempt, done);
  else
    at.CreateBr(attempt);

  at.SetInsertPoint(attempt);
  Value* wanted = cell.insert(at, whole, next(at, old));
  Value* seen = swap(at, target, cell.address, whole, wanted);
  whole->addIncoming(seen, attempt);
  at.CreateCondBr(at.CreateICmpEQ(seen, whole), done, body);

  at.SetInsertPoint(done, done->getFirstInsertionPt());
  auto* success = at.CreatePHI(at.getInt1Ty(), 2);
  success->addIncoming(at.getTrue(), attempt);
  if (expected) success->addIncoming(at.getFalse(), body);
  return {old, success};
}

class ExpandAtomics final : public llvm::FunctionPass {
 public:
  static char ID;
  explicit ExpandAtomics(const isa::Target& target) : FunctionPass(ID), target_(target) {}

  bool runOnFunction(llvm::Function& function) override {
    std::vector<llvm::Instruction*> found;
    for (llvm::Instruction& instruction : llvm::instructions(function))
      if (needs_swap(instruction)) found.push_back(&instruction);
    for (llvm::Instruction* instruction : found) expand(*instruction);
    return !found.empty();
  }

 private:
  static bool needs_swap(const llvm::Instruction& instruction) {
    if (llvm::isa<AtomicCmpXchgInst>(instruction)) return true;
    const auto* update = llvm::dyn_cast<AtomicRMWInst>(&instruction);
    if (!update) return false;
    if (update->getType()->getPrimitiveSizeInBits() < 32 && !update->getType()->isPointerTy()) return true;
    return update->getOperation() == AtomicRMWInst::Nand || update->isFloatingPointOperation();
  }

  // In turns where LR and SC have to do.
  void expand(llvm::Instruction& instruction) const {
    const bool alone = target_.cas || target_.lanes == 1;
    const Turns turns = alone ? Turns() : make_turns(instruction);
    llvm::Instruction& place = turns.end ? *turns.end : instruction;
    auto* exchange = llvm::dyn_cast<AtomicCmpXchgInst>(&instruction);
    auto [old, success] =
        exchange ? expanded(*exchange, place) : expanded(*llvm::cast<AtomicRMWInst>(&instruction), place);
    if (turns.end) {
      old = turns.result(old);
      success = turns.result(success);
    }
    IRBuilder<> at(&instruction);
    instruction.replaceAllUsesWith(exchange ? pair(at, *exchange, old, success)
                                            : at.CreateBitOrPointerCast(old, instruction.getType()));
    instruction.eraseFromParent();
  }

  static Value* pair(IRBuilder<>& at, const AtomicCmpXchgInst& exchange, Value* old, Value* success) {
    Value* both = llvm::PoisonValue::get(exchange.getType());
    old = at.CreateBitOrPointerCast(old, exchange.getCompareOperand()->getType());
    return at.CreateInsertValue(at.CreateInsertValue(both, old, 0), success, 1);
  }

  Outcome expanded(AtomicCmpXchgInst& exchange, llvm::Instruction& place) const {
    IRBuilder<> at(&place);
    Type* type = exchange.getCompareOperand()->getType();
    const Cell cell = find_cell(at, exchange.getPointerOperand(), type);
    Value* expected = to_integer(at, exchange.getCompareOperand());
    Value* desired = to_integer(at, exchange.getNewValOperand());
    if (cell.shift)
      return swap_loop(place, target_, cell, expected, [&](IRBuilder<>&, Value*) { return desired; });
    Value* old = swap(at, target_, cell.address, expected, desired);
    return {old, at.CreateICmpEQ(old, expected)};
  }

  Outcome expanded(AtomicRMWInst& update, llvm::Instruction& place) const {
    IRBuilder<> at(&place);
    Type* type = update.getType();
    const Cell cell = find_cell(at, update.getPointerOperand(), type);
    const auto next = [&](IRBuilder<>& inside, Value* old) {
      Value* value = inside.CreateBitOrPointerCast(old, type);
      return to_integer(
          inside, llvm::buildAtomicRMWValue(update.getOperation(), inside, value, update.getValOperand()));
    };
    return swap_loop(place, target_, cell, nullptr, next);
  }

  isa::Target target_;
};
char ExpandAtomics::ID = 0;

}  // namespace

llvm::FunctionPass* create_expand_atomics(const isa::Target& target) { return new ExpandAtomics(target); }

}  // namespace kiesel::simt
