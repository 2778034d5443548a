#include "device/translator/emit/leave.hpp"

#include <algorithm>

#include "device/translator/analysis/effects.hpp"
#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/frame.hpp"
#include "device/translator/emit/masks.hpp"
#include "device/translator/emit/node.hpp"
#include "device/translator/emit/state.hpp"
#include "device/translator/emit/warp_loop.hpp"

namespace kiesel::translator {

namespace {

// Whether nobody can see yet that the node was begun.
bool is_untouched(Cursor& here) {
  const auto end = here.block.items.begin() + static_cast<std::ptrdiff_t>(here.item);
  return std::none_of(here.block.items.begin(), end, acts);
}

// All that the warp is, before the current item.
void put_state(Cursor& here) {
  put_registers(
      here, here.known.liveness.before(here.known.code, here.node.block, here.item),
      here.node.full ? Set(here.known.code.registers) : here.known.liveness.waiting[here.node.block]);
  put_divergence(here);
  store_state(here.segment, here.known.request.layout.mask, mask64(here));
  leave(here.segment, Exit::kInterpret, here.block.items[here.item].index);
}

// Whether the interpreter can do all of the segment anew.
bool restarts(Cursor& here) {
  return !here.turn && !here.segment.acted[here.node.block] && is_untouched(here);
}

// One way out for all that give back in the node, before which the interpreter goes on: its variables hold
// what they did there, since they are stored where nodes end.
void give_back_at_start(Cursor& here) {
  Builder& ir = here.ir;
  llvm::BasicBlock*& made = here.segment.backs[&here.node];
  const bool fresh = !made;
  if (fresh) made = new_block(ir, "back_at_start");
  ir.CreateBr(made);
  if (!fresh) return;
  ir.SetInsertPoint(made);
  give_back_at(here.segment, here.node);
}

void restore_counters(Segment& segment) {
  Builder& ir = segment.ir;
  ir.CreateStore(load(ir, segment.executed_before), segment.executed);
  ir.CreateStore(load(ir, segment.idle_before), segment.idle);
}

void give_back_from_frame(Segment& segment, std::uint32_t root) {
  Cursor there(segment, segment.known.kinds.nodes()[root]);
  there.counted = true;
  read_frame(there);
  put_state(there);
}

// What was begun is counted anew.
void emit_anew(Segment& segment) {
  Builder& ir = segment.ir;
  restore_counters(segment);
  if (segment.first_segment) {
    store_state(segment, segment.known.request.layout.mask,
                segment.start_mask);  // step() may have changed it
    return leave(segment, Exit::kInterpret, segment.known.code.blocks[0].items[0].index);
  }
  const std::uint32_t masked = masked_root(segment);
  if (masked != kNone) {
    llvm::BasicBlock *last = new_block(ir, "last"), *other = new_block(ir, "other");
    ir.CreateCondBr(is_last(segment), last, other);
    ir.SetInsertPoint(last);
    give_back_from_frame(segment, masked);
    ir.SetInsertPoint(other);
  }
  give_back_from_frame(segment, segment.root);
}

void give_back_anew(Segment& segment) {
  Builder& ir = segment.ir;
  const bool fresh = !segment.anew;
  if (fresh) segment.anew = new_block(ir, "anew");
  ir.CreateBr(segment.anew);
  if (!fresh) return;
  ir.SetInsertPoint(segment.anew);
  emit_anew(segment);
}

}  // namespace

void leave(Segment& segment, Exit exit, std::uint32_t more) {
  Builder& ir = segment.ir;
  ir.CreateStore(number64(ir, static_cast<std::int64_t>(exit) | std::int64_t{more} << 32), segment.result);
  ir.CreateBr(segment.exit);
}

void give_back(Cursor& here) {
  if (restarts(here)) return give_back_anew(here.segment);
  if (here.item != 0 && !here.counted && !here.turn && is_untouched(here)) return give_back_at_start(here);
  if (!here.counted)
    count(here, number64(here.ir, static_cast<std::int64_t>(instructions_in(here.block, here.item))),
          active_lanes(here));
  put_state(here);
}

void give_back_at(Segment& segment, const Node& target) {
  Cursor there(segment, target);
  there.counted = true;
  give_back(there);
}

void require(Cursor& here, llvm::Value* condition) {
  Builder& ir = here.ir;
  if (const auto* fixed = llvm::dyn_cast<llvm::ConstantInt>(condition); fixed && fixed->isOne()) return;
  llvm::BasicBlock *on = new_block(ir, "on"), *back = new_block(ir, "back");
  branch_likely(ir, condition, on, back);
  ir.SetInsertPoint(back);
  give_back(here);
  ir.SetInsertPoint(on);
}

}  // namespace kiesel::translator
