// Keeps lanes that have taken a lock in the loop that took it until they give it back.
//
//   while (1) if (try_lock()) { ...; unlock(); break; }
//
// Lanes that have left a loop wait for those that are still in it, which wait for the lock here. So the way
// from the exit to the unlock becomes a side of a branch in the loop, and the lanes leave behind it:
//
//   taken?  yes ──► E ... unlock, S             taken?  yes ──► E ... unlock ──┐
//     │ no                             becomes    │ no                         │
//     Y                                         again   ◄──────────────────────┘
//                                                 └─ taken?  yes ──► S, no ──► Y
//
// What is a lock: an exit is taken because of what was found at an address, and that address is written
// behind it.
#include <llvm/ADT/PostOrderIterator.h>
#include <llvm/ADT/SetVector.h>
#include <llvm/ADT/SmallPtrSet.h>
#include <llvm/Analysis/LoopInfo.h>
#include <llvm/Analysis/PostDominators.h>
#include <llvm/IR/CFG.h>
#include <llvm/IR/Dominators.h>
#include <llvm/IR/InlineAsm.h>
#include <llvm/IR/InstIterator.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/Operator.h>
#include <llvm/Pass.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include <map>
#include <optional>

#include "compiler/simt/passes.hpp"

namespace kiesel::simt {
namespace {

using llvm::BasicBlock;
using llvm::BranchInst;
using llvm::Instruction;
using llvm::Value;
using Blocks = llvm::SmallSetVector<BasicBlock*, 16>;

struct Access {
  const Value* address = nullptr;
  bool read = false, write = false;
};

const Value* without_casts(const Value* value) {
  while (const auto* cast = llvm::dyn_cast<llvm::CastInst>(value)) value = cast->getOperand(0);
  return value;
}

const Value* object_of(const Value* address) {
  while (const auto* element = llvm::dyn_cast<llvm::GEPOperator>(address))
    address = without_casts(element->getPointerOperand());
  return address;
}

// What an instruction does to memory that other lanes look at meanwhile.
Access access(const Instruction& instruction) {
  if (const auto* load = llvm::dyn_cast<llvm::LoadInst>(&instruction))
    return {without_casts(load->getPointerOperand()), !load->isSimple(), false};
  if (const auto* store = llvm::dyn_cast<llvm::StoreInst>(&instruction))
    return {without_casts(store->getPointerOperand()), false, true};
  if (llvm::isa<llvm::AtomicRMWInst, llvm::AtomicCmpXchgInst>(instruction))
    return {without_casts(instruction.getOperand(0)), true, true};
  // The builtins' compare and swap.
  const auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction);
  const auto* code = call ? llvm::dyn_cast<llvm::InlineAsm>(call->getCalledOperand()) : nullptr;
  if (code && llvm::StringRef(code->getConstraintString()).contains("~{memory}") && call->arg_size())
    return {without_casts(call->getArgOperand(0)), true, true};
  return {};
}

// Barriers, votes and shuffles must meet the lanes that the program means.
bool asks_other_lanes(const Instruction& instruction) {
  const auto* call = llvm::dyn_cast<llvm::CallBase>(&instruction);
  const auto* code = call ? llvm::dyn_cast<llvm::InlineAsm>(call->getCalledOperand()) : nullptr;
  return code ? llvm::StringRef(code->getAsmString()).contains(" 0x0b") : call && call->isConvergent();
}

// What is reached from `begin` without coming by `end`, neither of them counted.
Blocks blocks_between(BasicBlock& begin, const BasicBlock& end) {
  Blocks found;
  const auto visit = [&](BasicBlock& block) {
    for (BasicBlock* next : successors(&block))
      if (next != &end) found.insert(next);
  };
  visit(begin);
  for (unsigned i = 0; i < found.size(); ++i) visit(*found[i]);
  return found;
}

// Which branches of a loop depend on what was found in memory, and where that is.
class Tries {
 public:
  explicit Tries(const llvm::Loop& loop) : loop_(loop) {}

  // Adds the addresses that decide whether an iteration comes to `exit` and leaves the loop there.
  void find(const BasicBlock& exit, const llvm::DominatorTree& dominators) {
    for (const BasicBlock* block = &exit; loop_.contains(block);) {
      const auto* branch = llvm::dyn_cast<BranchInst>(block->getTerminator());
      const auto leads_here = [&](const BasicBlock* next) {
        return dominators.dominates({block, next}, &exit);
      };
      if (branch && branch->isConditional() &&
          (block == &exit || llvm::any_of(successors(block), leads_here)))
        follow(branch->getCondition());
      const auto* node = dominators.getNode(block)->getIDom();
      if (!node) return;
      block = node->getBlock();
    }
  }
  llvm::ArrayRef<const Value*> addresses() const { return addresses_.getArrayRef(); }

