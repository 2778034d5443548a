#include "device/translator/emit/warp_loop.hpp"

#include <cstddef>

#include "device/translator/analysis/effects.hpp"
#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/control.hpp"
#include "device/translator/emit/emit.hpp"
#include "device/translator/emit/frame.hpp"
#include "device/translator/emit/kernel.hpp"
#include "device/translator/emit/launch.hpp"
#include "device/translator/emit/leave.hpp"
#include "device/translator/emit/masks.hpp"
#include "device/translator/emit/node.hpp"
#include "device/translator/emit/registers.hpp"
#include "device/translator/emit/state.hpp"
#include "device/translator/emit/values.hpp"

namespace kiesel::translator {

namespace {

llvm::Function* segment_function(Kernel& kernel, std::size_t number) {
  Builder& ir = kernel.ir;
  if (llvm::Function* made = kernel.module.getFunction(segment_name(number))) return made;
  auto* type = llvm::FunctionType::get(ir.i64, {ir.pointer, ir.pointer}, false);
  return llvm::Function::Create(type, llvm::Function::ExternalLinkage, segment_name(number), kernel.module);
}

// Goes on where the condition holds, and the call has not done so too often.
void chain_if(Segment& segment, llvm::Value* condition, llvm::BasicBlock* on, llvm::BasicBlock* back) {
  Builder& ir = segment.ir;
  constexpr std::size_t kPlace = offsetof(WarpContext, chains);
  llvm::BasicBlock* counts = new_block(ir, "counts");
  llvm::Value* left = load_context(segment, kPlace, ir.i64);
  ir.CreateCondBr(ir.CreateAnd(condition, ir.CreateICmpNE(left, number64(ir, 0))), counts, back);
  ir.SetInsertPoint(counts);
  store_context(segment, kPlace, ir.CreateSub(left, number64(ir, 1)));
  ir.CreateBr(on);
}

void put_counters(Segment& segment) {
  Builder& ir = segment.ir;
  llvm::Value* executed = load(ir, segment.executed);
  add_to_context(segment, offsetof(WarpContext, executed), executed);
  llvm::Value* of_all = ir.CreateMul(executed, number64(ir, ir.lanes));
  add_to_context(segment, offsetof(WarpContext, lane_instructions),
                 ir.CreateSub(of_all, load(ir, segment.idle)));
}

// From the first warp on, as if the core called it.
void go_on_with(Segment& segment, std::uint32_t number) {
  Builder& ir = segment.ir;
  put_counters(segment);
  store_context(segment, offsetof(WarpContext, rank), segment.first_rank);
  store_context(segment, offsetof(WarpContext, segment), number64(ir, number));
  llvm::CallInst* call =
      ir.CreateCall(segment_function(segment.kernel, number), {segment.warp, segment.shared});
  call->setTailCallKind(llvm::CallInst::TCK_MustTail);
  ir.CreateRet(call);
}

// Where all warps of the work-group have come to a barrier.
void emit_next_segment(Segment& segment) {
  Builder& ir = segment.ir;
  llvm::BasicBlock *on = new_block(ir, "on"), *back = new_block(ir, "back");
  chain_if(segment, ir.getTrue(), on, back);
  ir.SetInsertPoint(on);
  add_to_context(segment, offsetof(WarpContext, barriers),
                 load_context(segment, offsetof(WarpContext, barrier_weight), ir.i64));
  llvm::Value* did = load(ir, segment.did);
  for (const auto& [number, block] : segment.arrivals) {
    if (number == kWarpEnded) continue;
    llvm::BasicBlock *this_one = new_block(ir, "next"), *other = new_block(ir, "other");
    ir.CreateCondBr(ir.CreateICmpEQ(did, number64(ir, number)), this_one, other);
    ir.SetInsertPoint(this_one);
    go_on_with(segment, number);
    ir.SetInsertPoint(other);
  }
  ir.CreateUnreachable();
  ir.SetInsertPoint(back);
}

// Goes on with the launch's next work-group, x first, if there is one to be run. Behind a barrier the first
// segment starts anew, with all lanes.
void emit_next_groups(Segment& segment) {
  Builder& ir = segment.ir;
  constexpr TableCsr kIds[] = {TableCsr::group_id_x, TableCsr::group_id_y, TableCsr::group_id_z};
  constexpr TableCsr kCounts[] = {TableCsr::num_groups_x, TableCsr::num_groups_y, TableCsr::num_groups_z};
  const auto place = [](TableCsr which) {
    return offsetof(WarpContext, csrs) + static_cast<std::size_t>(which) * 8;
  };
  llvm::BasicBlock *more = new_block(ir, "more"), *none = new_block(ir, "none"), *start = segment.next_group;
  if (!segment.first_segment) start = new_block(ir, "anew");
  llvm::Value* groups = load_context(segment, offsetof(WarpContext, more_groups), ir.i64);
  llvm::Value* any = ir.CreateICmpNE(groups, number64(ir, 0));
  if (segment.first_segment)
    ir.CreateCondBr(any, more, none);
  else
    chain_if(segment, any, more, none);
  ir.SetInsertPoint(more);
  store_context(segment, offsetof(WarpContext, more_groups), ir.CreateSub(groups, number64(ir, 1)));
  for (unsigned d = 0; d < 3; ++d) {
    llvm::Value* id = ir.CreateAdd(load_context(segment, place(kIds[d]), ir.i64), number64(ir, 1));
    if (d == 2) {
      store_context(segment, place(kIds[d]), id);
      ir.CreateBr(start);
      break;
    }
    llvm::Value* carry = ir.CreateICmpEQ(id, load_context(segment, place(kCounts[d]), ir.i64));
    store_context(segment, place(kIds[d]), ir.CreateSelect(carry, number64(ir, 0), id));
    llvm::BasicBlock* next = new_block(ir, "carry");
    ir.CreateCondBr(carry, next, start);
    ir.SetInsertPoint(next);
  }
  if (!segment.first_segment) {
    ir.SetInsertPoint(start);
    store_state(segment, segment.known.request.layout.mask,
                ir.CreateZExt(all_lanes(ir), ir.i64));  // step() may have changed it
    go_on_with(segment, 0);
  }
  ir.SetInsertPoint(none);
}

void emit_arrivals(Segment& segment) {
  Builder& ir = segment.ir;
  llvm::BasicBlock *next = new_block(ir, "arrived"), *all = new_block(ir, "all");
  for (const auto& [did, block] : segment.arrivals) {
    ir.SetInsertPoint(block);
    if (segment.arrivals.size() > 1) {
      llvm::Value* first = ir.CreateICmpEQ(load(ir, segment.rank), segment.first_rank);
      llvm::Value* same = ir.CreateICmpEQ(load(ir, segment.did), number64(ir, did));
      llvm::BasicBlock *alike = new_block(ir, "alike"), *apart = new_block(ir, "apart");
      branch_likely(ir, ir.CreateOr(first, same), alike, apart);
      ir.SetInsertPoint(apart);
      leave(segment, Exit::kApart, did);
      ir.SetInsertPoint(alike);
    }
    ir.CreateStore(number64(ir, did), segment.did);
    ir.CreateBr(next);
  }
  ir.SetInsertPoint(next);
  llvm::Value* rank = ir.CreateAdd(load(ir, segment.rank), number64(ir, 1));
  ir.CreateStore(rank, segment.rank);
  ir.CreateCondBr(ir.CreateICmpULT(rank, segment.end_rank), segment.next_warp, all);
  ir.SetInsertPoint(all);
  if (segment.arrivals.contains(kWarpEnded)) {
    llvm::BasicBlock *ended = new_block(ir, "ended"), *wait = new_block(ir, "wait");
    ir.CreateCondBr(ir.CreateICmpEQ(load(ir, segment.did), number64(ir, kWarpEnded)), ended, wait);
    ir.SetInsertPoint(ended);
    if (segment.first_segment || !segment.known.request.shape.partial) emit_next_groups(segment);
    leave(segment, Exit::kEnded);
    ir.SetInsertPoint(wait);
  }
  emit_next_segment(segment);
  ir.CreateStore(
      ir.CreateOr(ir.CreateShl(load(ir, segment.did), 32), static_cast<std::uint64_t>(Exit::kBarrier)),
      segment.result);
  ir.CreateBr(segment.exit);
}

// All warps have to do the same for the next ones to go on.
void end_function(Segment& segment) {
  Builder& ir = segment.ir;
  ir.SetInsertPoint(segment.faulted);
  leave(segment, Exit::kFault);
  if (!segment.arrivals.empty()) emit_arrivals(segment);
  ir.SetInsertPoint(segment.exit);
  store_context(segment, offsetof(WarpContext, earlier), load(ir, segment.did));
  put_counters(segment);
  clear_upper_halves(ir, ir);
  ir.CreateRet(load(ir, segment.result));
}

// Of the lanes that the last warp of a work-group starts with.
llvm::Value* tail_mask(Segment& segment) {
  Builder& ir = segment.ir;
  llvm::Value* items = number64(ir, 1);
  for (const TableCsr size : {TableCsr::local_size_x, TableCsr::local_size_y, TableCsr::local_size_z})
    items = ir.CreateMul(
        items,
        load_context(segment, offsetof(WarpContext, csrs) + static_cast<std::size_t>(size) * 8, ir.i64));
  llvm::Value* lanes = ir.CreateAnd(items, number64(ir, ir.lanes - 1));
  return ir.CreateNot(ir.CreateShl(number64(ir, -1), lanes));
}

// Puts what the warp keeps into its frame: the segment behind the barrier goes on with it.
void wait_for_others(Cursor& here, bool full, std::uint32_t did) {
  const auto values = here.values;  // what is read here is not there on other paths
  const std::uint32_t next = here.known.kinds.find(here.block.next[0], full);
  const Node& target = here.known.kinds.nodes()[next];
  for (const unsigned r : target.needed.set_bits())
    if (target.start[r].rep != Rep::kNone && !is_in_variable(here, r, target.start[r]))
      store_variable(here.segment, r, convert(here.ir, at_end(here, r), target.start[r]));
  here.values = values;
  put_frame(here.segment, next);
  arrive(here.segment, did);
}

// Where the segment's warps start, whose frames are there.
void emit_start(Segment& segment) {
  Builder& ir = segment.ir;
  const std::uint32_t masked = masked_root(segment);
  if (!segment.first_segment) take_frame(segment, segment.root);
  if (masked == kNone) {
    ir.CreateBr(block_of(segment, segment.root));
    return;
  }
  if (!segment.first_segment) take_frame(segment, masked);
  ir.CreateCondBr(is_last(segment), block_of(segment, masked), block_of(segment, segment.root));
}

}  // namespace

// Makes what comes before the first warp, and where each one starts.
Segment::Segment(Kernel& of, std::size_t number)
    : kernel(of),
      known(of.known),
      ir(of.ir),
      first_segment(number == 0),
      root(of.roots[number]),
      acted(find_acted(known.code, known.kinds.nodes()[root].block,
                       {known.request.shape.alone, !first_segment})),
      function(segment_function(of, number)),
      entry(llvm::BasicBlock::Create(of.ir.getContext(), "entry", function)),
      next_group(llvm::BasicBlock::Create(of.ir.getContext(), "next_group", function)),
      next_warp(llvm::BasicBlock::Create(of.ir.getContext(), "next_warp", function)),
      faulted(llvm::BasicBlock::Create(of.ir.getContext(), "faulted", function)),
      exit(llvm::BasicBlock::Create(of.ir.getContext(), "exit", function)),
      warp(function->getArg(0)),
      shared(function->getArg(1)) {
  set_host_attributes(*function);
  ir.SetInsertPoint(entry);
  mask_variable = new_variable(ir, ir.mask, "mask");
  executed = new_variable(ir, ir.i64, "executed", number64(ir, 0));
  idle = new_variable(ir, ir.i64, "idle", number64(ir, 0));
  executed_before = new_variable(ir, ir.i64, "executed_before");
  idle_before = new_variable(ir, ir.i64, "idle_before");
  rank = new_variable(ir, ir.i64, "rank");
  did = new_variable(ir, ir.i64, "did", number64(ir, 0));
  result = new_variable(ir, ir.i64, "result");
  if (!known.request.shape.tail) start_mask = load_state(*this, known.request.layout.mask, ir.i64);
  llvm::Value* const tail = known.request.shape.tail ? tail_mask(*this) : nullptr;
  first_rank = load_context(*this, offsetof(WarpContext, rank), ir.i64);
  end_rank = load_context(*this, offsetof(WarpContext, end_rank), ir.i64);
  module_base = load_context(*this, offsetof(WarpContext, module_base), ir.i64);
  window_end = load_context(*this, offsetof(WarpContext, window_end), ir.i64);
  launch_block = load_context(*this, offsetof(WarpContext, csrs), ir.i64);  // mscratch is the first one
  static_assert(static_cast<int>(TableCsr::mscratch) == 0);
  sites = load_context(*this, offsetof(WarpContext, sites), ir.pointer);
  local_ids = load_context(*this, offsetof(WarpContext, local_ids), ir.pointer);
  llvm::Value* frames = load_context(*this, offsetof(WarpContext, frames), ir.pointer);
  llvm::Value* frame_bytes = load_context(*this, offsetof(WarpContext, frame_bytes), ir.i64);
  llvm::Value* memory = load_context(*this, offsetof(WarpContext, private_memory), ir.pointer);
  llvm::Value* stride = load_context(*this, offsetof(WarpContext, private_stride), ir.i64);
  ir.CreateBr(next_group);
  ir.SetInsertPoint(next_group);
  ir.CreateStore(first_rank, rank);
  ir.CreateBr(next_warp);
  ir.SetInsertPoint(next_warp);
  llvm::Value* number_of_warp = load(ir, rank);
  store_context(*this, offsetof(WarpContext, rank), number_of_warp);
  frame_pointer = ir.CreateGEP(ir.i8, frames, ir.CreateMul(number_of_warp, frame_bytes));
  private_memory = ir.CreateGEP(ir.i8, memory, ir.CreateMul(number_of_warp, stride));
  ir.CreateStore(load(ir, executed), executed_before);
  ir.CreateStore(load(ir, idle), idle_before);
  if (tail) start_mask = ir.CreateSelect(is_last(*this), tail, ir.CreateZExt(all_lanes(ir), ir.i64));
  ir.CreateStore(ir.CreateTrunc(start_mask, ir.mask), mask_variable);
}

llvm::Value* is_last(Segment& segment) {
  Builder& ir = segment.ir;
  return ir.CreateICmpEQ(ir.CreateAdd(load(ir, segment.rank), number64(ir, 1)),
                         table_csr(segment, TableCsr::group_warps));
}

std::uint32_t masked_root(const Segment& segment) {
  if (!segment.known.request.shape.tail) return kNone;
  return segment.known.kinds.find(segment.known.kinds.nodes()[segment.root].block, false);
}

// The segment that starts with a node; `barrier` is the one that its warps wait at.
std::uint32_t segment_of(Kernel& kernel, std::uint32_t node, std::uint32_t barrier) {
  for (std::size_t i = 0; i < kernel.roots.size(); ++i)
    if (kernel.roots[i] == node && kernel.out.segments[i].barrier == barrier)
      return static_cast<std::uint32_t>(i);
  kernel.roots.push_back(node);
  kernel.out.segments.push_back(
      {0, kernel.known.code.blocks[kernel.known.kinds.nodes()[node].block].items[0].index, barrier});
  return static_cast<std::uint32_t>(kernel.roots.size() - 1);
}

void emit_segment(Kernel& kernel, std::size_t number) {
  Segment segment(kernel, number);
  emit_start(segment);
  while (!segment.left.empty()) {
    const std::uint32_t next = segment.left.back();
    segment.left.pop_back();
    emit_node(segment, next);
  }
  end_function(segment);
  keep_in_frame(segment);
}

void arrive(Segment& segment, std::uint32_t did) {
  Builder& ir = segment.ir;
  llvm::BasicBlock*& block = segment.arrivals[did];
  if (!block) block = new_block(ir, "arrive");
  ir.CreateBr(block);
}

// A barrier for the whole work-group, with all of the warp's lanes; any other is the interpreter's.
void emit_barrier(Cursor& here) {
  Builder& ir = here.ir;
  const Item& item = here.block.last();
  const translation::Shape& shape = here.known.request.shape;
  const bool full = !shape.partial, may_be_last = shape.tail && !here.node.full && here.block.open.empty();
  const Constant& id = item.first;
  if (!id.is(Constant::Base::kNumber) || id.value < 0 || id.value >= kNumBarriers ||
      (!full && !here.block.open.empty()))
    return give_back(here);
  llvm::Value* are_all = nullptr;
  if (full && !here.node.full) {
    are_all = ir.CreateICmpEQ(mask(here), all_lanes(ir));
    llvm::Value* start = ir.CreateTrunc(here.segment.start_mask, ir.mask);
    require(here, may_be_last ? ir.CreateICmpEQ(mask(here), start) : are_all);
  }
  llvm::Value* warps = agreed_number(here, read_second(here, item));
  require(here, ir.CreateICmpEQ(warps, table_csr(here.segment, TableCsr::group_warps)));
  count(here, here.block.items.size());
  if (shape.alone) return go_to(here, here.block.next[0], full);
  const std::uint32_t did = segment_of(here.kernel, here.known.kinds.find(here.block.next[0], full),
                                       static_cast<std::uint32_t>(id.value));
  if (!may_be_last) return wait_for_others(here, full, did);
  blend_written(here);
  llvm::BasicBlock *all = new_block(ir, "all"), *last = new_block(ir, "last");
  ir.CreateCondBr(are_all, all, last);
  ir.SetInsertPoint(all);
  wait_for_others(here, true, did);
  ir.SetInsertPoint(last);
  wait_for_others(here, false, did);
}

}  // namespace kiesel::translator
