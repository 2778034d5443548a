// Loops whose lanes run one after the other (scalar_loops.hpp). A lane that has its turn is a full warp of
// one lane, whose registers are numbers; they come from rows in the host's memory, and go there. A turn is 64
// iterations at most: each has a bit in what is kept to count instructions by.
#include "device/model/translator/emitter.hpp"

namespace kiesel::model::translator {
namespace {

constexpr std::int64_t kTurn = 64;

// What a register is to one lane.
Kind of_lane(const Kind& kind) {
  if (kind.rep == Rep::kNone) return kind;
  if (is_double(kind.rep)) return {Rep::kDouble, false, kind.nan, 0};
  if (is_single(kind.rep)) return {Rep::kFloat, false, kind.nan, 0};
  return {Rep::kUniform, false, Nan::kCanonical, 0};
}

}  // namespace

const ScalarLoop* Emitter::scalar_loop_at(const Node& node) const {
  for (const ScalarLoop& loop : scalar_loops_)
    if (loop.head == node.block && (!node.full || loop.when_full)) return &loop;
  return nullptr;
}

// At the head.
void Emitter::emit_scalar_loop(const ScalarLoop& loop) {
  const Node& head = *node_;
  item_ = 0;
  llvm::Value* all_at_start = mask64();  // before ways part
  llvm::Value* restore = b_.CreateTrunc(read_second(code_.blocks[loop.predicate].last()).v, mask_type_);
  require(b_.CreateICmpNE(restore, no_lanes()));
  LaneByLane lanes(loop);
  start_scalar_loop(lanes);
  llvm::BasicBlock *turns = new_block("turns"), *next = new_block("next_lane"), *all = new_block("all_lanes"),
                   *more = new_block("more"), *over = new_block("over");
  b_.CreateStore(all_at_start, lanes.all);
  b_.CreateBr(turns);
  b_.SetInsertPoint(turns);
  b_.CreateStore(load(lanes.all), lanes.left);
  for (llvm::AllocaInst* zero : {lanes.again, lanes.last, lanes.iterations, lanes.of_ways})
    b_.CreateStore(number64(0), zero);
  for (const auto& [way, taken] : lanes.ways) b_.CreateStore(number64(0), taken);
  b_.CreateBr(next);

  turn_ = &lanes;
  variables_.swap(lanes.variables);
  checks_.swap(lanes.checks);
  b_.SetInsertPoint(next);
  take_rows();
  emit_lanes(false);
  llvm::BasicBlock* checked = lanes.blocks[loop.head];
  if (!loop.walks.empty()) emit_lanes(true);
  b_.SetInsertPoint(next);
  branch_likely(walks_inside(), lanes.blocks[loop.head], checked);
  checks_.swap(lanes.checks);
  variables_.swap(lanes.variables);
  turn_ = nullptr;
  node_ = &head;
  block_ = &code_.blocks[loop.head];
  item_ = 0;
  values_.clear();
  written_.clear();

  b_.SetInsertPoint(lanes.end);
  llvm::Value* left = load(lanes.left);
  left = b_.CreateAnd(left, b_.CreateSub(left, number64(1)));
  b_.CreateStore(left, lanes.left);
  b_.CreateCondBr(b_.CreateICmpNE(left, number64(0)), next, all);
  b_.SetInsertPoint(all);
  count_scalar_loop(lanes);
  llvm::Value* again = load(lanes.again);
  b_.CreateCondBr(b_.CreateICmpNE(again, number64(0)), more, over);
  b_.SetInsertPoint(more);
  b_.CreateStore(again, lanes.all);
  poll(head, kinds_.find(loop.head, head.full));
  b_.CreateBr(turns);
  b_.SetInsertPoint(over);
  b_.CreateStore(restore, mask_variable_);
  if (request_.shape.partial) return leave_scalar_loop(lanes, false);
  llvm::BasicBlock *full = new_block("refilled"), *some = new_block("some");
  b_.CreateCondBr(b_.CreateICmpEQ(restore, all_lanes()), full, some);
  b_.SetInsertPoint(full);
  leave_scalar_loop(lanes, true);
  b_.SetInsertPoint(some);
  leave_scalar_loop(lanes, false);
}

void Emitter::start_scalar_loop(LaneByLane& lanes) {
  const ScalarLoop& loop = lanes.loop;
  lanes.end = new_block("turn_ends");
  for (llvm::AllocaInst** number :
       {&lanes.all, &lanes.left, &lanes.again, &lanes.now, &lanes.last, &lanes.iterations, &lanes.of_ways})
    *number = new_variable(i64_, "lanes");
  for (const auto& [way, items] : loop.sides) lanes.ways[way] = new_variable(i64_, "way");
  for (const std::uint32_t b : loop.body) {
    const std::uint32_t masked = kinds_.find(b, false);
    if (masked == kNone) continue;  // the split before it does what it would
    Node& node = lanes.nodes[b] = kinds_.nodes()[masked];
    node.full = true;
    node.needed = liveness_.start[b];
    node.needed &= loop.touched;
    for (Kind& kind : node.start) kind = of_lane(kind);
  }
  for (const auto& [r, kind] : loop.rows) {
    const Value value = convert(load_variable(r, node_->needed.test(r) ? node_->start[r] : Kind()), kind);
    llvm::AllocaInst* row = lanes.rows[r] = new_variable(value.v->getType(), "row");
    row->setAlignment(llvm::Align(64));
    b_.CreateStore(value.v, row);
  }
  const Node& first = lanes.nodes[loop.head];
  for (const unsigned r : first.needed.set_bits()) {  // what is one number for all
    if (first.start[r].rep == Rep::kNone || loop.rows.contains(r)) continue;
    const Value value = convert(load_variable(r, node_->start[r]), first.start[r]);
    variables_.swap(lanes.variables);
    store_variable(r, value);
    variables_.swap(lanes.variables);
  }
}

llvm::Value* Emitter::row_place(Register r) {
  llvm::AllocaInst* row = turn_->rows.at(r);
  return b_.CreateInBoundsGEP(row->getAllocatedType()->getScalarType(), row, turn_->lane);
}

void Emitter::take_rows() {
  turn_->lane = b_.CreateBinaryIntrinsic(llvm::Intrinsic::cttz, load(turn_->left), b_.getTrue());
  b_.CreateStore(number64(1), turn_->now);
  const Node& head = turn_->nodes[turn_->loop.head];
  for (const auto& [r, row] : turn_->rows) {
    const Kind& kind = head.start[r];
    if (!head.needed.test(r) || kind.rep == Rep::kNone) continue;
    llvm::Value* v = b_.CreateLoad(row->getAllocatedType()->getScalarType(), row_place(r));
    store_variable(r, {kind, is_float(kind.rep) ? v : b_.CreateSExt(v, i64_)});
  }
}

void Emitter::emit_lanes(bool walks) {
  turn_->walks = walks;
  turn_->blocks.clear();
  for (const auto& [b, node] : turn_->nodes) turn_->blocks[b] = new_block("lane");
  for (const auto& [b, node] : turn_->nodes) emit_lane_block(b);
}

// Whether the walks of a whole turn need no check.
llvm::Value* Emitter::walks_inside() {
  llvm::Value* all = b_.getTrue();
  for (const auto& [place, walk] : turn_->loop.walks) {
    const std::uint32_t site = turn_->sites.at(place);
    const Register base = accesses_[place.first].groups[place.second].base;
    const auto [begin, limit] = site_range(site);
    llvm::Value* start = b_.CreateAdd(load(variable(base, Rep::kUniform, false)), number64(walk.first));
    llvm::Value* distance = number64((kTurn - 1) * walk.step >> out_.sites[site].shift);
    llvm::Value* last =
        b_.CreateBinaryIntrinsic(llvm::Intrinsic::uadd_sat, units_from(site, begin, start), distance);
    all = b_.CreateAnd(all, b_.CreateICmpULT(last, limit));
  }
  return all;
}

void Emitter::emit_lane_block(std::uint32_t number) {
  const ScalarLoop& loop = turn_->loop;
  node_ = &turn_->nodes[number];
  block_ = &code_.blocks[number];
  values_.clear();
  written_.clear();
  b_.SetInsertPoint(turn_->blocks[number]);
  emit_items();
  const Item& last = block_->last();
  llvm::BasicBlock *yes = nullptr, *no = nullptr;
  const auto part = [&](llvm::Value* condition) {
    b_.CreateCondBr(condition, yes = new_block("yes"), no = new_block("no"));
    b_.SetInsertPoint(yes);
  };
  const auto add = [&](llvm::AllocaInst* to, llvm::Value* v) {
    b_.CreateStore(b_.CreateAdd(load(to), v), to);
  };
  if (number == loop.branch) {  // of a lane that stays
    llvm::Value* now = b_.CreateShl(load(turn_->now), 1);
    b_.CreateStore(now, turn_->now);
    part(b_.CreateICmpNE(now, number64(0)));
    go_in_lane(loop.head);
    b_.SetInsertPoint(no);
    add(turn_->iterations, number64(kTurn));
    b_.CreateStore(b_.CreateOr(load(turn_->again), b_.CreateShl(number64(1), turn_->lane)), turn_->again);
    return end_turn(liveness_.start[loop.head]);
  }
  const auto take = [&](std::uint32_t branch, unsigned way, llvm::BasicBlock* from, std::uint32_t to) {
    b_.SetInsertPoint(from);
    llvm::AllocaInst* taken = turn_->ways[{branch, way}];
    b_.CreateStore(b_.CreateOr(load(taken), load(turn_->now)), taken);
    add(turn_->of_ways, number64(loop.sides.at({branch, way})));
    go_in_lane(to);
  };
  switch (block_->ending) {
    case Ending::kPredicate: {
      llvm::Value* stays = b_.CreateTrunc(read_first(last).v, i1_);
      if (last.in.negate) stays = b_.CreateNot(stays);
      part(stays);
      go_in_lane(loop.branch);
      b_.SetInsertPoint(no);
      llvm::Value *now = load(turn_->now), *before = load(turn_->last);
      b_.CreateStore(b_.CreateBinaryIntrinsic(llvm::Intrinsic::umax, now, before), turn_->last);
      add(turn_->iterations, b_.CreateBinaryIntrinsic(llvm::Intrinsic::cttz, now, b_.getTrue()));
      return end_turn(loop.left);
    }
    case Ending::kSplit: {
      if (last.in.rd) write(last.in.rd, constant(0));  // for the join only
      const std::uint32_t branch = block_->next[0];
      if (turn_->blocks.contains(branch)) return go_in_lane(branch);
      part(b_.CreateTrunc(read_first(last).v, i1_));
      const unsigned way = code_.blocks[branch].next[0] == block_->only_side ? 0 : 1;
      take(branch, way, block_->only_side_holds ? yes : no, block_->only_side);
      return take(branch, 1 - way, block_->only_side_holds ? no : yes, code_.blocks[block_->join].next[0]);
    }
    case Ending::kBranch:
      part(b_.CreateICmp(comparison(last.in.op), read_first(last).v, read_second(last).v));
      take(number, 0, yes, block_->next[0]);
      return take(number, 1, no, block_->next[1]);
    default:
      return go_in_lane(block_->next[0]);
  }
}

void Emitter::go_in_lane(std::uint32_t block) {
  const Node& target = turn_->nodes[block];
  const auto values = values_;
  for (const unsigned r : target.needed.set_bits()) {
    const Kind& kind = target.start[r];
    if (kind.rep == Rep::kNone || is_in_variable(r, kind)) continue;
    store_variable(r, convert(read(r), kind));
  }
  values_ = values;
  b_.CreateBr(turn_->blocks[block]);
}

// `needed`: what the lane reads where it goes on.
void Emitter::end_turn(const Set& needed) {
  const auto values = values_;
  for (const auto& [r, row] : turn_->rows) {
    if (!turn_->loop.written.test(r) || !needed.test(r)) continue;
    const Value value = convert(read(r), of_lane(turn_->loop.rows.at(r)));
    llvm::Type* type = row->getAllocatedType()->getScalarType();
    b_.CreateStore(type == i32_ ? b_.CreateTrunc(value.v, type) : value.v, row_place(r));
  }
  values_ = values;
  b_.CreateBr(turn_->end);
}

// As if the lanes of a turn had run at once: an instruction in each iteration in which one of them came to
// it.
void Emitter::count_scalar_loop(const LaneByLane& lanes) {
  const ScalarLoop& loop = lanes.loop;
  llvm::Value* whole = b_.CreateICmpNE(load(lanes.again), number64(0));
  llvm::Value* zeros = b_.CreateBinaryIntrinsic(llvm::Intrinsic::ctlz, load(lanes.last), b_.getFalse());
  llvm::Value* first = b_.CreateSelect(whole, number64(kTurn), b_.CreateSub(number64(kTurn), zeros));
  llvm::Value* second = b_.CreateSelect(whole, number64(kTurn), b_.CreateSub(first, number64(1)));
  llvm::Value* all = b_.CreateAdd(b_.CreateMul(first, number64(loop.first_part)),
                                  b_.CreateMul(second, number64(loop.second_part)));
  for (const auto& [way, taken] : lanes.ways) {
    llvm::Value* times = b_.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, load(taken));
    all = b_.CreateAdd(all, b_.CreateMul(times, number64(loop.sides.at(way))));
  }
  b_.CreateStore(b_.CreateAdd(load(executed_), all), executed_);
  const auto number = [&](llvm::AllocaInst* of) {
    return b_.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, load(of));
  };
  llvm::Value* of_lanes = b_.CreateMul(load(lanes.iterations), number64(loop.first_part + loop.second_part));
  llvm::Value* left = b_.CreateSub(number(lanes.all), number(lanes.again));
  of_lanes = b_.CreateAdd(of_lanes, b_.CreateMul(left, number64(loop.first_part)));
  of_lanes = b_.CreateAdd(of_lanes, load(lanes.of_ways));
  llvm::Value* idle = b_.CreateSub(b_.CreateMul(all, number64(lanes_)), of_lanes);
  b_.CreateStore(b_.CreateAdd(load(idle_), idle), idle_);
}

// To the branch behind the predicate, at which no lane stays.
void Emitter::leave_scalar_loop(const LaneByLane& lanes, bool full) {
  const ScalarLoop& loop = lanes.loop;
  const std::uint32_t number = kinds_.find(loop.branch, full);
  const Register known = kinds_.agreed(loop.predicate, loop.branch, full);
  const Node& target = kinds_.nodes()[number];
  for (const unsigned r : target.needed.set_bits()) {
    const Kind& kind = target.start[r];
    if (kind.rep == Rep::kNone) continue;
    if (r == known) {
      store_variable(r, convert(constant(code_.blocks[loop.predicate].last().in.negate), kind));
    } else if (!loop.written.test(r)) {
      if (kind != node_->start[r]) store_variable(r, convert(load_variable(r, node_->start[r]), kind));
    } else if (lanes.rows.contains(r) && is_lanes(kind.rep)) {
      store_variable(r, convert({loop.rows.at(r), load(lanes.rows.at(r))}, kind));
    }
  }
  b_.CreateBr(block_of(number));
}

}  // namespace kiesel::model::translator
