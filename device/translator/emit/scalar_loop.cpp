// Loops whose lanes run one after the other (scalar_loops.hpp). A lane that has its turn is a full warp of
// one lane, whose registers are numbers; they come from rows in the host's memory, and go there. A turn is 64
// iterations at most: each has a bit in what is kept to count instructions by.
#include <llvm/IR/PatternMatch.h>

#include <algorithm>

#include "device/translator/emit/emitter.hpp"

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
  llvm::BranchInst* begins = b_.CreateBr(turns);
  b_.SetInsertPoint(turns);
  b_.CreateStore(load(lanes.all), lanes.left);
  for (llvm::AllocaInst* zero : {lanes.again, lanes.most, lanes.iterations, lanes.of_ways})
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
  b_.SetInsertPoint(begins);
  for (const auto& [site, range] : lanes.ranges) keep_range(site);
  checks_.swap(lanes.checks);
  variables_.swap(lanes.variables);
  turn_ = nullptr;
  node_ = &head;
  block_ = &code_.blocks[loop.head];
  item_ = 0;
  forget_values();

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
  turn_ = &lanes;
  for (const auto& [site, range] : lanes.ranges) keep_range(site);  // poll() may have forgotten them
  turn_ = nullptr;
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
       {&lanes.all, &lanes.left, &lanes.again, &lanes.now, &lanes.most, &lanes.iterations, &lanes.of_ways})
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
  b_.CreateStore(number64(0), turn_->now);
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
    llvm::Value* start = b_.CreateAdd(load(variable(base, Rep::kUniform, false)), number64(walk.first));
    llvm::Value* units = units_from(site, site_range(site).first, start);
    all = b_.CreateAnd(all, b_.CreateICmpULT(units, load(turn_->ranges.at(site).bound)));
  }
  return all;
}

// In a turn: whether what the group accesses is in its site's range, asked as briefly as it can be.
llvm::Value* Emitter::inside_in_turn(const std::pair<std::uint32_t, std::uint32_t>& place, std::uint32_t site,
                                     const Value& address, std::int64_t displacement) {
  turn_->sites[place] = site;
  if (const auto walk = turn_->loop.walks.find(place); walk != turn_->loop.walks.end()) {
    const std::int64_t less = (kTurn - 1) * walk->second.step >> out_.sites[site].shift;
    turn_->ranges[site] = {new_variable(i64_, "bound"), less, nullptr, 0, nullptr};
  } else if (llvm::Value* found = index_inside(site, address.v, displacement)) {
    return found;
  }
  return inside(site, displaced(address, displacement));
}

// Whether an address of a lane, `displacement` bytes from a base that the loop leaves alone plus an index, is
// in the site's range: the index is compared, which is shorter. Null where the address is not of that kind.
llvm::Value* Emitter::index_inside(std::uint32_t site, llvm::Value* address, std::int64_t displacement) {
  using namespace llvm::PatternMatch;  // NOLINT
  llvm::Value *index = nullptr, *base = nullptr;
  std::uint64_t by = 0;
  const unsigned unit = out_.sites[site].shift;
  if (!match(address, m_c_Add(m_Shl(m_Value(index), m_ConstantInt(by)), m_Value(base))) || by < unit)
    return nullptr;
  const auto* loaded = llvm::dyn_cast<llvm::LoadInst>(base);
  const auto from = std::find_if(variables_.begin(), variables_.end(), [&](const auto& variable) {
    return loaded && variable.second == loaded->getPointerOperand();
  });
  if (from == variables_.end() || turn_->loop.written.test(from->first.first)) return nullptr;
  const LaneByLane::Range& made = turn_->ranges[site] = {new_variable(i64_, "bound"), 0, from->second,
                                                         displacement, new_variable(i64_, "first")};
  llvm::Value* units = b_.CreateAdd(b_.CreateShl(index, by - unit), load(made.first));
  return b_.CreateICmpULT(units, load(made.bound));
}

// What a turn keeps of a site's range. It stays until a step() finds another allocation for the site, or the
// next turn.
void Emitter::keep_range(std::uint32_t site) {
  const LaneByLane::Range& of = turn_->ranges.at(site);
  const auto [begin, limit] = site_range(site);
  if (!of.base) {  // a walk
    b_.CreateStore(b_.CreateBinaryIntrinsic(llvm::Intrinsic::usub_sat, limit, number64(of.less)), of.bound);
    return;
  }
  const unsigned unit = out_.sites[site].shift;
  llvm::Value* bytes = b_.CreateSub(b_.CreateAdd(load(of.base), number64(of.displacement)), begin);
  llvm::Value* apart = b_.CreateAnd(bytes, number64((std::int64_t{1} << unit) - 1));
  b_.CreateStore(b_.CreateAShr(bytes, unit), of.first);
  b_.CreateStore(b_.CreateSelect(b_.CreateICmpEQ(apart, number64(0)), limit, number64(0)), of.bound);
}

void Emitter::emit_lane_block(std::uint32_t number) {
  const ScalarLoop& loop = turn_->loop;
  node_ = &turn_->nodes[number];
  block_ = &code_.blocks[number];
  forget_values();
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
    llvm::Value* now = b_.CreateAdd(load(turn_->now), number64(1));
    b_.CreateStore(now, turn_->now);
    part(b_.CreateICmpNE(now, number64(kTurn)));
    go_in_lane(loop.head);
    b_.SetInsertPoint(no);
    add(turn_->iterations, number64(kTurn));
    b_.CreateStore(b_.CreateOr(load(turn_->again), b_.CreateShl(number64(1), turn_->lane)), turn_->again);
    return end_turn(liveness_.start[loop.head]);
  }
  const auto take = [&](std::uint32_t branch, unsigned way, llvm::BasicBlock* from, std::uint32_t to) {
    b_.SetInsertPoint(from);
    llvm::AllocaInst* taken = turn_->ways[{branch, way}];
    b_.CreateStore(b_.CreateOr(load(taken), b_.CreateShl(number64(1), load(turn_->now))), taken);
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
      llvm::Value *now = load(turn_->now), *before = load(turn_->most);
      llvm::Value* begun = b_.CreateAdd(now, number64(1));
      b_.CreateStore(b_.CreateBinaryIntrinsic(llvm::Intrinsic::umax, begun, before), turn_->most);
      add(turn_->iterations, now);
      return end_turn(loop.left);
    }
    case Ending::kSplit: {
      write_token();
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
  llvm::Value* first = b_.CreateSelect(whole, number64(kTurn), load(lanes.most));
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

}  // namespace kiesel::translator
