#include "device/translator/emit/scalar_loop.hpp"

#include <llvm/IR/PatternMatch.h>

#include <algorithm>

#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/control.hpp"
#include "device/translator/emit/leave.hpp"
#include "device/translator/emit/masks.hpp"
#include "device/translator/emit/node.hpp"
#include "device/translator/emit/registers.hpp"
#include "device/translator/emit/sites.hpp"
#include "device/translator/emit/values.hpp"

namespace kiesel::translator {

namespace {

constexpr std::int64_t kTurn = 64;

// What a register is to one lane.
Kind of_lane(const Kind& kind) {
  if (kind.rep == Rep::kNone) return kind;
  if (is_double(kind.rep)) return {Rep::kDouble, false, kind.nan, 0};
  if (is_single(kind.rep)) return {Rep::kFloat, false, kind.nan, 0};
  return {Rep::kUniform, false, Nan::kCanonical, 0};
}

void start_scalar_loop(Cursor& here, LaneByLane& lanes) {
  Builder& ir = here.ir;
  const ScalarLoop& loop = lanes.loop;
  lanes.end = new_block(ir, "turn_ends");
  for (llvm::AllocaInst** number :
       {&lanes.all, &lanes.left, &lanes.again, &lanes.now, &lanes.most, &lanes.iterations, &lanes.of_ways})
    *number = new_variable(ir, ir.i64, "lanes");
  for (const auto& [way, items] : loop.sides) lanes.ways[way] = new_variable(ir, ir.i64, "way");
  for (const std::uint32_t b : loop.body) {
    const std::uint32_t masked = here.known.kinds.find(b, false);
    if (masked == kNone) continue;  // the split before it does what it would
    Node& node = lanes.nodes[b] = here.known.kinds.nodes()[masked];
    node.full = true;
    node.needed = here.known.liveness.start[b];
    node.needed &= loop.touched;
    for (Kind& kind : node.start) kind = of_lane(kind);
  }
  for (const auto& [r, kind] : loop.rows) {
    const Value value = convert(
        ir, load_variable(here.segment, r, here.node.needed.test(r) ? here.node.start[r] : Kind()), kind);
    llvm::AllocaInst* row = lanes.rows[r] = new_variable(ir, value.v->getType(), "row");
    row->setAlignment(llvm::Align(64));
    ir.CreateStore(value.v, row);
  }
  const Node& first = lanes.nodes[loop.head];
  for (const unsigned r : first.needed.set_bits()) {  // what is one number for all
    if (first.start[r].rep == Rep::kNone || loop.rows.contains(r)) continue;
    const Value value = convert(ir, load_variable(here.segment, r, here.node.start[r]), first.start[r]);
    here.segment.variables.swap(lanes.variables);
    store_variable(here.segment, r, value);
    here.segment.variables.swap(lanes.variables);
  }
}

llvm::Value* row_place(Builder& ir, const LaneByLane& lanes, Register r) {
  llvm::AllocaInst* row = lanes.rows.at(r);
  return ir.CreateInBoundsGEP(row->getAllocatedType()->getScalarType(), row, lanes.lane);
}

void take_rows(Segment& segment, LaneByLane& lanes) {
  Builder& ir = segment.ir;
  lanes.lane = ir.CreateBinaryIntrinsic(llvm::Intrinsic::cttz, load(ir, lanes.left), ir.getTrue());
  ir.CreateStore(number64(ir, 0), lanes.now);
  const Node& head = lanes.nodes[lanes.loop.head];
  for (const auto& [r, row] : lanes.rows) {
    const Kind& kind = head.start[r];
    if (!head.needed.test(r) || kind.rep == Rep::kNone) continue;
    llvm::Value* v = ir.CreateLoad(row->getAllocatedType()->getScalarType(), row_place(ir, lanes, r));
    store_variable(segment, r, {kind, is_float(kind.rep) ? v : ir.CreateSExt(v, ir.i64)});
  }
}

void go_in_lane(Cursor& here, std::uint32_t block) {
  Builder& ir = here.ir;
  const Node& target = here.turn->nodes[block];
  const auto values = here.values;
  for (const unsigned r : target.needed.set_bits()) {
    const Kind& kind = target.start[r];
    if (kind.rep == Rep::kNone || is_in_variable(here, r, kind)) continue;
    store_variable(here.segment, r, convert(ir, read(here, r), kind));
  }
  here.values = values;
  ir.CreateBr(here.turn->blocks[block]);
}

// `needed`: what the lane reads where it goes on.
void end_turn(Cursor& here, const Set& needed) {
  Builder& ir = here.ir;
  const auto values = here.values;
  for (const auto& [r, row] : here.turn->rows) {
    if (!here.turn->loop.written.test(r) || !needed.test(r)) continue;
    const Value value = convert(ir, read(here, r), of_lane(here.turn->loop.rows.at(r)));
    llvm::Type* type = row->getAllocatedType()->getScalarType();
    ir.CreateStore(type == ir.i32 ? ir.CreateTrunc(value.v, type) : value.v, row_place(ir, *here.turn, r));
  }
  here.values = values;
  ir.CreateBr(here.turn->end);
}

void emit_lane_block(Cursor& here) {
  Builder& ir = here.ir;
  const ScalarLoop& loop = here.turn->loop;
  const std::uint32_t number = here.node.block;
  ir.SetInsertPoint(here.turn->blocks[number]);
  emit_items(here);
  const Item& last = here.block.last();
  llvm::BasicBlock *yes = nullptr, *no = nullptr;
  const auto part = [&](llvm::Value* condition) {
    ir.CreateCondBr(condition, yes = new_block(ir, "yes"), no = new_block(ir, "no"));
    ir.SetInsertPoint(yes);
  };
  const auto add = [&](llvm::AllocaInst* to, llvm::Value* v) {
    ir.CreateStore(ir.CreateAdd(load(ir, to), v), to);
  };
  if (number == loop.branch) {  // of a lane that stays
    llvm::Value* now = ir.CreateAdd(load(ir, here.turn->now), number64(ir, 1));
    ir.CreateStore(now, here.turn->now);
    part(ir.CreateICmpNE(now, number64(ir, kTurn)));
    go_in_lane(here, loop.head);
    ir.SetInsertPoint(no);
    add(here.turn->iterations, number64(ir, kTurn));
    ir.CreateStore(ir.CreateOr(load(ir, here.turn->again), ir.CreateShl(number64(ir, 1), here.turn->lane)),
                   here.turn->again);
    return end_turn(here, here.known.liveness.start[loop.head]);
  }
  const auto take = [&](std::uint32_t branch, unsigned way, llvm::BasicBlock* from, std::uint32_t to) {
    ir.SetInsertPoint(from);
    llvm::AllocaInst* taken = here.turn->ways[{branch, way}];
    ir.CreateStore(ir.CreateOr(load(ir, taken), ir.CreateShl(number64(ir, 1), load(ir, here.turn->now))),
                   taken);
    add(here.turn->of_ways, number64(ir, loop.sides.at({branch, way})));
    go_in_lane(here, to);
  };
  switch (here.block.ending) {
    case Ending::kPredicate: {
      llvm::Value* stays = ir.CreateTrunc(read_first(here, last).v, ir.i1);
      if (last.in.negate) stays = ir.CreateNot(stays);
      part(stays);
      go_in_lane(here, loop.branch);
      ir.SetInsertPoint(no);
      llvm::Value *now = load(ir, here.turn->now), *before = load(ir, here.turn->most);
      llvm::Value* begun = ir.CreateAdd(now, number64(ir, 1));
      ir.CreateStore(ir.CreateBinaryIntrinsic(llvm::Intrinsic::umax, begun, before), here.turn->most);
      add(here.turn->iterations, now);
      return end_turn(here, loop.left);
    }
    case Ending::kSplit: {
      write_token(here);
      const std::uint32_t branch = here.block.next[0];
      if (here.turn->blocks.contains(branch)) return go_in_lane(here, branch);
      part(ir.CreateTrunc(read_first(here, last).v, ir.i1));
      const unsigned way = here.known.code.blocks[branch].next[0] == here.block.only_side ? 0 : 1;
      take(branch, way, here.block.only_side_holds ? yes : no, here.block.only_side);
      return take(branch, 1 - way, here.block.only_side_holds ? no : yes,
                  here.known.code.blocks[here.block.join].next[0]);
    }
    case Ending::kBranch:
      part(ir.CreateICmp(comparison(last.in.op), read_first(here, last).v, read_second(here, last).v));
      take(number, 0, yes, here.block.next[0]);
      return take(number, 1, no, here.block.next[1]);
    default:
      return go_in_lane(here, here.block.next[0]);
  }
}

void emit_lanes(Segment& segment, LaneByLane& lanes, bool walks) {
  lanes.walks = walks;
  lanes.blocks.clear();
  for (const auto& [b, node] : lanes.nodes) lanes.blocks[b] = new_block(segment.ir, "lane");
  for (const auto& [b, node] : lanes.nodes) {
    Cursor there(segment, node, &lanes);
    emit_lane_block(there);
  }
}

// Whether the walks of a whole turn need no check.
llvm::Value* walks_inside(Segment& segment, const LaneByLane& lanes) {
  Builder& ir = segment.ir;
  llvm::Value* all = ir.getTrue();
  for (const auto& [place, walk] : lanes.loop.walks) {
    const std::uint32_t site = lanes.sites.at(place);
    const Register base = segment.known.accesses[place.first].groups[place.second].base;
    llvm::Value* start =
        ir.CreateAdd(load(ir, variable(segment, base, Rep::kUniform, false)), number64(ir, walk.first));
    llvm::Value* units = units_from(segment.kernel, site, site_range(segment, site).first, start);
    all = ir.CreateAnd(all, ir.CreateICmpULT(units, load(ir, lanes.ranges.at(site).bound)));
  }
  return all;
}

// Whether an address of a lane, `displacement` bytes from a base that the loop leaves alone plus an index, is
// in the site's range: the index is compared, which is shorter. Null where the address is not of that kind.
llvm::Value* index_inside(Cursor& here, std::uint32_t site, llvm::Value* address, std::int64_t displacement) {
  Builder& ir = here.ir;
  using namespace llvm::PatternMatch;  // NOLINT
  llvm::Value *index = nullptr, *base = nullptr;
  std::uint64_t by = 0;
  const unsigned unit = here.kernel.out.sites[site].shift;
  if (!match(address, m_c_Add(m_Shl(m_Value(index), m_ConstantInt(by)), m_Value(base))) || by < unit)
    return nullptr;
  const auto* loaded = llvm::dyn_cast<llvm::LoadInst>(base);
  const auto from = std::find_if(
      here.segment.variables.begin(), here.segment.variables.end(),
      [&](const auto& variable) { return loaded && variable.second == loaded->getPointerOperand(); });
  if (from == here.segment.variables.end() || here.turn->loop.written.test(from->first.first)) return nullptr;
  const LaneByLane::Range& made = here.turn->ranges[site] = {
      new_variable(ir, ir.i64, "bound"), 0, from->second, displacement, new_variable(ir, ir.i64, "first")};
  llvm::Value* units = ir.CreateAdd(ir.CreateShl(index, by - unit), load(ir, made.first));
  return ir.CreateICmpULT(units, load(ir, made.bound));
}

// As if the lanes of a turn had run at once: an instruction in each iteration in which one of them came to
// it.
void count_scalar_loop(Segment& segment, const LaneByLane& lanes) {
  Builder& ir = segment.ir;
  const ScalarLoop& loop = lanes.loop;
  llvm::Value* whole = ir.CreateICmpNE(load(ir, lanes.again), number64(ir, 0));
  llvm::Value* first = ir.CreateSelect(whole, number64(ir, kTurn), load(ir, lanes.most));
  llvm::Value* second = ir.CreateSelect(whole, number64(ir, kTurn), ir.CreateSub(first, number64(ir, 1)));
  llvm::Value* all = ir.CreateAdd(ir.CreateMul(first, number64(ir, loop.first_part)),
                                  ir.CreateMul(second, number64(ir, loop.second_part)));
  for (const auto& [way, taken] : lanes.ways) {
    llvm::Value* times = ir.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, load(ir, taken));
    all = ir.CreateAdd(all, ir.CreateMul(times, number64(ir, loop.sides.at(way))));
  }
  ir.CreateStore(ir.CreateAdd(load(ir, segment.executed), all), segment.executed);
  const auto number = [&](llvm::AllocaInst* of) {
    return ir.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, load(ir, of));
  };
  llvm::Value* of_lanes =
      ir.CreateMul(load(ir, lanes.iterations), number64(ir, loop.first_part + loop.second_part));
  llvm::Value* left = ir.CreateSub(number(lanes.all), number(lanes.again));
  of_lanes = ir.CreateAdd(of_lanes, ir.CreateMul(left, number64(ir, loop.first_part)));
  of_lanes = ir.CreateAdd(of_lanes, load(ir, lanes.of_ways));
  llvm::Value* idle = ir.CreateSub(ir.CreateMul(all, number64(ir, ir.lanes)), of_lanes);
  ir.CreateStore(ir.CreateAdd(load(ir, segment.idle), idle), segment.idle);
}

