#include "compiler/simt/machine_regions.hpp"

#include <llvm/ADT/PostOrderIterator.h>
#include <llvm/CodeGen/TargetInstrInfo.h>
#include <llvm/CodeGen/TargetRegisterInfo.h>
#include <llvm/CodeGen/TargetSubtargetInfo.h>

namespace kiesel::simt {
namespace {

using llvm::MachineBasicBlock;
using llvm::MachineInstr;
using llvm::MachineLoop;
using llvm::MachineOperand;

bool is_pred(AsmKind kind) { return kind == AsmKind::kPred || kind == AsmKind::kPredNot; }

const MachineOperand& nth_use(const MachineInstr& instruction, unsigned n) {
  for (const MachineOperand& operand : instruction.operands())
    if (operand.isReg() && operand.isUse() && n-- == 0) return operand;
  llvm_unreachable("the constraint string of this asm has the operand");
}

llvm::StringRef name_of(const MachineInstr& instruction) {
  return instruction.getMF()->getSubtarget().getInstrInfo()->getName(instruction.getOpcode());
}

// A branch of the form "register against zero": the register's operand, or null.
const MachineOperand* tested_register(const MachineInstr& branch) {
  const llvm::StringRef name = name_of(branch);
  if (name != "BEQ" && name != "BNE") return nullptr;
  const auto& registers = *branch.getMF()->getSubtarget().getRegisterInfo();
  const MachineOperand &left = branch.getOperand(0), &right = branch.getOperand(1);
  if (registers.isConstantPhysReg(right.getReg().asMCReg())) return &left;
  return registers.isConstantPhysReg(left.getReg().asMCReg()) ? &right : nullptr;
}

const MachineBasicBlock* taken(const MachineInstr& branch) { return branch.getOperand(2).getMBB(); }

bool changes_mask(const MachineInstr& instruction) {
  const AsmKind kind = classify(instruction).kind;
  return kind == AsmKind::kSplit || kind == AsmKind::kJoin || is_pred(kind);
}

// The block that control reaches from `block` and from nowhere else, or null. Expansion of an address cuts a
// block in two, because the label of its auipc begins one.
const MachineBasicBlock* continuation(const MachineBasicBlock& block) {
  if (block.succ_size() != 1) return nullptr;
  const MachineBasicBlock* next = *block.succ_begin();
  return next->pred_size() == 1 ? next : nullptr;
}

// The second side starts at the instruction after split: from there to the branch must be one straight way on
// which the mask stays as it is.
bool leads_straight(const MachineInstr& from, const MachineInstr& to) {
  auto next = std::next(from.getIterator());
  for (const MachineBasicBlock* block = from.getParent(); block; block = continuation(*block)) {
    if (block != from.getParent()) next = block->instr_begin();
    for (; next != block->instr_end(); ++next) {
      if (&*next == &to) return true;
      if (changes_mask(*next)) return false;
    }
  }
  return false;
}

std::optional<Defect> defect(const MachineInstr& where, const char* text) { return Defect{&where, text}; }

}  // namespace

const MachineInstr* conditional_branch(const MachineBasicBlock& block) {
  for (const MachineInstr& instruction : block.terminators())
    if (instruction.isConditionalBranch()) return &instruction;
  return nullptr;
}

const MachineInstr* guard_of(const MachineBasicBlock& block, const MachineValues& values) {
  const MachineInstr* branch = conditional_branch(block);
  const MachineOperand* tested = branch ? tested_register(*branch) : nullptr;
  if (!tested) return nullptr;
  const ValueId value = values.used(*tested);
  const MachineInstr* source = values.source(value);
  if (!source) return nullptr;
  const AsmKind kind = classify(*source).kind;
  const bool is_guard = (kind == AsmKind::kSplit && value == values.defined(*source, 1)) || is_pred(kind);
  return is_guard && leads_straight(*source, *branch) ? source : nullptr;
}

MachineValues::Loops find_masked_loops(const llvm::MachineFunction& function,
                                       const llvm::MachineLoopInfo& loops) {
  MachineValues::Loops found;
  for (const MachineBasicBlock& block : function)
    for (const MachineInstr& instruction : block)
      if (is_pred(classify(instruction).kind))
        if (const MachineLoop* loop = loops.getLoopFor(&block)) found.insert(loop);
  return found;
}

std::optional<Defect> MachineRegions::step(const MachineInstr& instruction, Stack& open) const {
  const AsmKind kind = classify(instruction).kind;
  if (kind == AsmKind::kSplit) open.push_back(&instruction);
  if (kind == AsmKind::kJoin) {
    if (open.empty()) return defect(instruction, "a join without a split");
    if (values_.used(nth_use(instruction, 0)) != values_.defined(*open.back(), 0))
      return defect(instruction, "a join whose token is not that of the innermost split");
    open.pop_back();
  }
  if (instruction.isReturn() && !open.empty()) return defect(instruction, "a return between split and join");
  return std::nullopt;
}

std::optional<Defect> MachineRegions::follow(const MachineBasicBlock& block) {
  Stack open = at_start_[&block];
  for (const MachineInstr& instruction : block)
    if (auto found = step(instruction, open)) return found;
  for (const MachineBasicBlock* next : block.successors()) {
    const auto [known, fresh] = at_start_.try_emplace(next, open);
    if (!fresh && known->second != open)
      return Defect{next->empty() ? &block.back() : &next->front(), "paths with different open splits meet"};
  }
  return std::nullopt;
}

MachineRegions::Stack MachineRegions::open_at(const MachineInstr& instruction) const {
  Stack open = at_start_.lookup(instruction.getParent());
  for (const MachineInstr& before : *instruction.getParent()) {
    if (&before == &instruction) break;
    (void)step(before, open);
  }
  return open;
}

// pred may mask off the lanes that leave a loop if: its branch is the only way out, every iteration comes by,
// and the mask it restores is the one with which the lanes came in.
std::optional<Defect> MachineRegions::check_pred(const MachineInstr& pred) const {
  const MachineLoop* loop = loops_.getLoopFor(pred.getParent());
  if (!loop) return defect(pred, "pred outside a loop");
  const MachineBasicBlock* end = pred.getParent();
  while (!conditional_branch(*end) && continuation(*end)) end = continuation(*end);
  const MachineBasicBlock& block = *end;
  if (guard_of(block, values_) != &pred)
    return defect(pred, "pred whose condition is not what the branch tests");
  const MachineInstr& branch = *conditional_branch(block);
  llvm::SmallVector<std::pair<MachineBasicBlock*, MachineBasicBlock*>, 4> exits;
  loop->getExitEdges(exits);
  if (exits.size() != 1 || exits[0].first != &block) return defect(pred, "a loop with pred has another exit");
  const bool taken_if_set = name_of(branch) == "BNE";
  const bool stays_if_set = classify(pred).kind == AsmKind::kPred;
  if (loop->contains(taken(branch)) != (taken_if_set == stays_if_set))
    return defect(pred, "pred keeps the lanes that leave the loop");
  llvm::SmallVector<MachineBasicBlock*, 4> latches;
  loop->getLoopLatches(latches);
  for (const MachineBasicBlock* latch : latches)
    if (!dominators_.dominates(const_cast<MachineBasicBlock*>(&block), const_cast<MachineBasicBlock*>(latch)))
      return defect(pred, "an iteration misses the loop's pred");

  const Stack at_header = at_start_.lookup(loop->getHeader());
  if (open_at(pred) != at_header) return defect(pred, "pred inside a split");
  const MachineInstr* mask = values_.source(values_.used(nth_use(pred, 1)));
  const AsmText read = mask ? classify(*mask) : AsmText{};
  if (read.kind != AsmKind::kCsrRead || read.csr != kActiveLanes)
    return defect(pred, "pred restores an unknown mask");
  if (loop->contains(mask->getParent())) return defect(pred, "the mask is read inside the loop");
  if (open_at(*mask) != at_header)
    return defect(pred, "the mask is read inside or outside of a split of its own");
  for (const MachineLoop* outer = loop->getParentLoop(); outer; outer = outer->getParentLoop())
    if (!outer->contains(mask->getParent()))
      return defect(pred, "the mask is read outside an enclosing loop");
  return std::nullopt;
}

std::optional<Defect> MachineRegions::check() {
  at_start_.try_emplace(&function_.front());
  const llvm::ReversePostOrderTraversal<const llvm::MachineFunction*> order(&function_);
  for (const MachineBasicBlock* block : order)
    if (auto found = follow(*block)) return found;
  for (const MachineBasicBlock* block : order)
    for (const MachineInstr& instruction : *block)
      if (is_pred(classify(instruction).kind))
        if (auto found = check_pred(instruction)) return found;
  return std::nullopt;
}

// The blocks between each split and its join, in reverse post order.
llvm::DenseMap<const MachineInstr*, MachineRegions::BlockList> MachineRegions::blocks_inside() const {
  llvm::DenseMap<const MachineInstr*, BlockList> inside;
  const llvm::ReversePostOrderTraversal<const llvm::MachineFunction*> order(&function_);
  for (const MachineBasicBlock* block : order)
    if (const auto open = at_start_.find(block); open != at_start_.end())
      for (const MachineInstr* split : open->second) inside[split].push_back(block);
  return inside;
}

// Gives each block the side its lanes come from; a block with two sides is a merge and a side of its own.
void MachineRegions::mark_merges(const MachineInstr& split, const BlockList& inside,
                                 MachineValues::Blocks& merges) {
  const MachineBasicBlock* start = split.getParent();
  while (const MachineBasicBlock* next = continuation(*start)) start = next;
  llvm::DenseMap<const MachineBasicBlock*, const MachineBasicBlock*> side;
  for (const MachineBasicBlock* block : inside) side[block] = nullptr;
  const auto incoming = [&](const MachineBasicBlock* block, const MachineBasicBlock* before) {
    return before == start ? block : side.lookup(before);
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (const MachineBasicBlock* block : inside) {
      if (side.lookup(block) == block) continue;
      const MachineBasicBlock* found = nullptr;
      for (const MachineBasicBlock* before : block->predecessors()) {
        const MachineBasicBlock* from = incoming(block, before);
        if (from && found && from != found) {
          merges.insert(block);
          found = block;
          break;
        }
        if (from) found = from;
      }
      if (found == side.lookup(block)) continue;
      side[block] = found;
      changed = true;
    }
  }
}

MachineValues::Blocks MachineRegions::divergent_merges() const {
  MachineValues::Blocks merges;
  for (const auto& [split, inside] : blocks_inside()) mark_merges(*split, inside, merges);
  return merges;
}

}  // namespace kiesel::simt
