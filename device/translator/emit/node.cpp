#include "device/translator/emit/node.hpp"

#include <cstddef>

#include "device/translator/analysis/steps.hpp"
#include "device/translator/emit/access.hpp"
#include "device/translator/emit/atomic.hpp"
#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/control.hpp"
#include "device/translator/emit/csr.hpp"
#include "device/translator/emit/emit.hpp"
#include "device/translator/emit/float.hpp"
#include "device/translator/emit/frame.hpp"
#include "device/translator/emit/host_calls.hpp"
#include "device/translator/emit/integer.hpp"
#include "device/translator/emit/kernel.hpp"
#include "device/translator/emit/leave.hpp"
#include "device/translator/emit/masks.hpp"
#include "device/translator/emit/registers.hpp"
#include "device/translator/emit/run.hpp"
#include "device/translator/emit/scalar_loop.hpp"
#include "device/translator/emit/sites.hpp"
#include "device/translator/emit/state.hpp"
#include "device/translator/emit/values.hpp"
#include "device/translator/emit/votes.hpp"
#include "device/translator/emit/warp_loop.hpp"

namespace kiesel::translator {

namespace {

constexpr std::int64_t kVeryLong = 1 << 28;  // instructions of one warp: a tenth of a second and more

}  // namespace

llvm::BasicBlock* block_of(Segment& segment, std::uint32_t node) {
  Builder& ir = segment.ir;
  auto& made = segment.blocks[node];
  if (!made) {
    made = new_block(ir, segment.known.kinds.nodes()[node].full ? "full" : "masked");
    segment.left.push_back(node);
  }
  return made;
}

Cursor::Cursor(Segment& in, const Node& of, LaneByLane* lanes)
    : segment(in),
      kernel(in.kernel),
      known(in.known),
      ir(in.ir),
      node(of),
      block(in.known.code.blocks[of.block]),
      turn(lanes),
      operand_kinds(in.known.code.registers) {}

void emit_node(Segment& segment, std::uint32_t number) {
  Cursor here(segment, segment.known.kinds.nodes()[number]);
  here.ir.SetInsertPoint(segment.blocks[number]);
  if (const ScalarLoop* loop = scalar_loop_at(here.kernel, here.node)) return emit_scalar_loop(here, *loop);
  active(here);
  emit_items(here);
  emit_ending(here);
}

void emit_items(Cursor& here) {
  find_groups(here);
  const std::vector<Run> runs = find_runs(here);
  auto run = runs.begin();
  for (here.item = 0; here.item < here.block.items.size();) {
    if (run != runs.end() && run->first == here.item) {
      emit_run(here, *run++);  // moves the item behind it
    } else {
      emit_item(here, here.block.items[here.item]);
      ++here.item;
    }
  }
  here.item = here.block.items.size() - 1;
}

void emit_item(Cursor& here, const Item& item) {
  Builder& ir = here.ir;
  const isa::Format format = isa::info(item.in.op).format;
  if (item.slot != kNone) return slot_access(here, item);
  if (is_load(item.in) || is_store(item.in)) return access(here, item);
  if (is_fence(item.in)) return fence(here, item);
  if (item.in.op == isa::Op::wsync) return;
  if (item.in.op == isa::Op::split) return;  // emit_split() writes its register
  const Operands uses = operands_of(item.in);
  const bool step_only = item.in.op == isa::Op::bar_arrive;
  if (uses.writes == kNone && !step_only && format != isa::Format::kAtomic) {
    const char first = isa::info(item.in.op).syntax[0];  // a result into x0 is all that it would do
    if (first != 'd' && first != 'D' && &item != &here.block.last()) unknown(here.kernel, item.in.op, ir.i64);
    return;
  }
  for (unsigned i = 0; i < uses.count; ++i)
    here.operand_kinds[uses.reads[i]] = read(here, uses.reads[i]).kind;
  const Kind kind = here.known.kinds.result(item, here.operand_kinds);
  if (is_atomic(item.in)) return atomic(here, item, kind);
  Value value;
  if (!item.result.is(Constant::Base::kUnknown))
    value = known(here.segment, item.result);
  else if (needs_interpreter(item, here.ir.host))
    value = step(here, item, kNoSite, kind);
  else if (format == isa::Format::kCsr || format == isa::Format::kCsrImmediate)
    value = csr(here, item, kind);
  else if (isa::info(item.in.op).extension == isa::Extension::kVote)
    value = vote(here, item, kind);
  else if (item.in.op == isa::Op::jal || item.in.op == isa::Op::jalr || item.in.op == isa::Op::lui ||
           item.in.op == isa::Op::auipc)
    value = known(here.segment, item.result);
  else if (isa::info(item.in.op).extension == isa::Extension::kF ||
           isa::info(item.in.op).extension == isa::Extension::kD ||
           isa::info(item.in.op).extension == isa::Extension::kZfh)
    value = floating(here, item, kind);
  else
    value = integer(here, item, kind);
  if (uses.writes != kNone) write(here, uses.writes, convert(ir, value, kind));
}

void count(Cursor& here, std::size_t items) {
  Builder& ir = here.ir;
  count(here, number64(ir, static_cast<std::int64_t>(items)), active_lanes(here));
  here.counted = true;
}

// Idle lanes are counted, so that where there are none one number is.
void count(Cursor& here, llvm::Value* items, llvm::Value* active) {
  Builder& ir = here.ir;
  ir.CreateStore(ir.CreateAdd(load(ir, here.segment.executed), items), here.segment.executed);
  llvm::Value* all = number64(ir, ir.lanes);
  if (active == all) return;
  ir.CreateStore(ir.CreateAdd(load(ir, here.segment.idle), ir.CreateMul(ir.CreateSub(all, active), items)),
                 here.segment.idle);
}

// Where a loop closes, towards `target`, whose variables are stored. A loop that only waits gives way:
// between segments where a frame holds all that the warp is, else for good. One that may wait, and counts
// meanwhile, say, does after very long.
void poll(Cursor& here, const Node& target, std::uint32_t number) {
  Builder& ir = here.ir;
  const Block& head = here.known.code.blocks[target.block];
  llvm::BasicBlock *ask = new_block(ir, "ask"), *on = new_block(ir, "on"), *stop = new_block(ir, "stop");
  llvm::Value* early = ir.CreateICmpULT(load(ir, here.segment.executed),
                                        load_context(here.segment, offsetof(WarpContext, poll_at), ir.i64));
  branch_likely(ir, early, on, ask);
  ir.SetInsertPoint(ask);
  llvm::Value* waits = ir.getInt1(head.spins);
  if (head.may_wait && !head.spins)
    waits = ir.CreateICmpUGT(
        ir.CreateSub(load(ir, here.segment.executed), load(ir, here.segment.executed_before)),
        number64(ir, kVeryLong));
  llvm::Value* answer = call_host(here.segment, "poll", offsetof(WarpContext, poll),
                                  {here.segment.warp, load(ir, here.segment.executed), waits});
  branch_likely(ir, answer, on, stop);
  ir.SetInsertPoint(stop);
  if (!head.spins && !head.may_wait) {
    leave(here.segment, Exit::kStopped);
  } else if (head.spins && head.open.empty() && (target.full || here.known.request.shape.partial)) {
    put_frame(here.segment, number);
    leave(here.segment, Exit::kYield, segment_of(here.kernel, number, 0));
  } else {
    give_back_at(here.segment, target);
  }
  ir.SetInsertPoint(on);
}

void go_to(Cursor& here, std::uint32_t block, bool full, llvm::Value* agreed) {
  Builder& ir = here.ir;
  const std::uint32_t number = here.known.kinds.find(block, full);
  const Node& target = here.known.kinds.nodes()[number];
  const Register known = here.known.kinds.agreed(here.node.block, block, full);
  const auto values = here.values;  // what is read here is not there on other paths
  for (const unsigned r : target.needed.set_bits()) {
    const Kind& kind = target.start[r];
    if (kind.rep == Rep::kNone) continue;
    if (agreed && r == known) {
      store_variable(here.segment, r, convert(ir, {{Rep::kUniform, true, Nan::kCanonical, 0}, agreed}, kind));
      continue;
    }
    if (is_in_variable(here, r, kind)) continue;
    store_variable(here.segment, r, convert(ir, at_end(here, r), kind));
  }
  here.values = values;
  if (block <= here.node.block) poll(here, target, number);
  ir.CreateBr(block_of(here.segment, number));
}

}  // namespace kiesel::translator
