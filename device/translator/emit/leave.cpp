#include "device/translator/emit/leave.hpp"

#include <algorithm>

#include "device/translator/analysis/effects.hpp"
#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/masks.hpp"
#include "device/translator/emit/node.hpp"
#include "device/translator/emit/state.hpp"

namespace kiesel::translator {

namespace {

bool restarts(Cursor& here) {
  if (!here.segment.first_segment || here.known.acted[here.node.block]) return false;
  const auto end = here.block.items.begin() + static_cast<std::ptrdiff_t>(here.item);
  return std::none_of(here.block.items.begin(), end, acts);
}

}  // namespace

void leave(Segment& segment, Exit exit, std::uint32_t more) {
  Builder& ir = segment.ir;
  ir.CreateStore(number64(ir, static_cast<std::int64_t>(exit) | std::int64_t{more} << 32), segment.result);
  ir.CreateBr(segment.exit);
}

void give_back(Cursor& here) {
  Builder& ir = here.ir;
  if (restarts(here)) {  // and is counted anew
    ir.CreateStore(load(ir, here.segment.executed_before), here.segment.executed);
    ir.CreateStore(load(ir, here.segment.idle_before), here.segment.idle);
    store_state(here.segment, here.known.request.layout.mask,
                here.segment.start_mask);  // step() may have changed it
    return leave(here.segment, Exit::kInterpret, here.known.code.blocks[0].items[0].index);
  }
  if (!here.counted) count(here, number64(ir, static_cast<std::int64_t>(here.item)), active_lanes(here));
  put_registers(
      here, here.known.liveness.before(here.known.code, here.node.block, here.item),
      here.node.full ? Set(here.known.code.registers) : here.known.liveness.waiting[here.node.block]);
  put_divergence(here);
  store_state(here.segment, here.known.request.layout.mask, mask64(here));
  leave(here.segment, Exit::kInterpret, here.block.items[here.item].index);
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
