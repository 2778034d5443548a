#include "device/translator/emit/node.hpp"

#include <cstddef>

#include "device/translator/analysis/steps.hpp"
#include "device/translator/emit/access.hpp"
#include "device/translator/emit/atomic.hpp"
#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/control.hpp"
#include "device/translator/emit/csr.hpp"
#include "device/translator/emit/dot.hpp"
#include "device/translator/emit/emit.hpp"
#include "device/translator/emit/float.hpp"
#include "device/translator/emit/frame.hpp"
#include "device/translator/emit/host_calls.hpp"
#include "device/translator/emit/integer.hpp"
#include "device/translator/emit/kernel.hpp"
#include "device/translator/emit/leave.hpp"
#include "device/translator/emit/masks.hpp"
#include "device/translator/emit/matrix.hpp"
#include "device/translator/emit/registers.hpp"
#include "device/translator/emit/run.hpp"
#include "device/translator/emit/scalar_loop.hpp"
#include "device/translator/emit/sites.hpp"
#include "device/translator/emit/state.hpp"
#include "device/translator/emit/values.hpp"
#include "device/translator/emit/votes.hpp"
#include "device/translator/emit/warp_loop.hpp"

namespace kiesel::translator {

using isa::Family;

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

namespace {

// What an instruction puts into its register.
Value result_of(Cursor& here, const Item& item, const Kind& kind) {
  if (!item.result.is(Constant::Base::kUnknown)) return known(here.segment, item.result);
  if (needs_interpreter(item, here.ir.host)) return step(here, item, kNoSite, kind);
  switch (family_of(item.in.op)) {
    case Family::kInteger:
      return integer(here, item, kind);
    case Family::kConstant:
    case Family::kJump:
      return known(here.segment, item.result);
    case Family::kCsr:
      return csr(here, item, kind);
    case Family::kVote:
      return vote(here, item);
    case Family::kShuffle:
      return shuffle(here, item, kind);
    case Family::kDot:
      return dot(here, item, kind);
    case Family::kFloatMath:
    case Family::kFloatChoice:
    case Family::kFloatSign:
    case Family::kFloatCompare:
    case Family::kFloatClass:
    case Family::kFloatMove:
    case Family::kFloatToWhole:
    case Family::kWholeToFloat:
    case Family::kFloatToFloat:
      return floating(here, item, kind);
    default:
      return {kind, unknown(here.kernel, item.in.op, here.ir.i64)};
  }
}

// Those that do nothing but write a register, which may be x0.
void emit_result(Cursor& here, const Item& item) {
  const Operands uses = operands_of(item.in);
  if (uses.writes == kNone) return;
  const Kind kind = kind_of_result(here, item);
  write(here, uses.writes, convert(here.ir, result_of(here, item, kind), kind));
}

void emit_control(Cursor& here, const Item& item) {
  switch (item.in.op) {
    case isa::Op::wsync:  // what the warp has begun is over
    case isa::Op::split:  // emit_split() writes its register
      return;
    case isa::Op::bar_arrive: {
      const Kind kind = kind_of_result(here, item);
      const Value value = step(here, item, kNoSite, kind);
      const Register written = operands_of(item.in).writes;
      return written == kNone ? void() : write(here, written, convert(here.ir, value, kind));
    }
    default:  // what ends a block is made with its edges
      if (&item != &here.block.last()) unknown(here.kernel, item.in.op, here.ir.i64);
  }
}

}  // namespace

Kind kind_of_result(Cursor& here, const Item& item) {
  const Operands uses = operands_of(item.in);
  for (unsigned i = 0; i < uses.count; ++i)
    here.operand_kinds[uses.reads[i]] = read(here, uses.reads[i]).kind;
  return here.known.kinds.result(item, here.operand_kinds);
}

void emit_item(Cursor& here, const Item& item) {
  if (item.slot != kNone) return slot_access(here, item);
  switch (family_of(item.in.op)) {
    case Family::kLoad:
    case Family::kFloatLoad:
    case Family::kStore:
    case Family::kFloatStore:
      return access(here, item);
    case Family::kAtomic:
    case Family::kCompareSwap:
    case Family::kReserve:
      return atomic(here, item, kind_of_result(here, item));
    case Family::kFence:
      return fence(here, item);
    case Family::kControl:
    case Family::kBranch:
      return emit_control(here, item);
    case Family::kInteger:
    case Family::kConstant:
    case Family::kJump:
    case Family::kCsr:
    case Family::kVote:
    case Family::kShuffle:
    case Family::kDot:
    case Family::kFloatMath:
    case Family::kFloatChoice:
    case Family::kFloatSign:
    case Family::kFloatCompare:
    case Family::kFloatClass:
    case Family::kFloatMove:
    case Family::kFloatToWhole:
    case Family::kWholeToFloat:
    case Family::kFloatToFloat:
      return emit_result(here, item);
    case Family::kMatrix:
      return emit_matrix_part(here, item);
    case Family::kTrap:
    case Family::kLegacy:
      unknown(here.kernel, item.in.op, here.ir.i64);
  }
}

void count(Cursor& here, std::size_t items) {
  Builder& ir = here.ir;
  count(here, number64(ir, static_cast<std::int64_t>(instructions_in(here.block, items))),
        active_lanes(here));
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