// To the branch behind the predicate, at which no lane stays.
void leave_scalar_loop(Cursor& here, const LaneByLane& lanes, bool full) {
  Builder& ir = here.ir;
  const ScalarLoop& loop = lanes.loop;
  const std::uint32_t number = here.known.kinds.find(loop.branch, full);
  const Register known = here.known.kinds.agreed(loop.predicate, loop.branch, full);
  const Node& target = here.known.kinds.nodes()[number];
  for (const unsigned r : target.needed.set_bits()) {
    const Kind& kind = target.start[r];
    if (kind.rep == Rep::kNone) continue;
    if (r == known) {
      store_variable(
          here.segment, r,
          convert(ir, constant(ir, here.known.code.blocks[loop.predicate].last().in.negate), kind));
    } else if (!loop.written.test(r)) {
      if (kind != here.node.start[r])
        store_variable(here.segment, r,
                       convert(ir, load_variable(here.segment, r, here.node.start[r]), kind));
    } else if (lanes.rows.contains(r) && is_lanes(kind.rep)) {
      store_variable(here.segment, r, convert(ir, {loop.rows.at(r), load(ir, lanes.rows.at(r))}, kind));
    }
  }
  ir.CreateBr(block_of(here.segment, number));
}

}  // namespace

const ScalarLoop* scalar_loop_at(const Kernel& kernel, const Node& node) {
  for (const ScalarLoop& loop : kernel.known.scalar_loops)
    if (loop.head == node.block && (!node.full || loop.when_full)) return &loop;
  return nullptr;
}

