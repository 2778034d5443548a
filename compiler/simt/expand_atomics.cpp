// Atomic operations that RISC-V code generation would turn into a loop of LR and SC.
//
// Lanes run in lockstep: all would reserve before any stores, and most reservations would be lost for ever.
// amocas needs no reservation: in each round one lane of those that want the same word wins, and the loop is
// an ordinary divergent one.
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

// Loops until nobody came between: `next` makes the new value from the old one. With `expected` it gives up
// when the value is another one.
Outcome swap_loop(llvm::Instruction& before, const Cell& cell, Value* expected,
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
  Value* seen = emit_compare_and_swap(at, cell.address, whole, wanted);
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
  ExpandAtomics(const isa::Target& target, Errors& errors)
      : FunctionPass(ID), target_(target), errors_(errors) {}

  bool runOnFunction(llvm::Function& function) override {
    std::vector<llvm::Instruction*> found;
    for (llvm::Instruction& instruction : llvm::instructions(function))
      if (needs_swap(instruction)) found.push_back(&instruction);
    if (found.empty()) return false;
    if (!target_.cas) {
      const std::string name = function.getName().str();
      errors_.push_back({name, "function " + name + ", an atomic operation" + line(*found.front()) +
                                   " needs compare-and-swap, which the device lacks"});
      return false;
    }
    for (llvm::Instruction* instruction : found) {
      if (auto* exchange = llvm::dyn_cast<AtomicCmpXchgInst>(instruction))
        expand(*exchange);
      else
        expand(*llvm::cast<AtomicRMWInst>(instruction));
    }
    return true;
  }

 private:
  static bool needs_swap(const llvm::Instruction& instruction) {
    if (llvm::isa<AtomicCmpXchgInst>(instruction)) return true;
    const auto* update = llvm::dyn_cast<AtomicRMWInst>(&instruction);
    if (!update) return false;
    if (update->getType()->getPrimitiveSizeInBits() < 32 && !update->getType()->isPointerTy()) return true;
    return update->getOperation() == AtomicRMWInst::Nand || update->isFloatingPointOperation();
  }

  static std::string line(const llvm::Instruction& instruction) {
    const llvm::DebugLoc& place = instruction.getDebugLoc();
    return place ? " in line " + std::to_string(place.getLine()) : std::string();
  }

  static void expand(AtomicCmpXchgInst& exchange) {
    IRBuilder<> at(&exchange);
    Type* type = exchange.getCompareOperand()->getType();
    const Cell cell = find_cell(at, exchange.getPointerOperand(), type);
    Value* expected = to_integer(at, exchange.getCompareOperand());
    Value* desired = to_integer(at, exchange.getNewValOperand());
    Outcome outcome{};
    if (cell.shift) {
      outcome = swap_loop(exchange, cell, expected, [&](IRBuilder<>&, Value*) { return desired; });
    } else {
      outcome.old = emit_compare_and_swap(at, cell.address, expected, desired);
      outcome.success = at.CreateICmpEQ(outcome.old, expected);
    }
    at.SetInsertPoint(&exchange);
    Value* pair = llvm::PoisonValue::get(exchange.getType());
    pair = at.CreateInsertValue(pair, at.CreateBitOrPointerCast(outcome.old, type), 0);
    exchange.replaceAllUsesWith(at.CreateInsertValue(pair, outcome.success, 1));
    exchange.eraseFromParent();
  }

  static void expand(AtomicRMWInst& update) {
    IRBuilder<> at(&update);
    Type* type = update.getType();
    const Cell cell = find_cell(at, update.getPointerOperand(), type);
    const auto next = [&](IRBuilder<>& inside, Value* old) {
      Value* value = inside.CreateBitOrPointerCast(old, type);
      return to_integer(
          inside, llvm::buildAtomicRMWValue(update.getOperation(), inside, value, update.getValOperand()));
    };
    const Outcome outcome = swap_loop(update, cell, nullptr, next);
    at.SetInsertPoint(&update);
    update.replaceAllUsesWith(at.CreateBitOrPointerCast(outcome.old, type));
    update.eraseFromParent();
  }

  isa::Target target_;
  Errors& errors_;
};
char ExpandAtomics::ID = 0;

}  // namespace

llvm::FunctionPass* create_expand_atomics(const isa::Target& target, Errors& errors) {
  return new ExpandAtomics(target, errors);
}

}  // namespace kiesel::simt