 private:
  void follow(const Value* value) {
    const auto* instruction = llvm::dyn_cast<Instruction>(value);
    if (!instruction || !loop_.contains(instruction) || !seen_.insert(instruction).second) return;
    const Access found = access(*instruction);
    if (found.read && !llvm::isa<llvm::AllocaInst>(object_of(found.address)))
      addresses_.insert(found.address);
    if (llvm::isa<llvm::LoadInst>(instruction)) return;
    for (const Value* operand : instruction->operands()) follow(operand);
  }

  const llvm::Loop& loop_;
  llvm::SmallPtrSet<const Instruction*, 16> seen_;
  llvm::SmallSetVector<const Value*, 4> addresses_;
};

// From an exit of a loop to the unlock: entered through `begin` alone, left in front of `end` alone. It may
// be entered from other exits of the loop too.
struct Hold {
  BasicBlock* exiting;
  BasicBlock* begin;
  Instruction* end;
};

// Collects writes in the order of the program.
class Unlocks {
 public:
  explicit Unlocks(llvm::ArrayRef<const Value*> locks) : open_(locks.begin(), locks.end()) {
    for (const Value* lock : locks) objects_.insert(object_of(lock));
  }

  void visit(const Instruction& instruction, Instruction& behind) {
    const Access found = access(instruction);
    if (!found.write) return;
    if (open_.remove(found.address)) end_ = &behind;
    if (instruction.isVolatile() || instruction.isAtomic() || llvm::isa<llvm::CallInst>(instruction))
      if (objects_.contains(object_of(found.address))) last_of_object_ = &behind;
  }
  // Behind the first write to each lock; where an address was computed anew, behind the last one that may be
  // it.
  Instruction* end() const { return end_ ? end_ : last_of_object_; }

 private:
  llvm::SmallSetVector<const Value*, 4> open_;
  llvm::SmallPtrSet<const Value*, 4> objects_;
  Instruction* end_ = nullptr;
  Instruction* last_of_object_ = nullptr;
};

class Search {
 public:
  explicit Search(llvm::Function& function)
      : function_(function), dominators_(function), post_dominators_(function), loops_(dominators_) {}

  // The last one first: a lock may be taken under another.
  std::optional<Hold> find(const llvm::SmallPtrSetImpl<BasicBlock*>& done) const {
    for (BasicBlock* block : llvm::post_order(&function_.getEntryBlock())) {
      const llvm::Loop* loop = loops_.getLoopFor(block);
      auto* branch = llvm::dyn_cast<BranchInst>(block->getTerminator());
      if (!loop || !branch || !branch->isConditional() || done.contains(block)) continue;
      for (BasicBlock* next : branch->successors()) {
        if (loop->contains(next)) continue;
        Tries tries(*loop);
        tries.find(*block, dominators_);
        if (Instruction* end = find_end(*next, tries.addresses()))
          return Hold{block, next, own_end(*next, *end)};
      }
    }
    return std::nullopt;
  }

 private:
  // Goes along the blocks that every way from `begin` on comes by.
  Instruction* find_end(BasicBlock& begin, llvm::ArrayRef<const Value*> locks) const {
    Unlocks unlocks(locks);
    for (BasicBlock* block = locks.empty() ? nullptr : &begin; block;) {
      for (Instruction& instruction : *block) {
        if (asks_other_lanes(instruction)) return unlocks.end();
        if (!instruction.isTerminator()) unlocks.visit(instruction, *instruction.getNextNode());
      }
      block = pass_sides(*block, begin, unlocks);
    }
    return unlocks.end();
  }

  // The block outside of further loops where all ways from `block` meet again; null if others come there too.
  BasicBlock* pass_sides(BasicBlock& block, const BasicBlock& begin, Unlocks& unlocks) const {
    const llvm::Loop* loop = loops_.getLoopFor(&begin);
    const auto* node = post_dominators_.getNode(&block)->getIDom();
    while (node && node->getBlock() && loops_.getLoopFor(node->getBlock()) != loop) node = node->getIDom();
    BasicBlock* meet = node ? node->getBlock() : nullptr;
    if (!meet) return nullptr;
    const Blocks sides = blocks_between(block, *meet);
    for (const BasicBlock* side : sides)
      if (!dominators_.dominates(&begin, side) || (loop && !loop->contains(side)) ||
          llvm::any_of(*side, asks_other_lanes))
        return nullptr;
    for (const BasicBlock* side : sides)
      for (const Instruction& instruction : *side) unlocks.visit(instruction, *meet->getFirstNonPHI());
    return dominators_.dominates(&begin, meet) ? meet : nullptr;
  }