// At the head.
void emit_scalar_loop(Cursor& here, const ScalarLoop& loop) {
  Builder& ir = here.ir;
  const Node& head = here.node;
  Segment& segment = here.segment;
  here.item = 0;
  llvm::Value* all_at_start = mask64(here);  // before ways part
  llvm::Value* restore =
      ir.CreateTrunc(read_second(here, here.known.code.blocks[loop.predicate].last()).v, ir.mask);
  require(here, ir.CreateICmpNE(restore, no_lanes(ir)));
  LaneByLane lanes(loop);
  start_scalar_loop(here, lanes);
  llvm::BasicBlock *turns = new_block(ir, "turns"), *next = new_block(ir, "next_lane"),
                   *all = new_block(ir, "all_lanes"), *more = new_block(ir, "more"),
                   *over = new_block(ir, "over");
  ir.CreateStore(all_at_start, lanes.all);
  llvm::BranchInst* begins = ir.CreateBr(turns);
  ir.SetInsertPoint(turns);
  ir.CreateStore(load(ir, lanes.all), lanes.left);
  for (llvm::AllocaInst* zero : {lanes.again, lanes.most, lanes.iterations, lanes.of_ways})
    ir.CreateStore(number64(ir, 0), zero);
  for (const auto& [way, taken] : lanes.ways) ir.CreateStore(number64(ir, 0), taken);
  ir.CreateBr(next);

  segment.variables.swap(lanes.variables);
  segment.checks.swap(lanes.checks);
  ir.SetInsertPoint(next);
  take_rows(segment, lanes);
  emit_lanes(segment, lanes, false);
  llvm::BasicBlock* checked = lanes.blocks[loop.head];
  if (!loop.walks.empty()) emit_lanes(segment, lanes, true);
  ir.SetInsertPoint(next);
  branch_likely(ir, walks_inside(segment, lanes), lanes.blocks[loop.head], checked);
  ir.SetInsertPoint(begins);
  for (const auto& [site, range] : lanes.ranges) keep_range(segment, lanes, site);
  segment.checks.swap(lanes.checks);
  segment.variables.swap(lanes.variables);
  here.values.clear();
  here.written.clear();

  ir.SetInsertPoint(lanes.end);
  llvm::Value* left = load(ir, lanes.left);
  left = ir.CreateAnd(left, ir.CreateSub(left, number64(ir, 1)));
  ir.CreateStore(left, lanes.left);
  ir.CreateCondBr(ir.CreateICmpNE(left, number64(ir, 0)), next, all);
  ir.SetInsertPoint(all);
  count_scalar_loop(segment, lanes);
  llvm::Value* again = load(ir, lanes.again);
  ir.CreateCondBr(ir.CreateICmpNE(again, number64(ir, 0)), more, over);
  ir.SetInsertPoint(more);
  ir.CreateStore(again, lanes.all);
  poll(here, head, here.known.kinds.find(loop.head, head.full));
  for (const auto& [site, range] : lanes.ranges)
    keep_range(segment, lanes, site);  // poll() may have forgotten them
  ir.CreateBr(turns);
  ir.SetInsertPoint(over);
  ir.CreateStore(restore, segment.mask_variable);
  if (here.known.request.shape.partial) return leave_scalar_loop(here, lanes, false);
  llvm::BasicBlock *full = new_block(ir, "refilled"), *some = new_block(ir, "some");
  ir.CreateCondBr(ir.CreateICmpEQ(restore, all_lanes(ir)), full, some);
  ir.SetInsertPoint(full);
  leave_scalar_loop(here, lanes, true);
  ir.SetInsertPoint(some);
  leave_scalar_loop(here, lanes, false);
}