  // The end where only those come by that came by `begin`.
  Instruction* own_end(const BasicBlock& begin, Instruction& end) const {
    BasicBlock* meet = end.getParent();
    if (dominators_.dominates(&begin, meet)) return &end;
    llvm::SmallVector<BasicBlock*> own;
    for (BasicBlock* from : predecessors(meet))
      if (dominators_.dominates(&begin, from)) own.push_back(from);
    return llvm::SplitBlockPredecessors(meet, own, ".held")->getTerminator();
  }

  llvm::Function& function_;
  llvm::DominatorTree dominators_;
  llvm::PostDominatorTree post_dominators_;
  llvm::LoopInfo loops_;
};

// Values of blocks that end with `last` go through phis of `behind` to where else they are used.
std::map<Instruction*, llvm::PHINode*> lead_out(const Blocks& blocks, BasicBlock* last, BasicBlock* behind) {
  std::map<Instruction*, llvm::PHINode*> phis;
  for (BasicBlock* block : blocks)
    for (Instruction& instruction : *block) {
      const auto is_outside = [&](const llvm::Use& use) {
        return !blocks.contains(llvm::cast<Instruction>(use.getUser())->getParent());
      };
      if (llvm::none_of(instruction.uses(), is_outside)) continue;
      auto* phi = llvm::PHINode::Create(instruction.getType(), 2, "", &behind->front());
      instruction.replaceUsesWithIf(phi, is_outside);
      phi->addIncoming(&instruction, last);
      phis[&instruction] = phi;
    }
  return phis;
}

// A copy of what is held, for its own exit alone.
Hold copy(const Hold& hold) {
  BasicBlock* last = hold.end->getParent();
  BasicBlock* after = llvm::SplitBlock(last, hold.end);
  Blocks held = blocks_between(*hold.begin, *after);
  held.insert(hold.begin);
  const auto phis = lead_out(held, last, after);

  llvm::ValueToValueMapTy map;
  llvm::SmallVector<BasicBlock*> copies;
  for (BasicBlock* block : held) {
    copies.push_back(llvm::CloneBasicBlock(block, map, ".copy", last->getParent()));
    map[block] = copies.back();
  }
  llvm::remapInstructionsInBlocks(copies, map);
  auto* begin = llvm::cast<BasicBlock>(map[hold.begin]);
  auto* end = llvm::cast<BasicBlock>(map[last])->getTerminator();
  for (const auto& [value, phi] : phis) phi->addIncoming(map[value], end->getParent());
  for (BasicBlock* from : llvm::make_early_inc_range(predecessors(hold.begin)))
    (from == hold.exiting ? hold.begin : begin)->removePredecessor(from, /*KeepOneInputPHIs=*/true);
  hold.exiting->getTerminator()->replaceSuccessorWith(hold.begin, begin);
  return {hold.exiting, begin, end};
}

// Makes the change that is drawn above; returns the new exiting block.
BasicBlock* put_into_loop(const Hold& hold) {
  auto* branch = llvm::cast<BranchInst>(hold.exiting->getTerminator());
  const unsigned leave = branch->getSuccessor(0) == hold.begin ? 0 : 1;
  BasicBlock* stay = branch->getSuccessor(1 - leave);
  BasicBlock* last = hold.end->getParent();
  BasicBlock* after = llvm::SplitBlock(last, hold.end);
  auto* again = BasicBlock::Create(last->getContext(), "held", last->getParent(), after);
  auto* leaving = BranchInst::Create(after, stay, branch->getCondition(), again);
  if (leave == 1) leaving->swapSuccessors();
  leaving->setDebugLoc(branch->getDebugLoc());
  stay->replacePhiUsesWith(hold.exiting, again);
  branch->setSuccessor(1 - leave, again);
  last->getTerminator()->setSuccessor(0, again);
  for (const auto& [value, phi] : lead_out(blocks_between(*hold.exiting, *again), last, again))
    phi->addIncoming(llvm::UndefValue::get(value->getType()), hold.exiting);
  return again;
}

constexpr unsigned kMostHolds = 100;  // in a function: each may make a copy

class HoldLocks final : public llvm::FunctionPass {
 public:
  static char ID;
  HoldLocks() : FunctionPass(ID) {}

  bool runOnFunction(llvm::Function& function) override {
    llvm::SmallPtrSet<BasicBlock*, 8> done;
    if (llvm::none_of(llvm::instructions(function), [](const Instruction& i) { return access(i).read; }))
      return false;
    while (done.size() < kMostHolds) {
      const auto hold = Search(function).find(done);
      if (!hold) break;
      done.insert(put_into_loop(hold->begin->getSinglePredecessor() ? *hold : copy(*hold)));
    }
    return !done.empty();
  }
};
char HoldLocks::ID = 0;

}  // namespace

llvm::FunctionPass* create_hold_locks() { return new HoldLocks; }

}  // namespace kiesel::simt