// In a turn: whether what the group accesses is in its site's range, asked as briefly as it can be.
llvm::Value* inside_in_turn(Cursor& here, const std::pair<std::uint32_t, std::uint32_t>& place,
                            std::uint32_t site, const Value& address, std::int64_t displacement) {
  Builder& ir = here.ir;
  here.turn->sites[place] = site;
  if (const auto walk = here.turn->loop.walks.find(place); walk != here.turn->loop.walks.end()) {
    const std::int64_t less = (kTurn - 1) * walk->second.step >> here.kernel.out.sites[site].shift;
    here.turn->ranges[site] = {new_variable(ir, ir.i64, "bound"), less, nullptr, 0, nullptr};
  } else if (llvm::Value* found = index_inside(here, site, address.v, displacement)) {
    return found;
  }
  return inside(here, site, displaced(ir, address, displacement));
}

// What a turn keeps of a site's range. It stays until a step() finds another allocation for the site, or the
// next turn.
void keep_range(Segment& segment, const LaneByLane& lanes, std::uint32_t site) {
  Builder& ir = segment.ir;
  const LaneByLane::Range& of = lanes.ranges.at(site);
  const auto [begin, limit] = site_range(segment, site);
  if (!of.base) {  // a walk
    ir.CreateStore(ir.CreateBinaryIntrinsic(llvm::Intrinsic::usub_sat, limit, number64(ir, of.less)),
                   of.bound);
    return;
  }
  const unsigned unit = segment.kernel.out.sites[site].shift;
  llvm::Value* bytes = ir.CreateSub(ir.CreateAdd(load(ir, of.base), number64(ir, of.displacement)), begin);
  llvm::Value* apart = ir.CreateAnd(bytes, number64(ir, (std::int64_t{1} << unit) - 1));
  ir.CreateStore(ir.CreateAShr(bytes, unit), of.first);
  ir.CreateStore(ir.CreateSelect(ir.CreateICmpEQ(apart, number64(ir, 0)), limit, number64(ir, 0)), of.bound);
}

}  // namespace kiesel::translator
