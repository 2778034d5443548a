// What ends a block: branches, and the instructions that change the mask.
#include <cstddef>

#include "device/translator/emit/emitter.hpp"

namespace kiesel::translator {

using isa::Op;

namespace {

constexpr std::int64_t kBranchAndJoin = 2;  // instructions of a side on which nothing is done

}  // namespace

Emitter::SplitVariables& Emitter::split_variables(std::uint32_t block) {
  auto [found, fresh] = splits_.try_emplace(block);
  if (fresh)
    found->second = {new_variable(i1_, "open", b_.getFalse()), new_variable(i1_, "in_second", b_.getFalse()),
                     new_variable(mask_type_, "before", no_lanes()),
                     new_variable(mask_type_, "second", no_lanes()),
                     new_variable(i64_, "second_holds", number64(0))};
  return found->second;
}

void Emitter::emit_ending() {
  switch (block_->ending) {
    case Ending::kFalls:
      count(block_->items.size());
      return go_to(block_->next[0], node_->full);
    case Ending::kReturn:
      return emit_return();
    case Ending::kBranch:
      return emit_branch();
    case Ending::kSplit:
      return emit_split();
    case Ending::kJoin:
      return emit_join();
    case Ending::kPredicate:
      return emit_predicate();
    case Ending::kBarrier:
      return emit_barrier();
    case Ending::kEnd:
      return emit_end();
  }
}

void Emitter::emit_end() {
  count(block_->items.size());
  arrive(kWarpEnded);
}

// Calls are followed, so the place that a return goes to is known; ra must agree.
void Emitter::emit_return() {
  const std::uint32_t next = block_->next[0];
  const auto place =
      static_cast<std::int64_t>(code_.begin) + std::int64_t{code_.blocks[next].items[0].index} * 4;
  const Constant& known = block_->last().first;
  if (!(known == Constant{Constant::Base::kModule, place})) {
    llvm::Value* link = agreed_number(read_first(block_->last()));
    require(b_.CreateICmpEQ(link, b_.CreateAdd(module_base_, number64(place))));
  }
  count(block_->items.size());
  go_to(next, node_->full);
}

llvm::CmpInst::Predicate Emitter::comparison(Op op) {
  using P = llvm::CmpInst;
  switch (op) {
    case Op::beq:
      return P::ICMP_EQ;
    case Op::bne:
      return P::ICMP_NE;
    case Op::blt:
      return P::ICMP_SLT;
    case Op::bge:
      return P::ICMP_SGE;
    case Op::bltu:
      return P::ICMP_ULT;
    case Op::bgeu:
      return P::ICMP_UGE;
    default:
      unknown(op, i64_);
      return P::ICMP_EQ;
  }
}

// Lanes that disagree are a fault, which is the interpreter's.
void Emitter::emit_branch() {
  const Item& item = block_->last();
  const Value a = read_first(item), b = read_second(item);
  const auto predicate = comparison(item.in.op);
  llvm::Value* taken;
  if (a.kind.rep == Rep::kUniform && b.kind.rep == Rep::kUniform) {
    taken = b_.CreateICmp(predicate, a.v, b.v);
  } else {
    const bool both = is_narrow(a.kind) && is_narrow(b.kind);
    llvm::Value* each =
        both ? b_.CreateICmp(predicate, narrow(a), narrow(b)) : b_.CreateICmp(predicate, wide(a), wide(b));
    llvm::Value* yes = bits(each);
    if (!node_->full) yes = b_.CreateAnd(yes, mask());
    taken = b_.CreateICmpNE(yes, no_lanes());
    if (!block_->agreed) require(b_.CreateOr(b_.CreateNot(taken), b_.CreateICmpEQ(yes, mask())));
  }
  count(block_->items.size());
  if (block_->next[0] == block_->next[1]) return go_to(block_->next[0], node_->full);
  blend_written();
  llvm::BasicBlock *yes = new_block("taken"), *no = new_block("not_taken");
  b_.CreateCondBr(taken, yes, no);
  b_.SetInsertPoint(yes);
  go_to(block_->next[0], node_->full);
  b_.SetInsertPoint(no);
  go_to(block_->next[1], node_->full);
}

// What must be one number in all active lanes; where it is not, the interpreter has the fault.
llvm::Value* Emitter::agreed_number(const Value& value) {
  if (value.kind.rep == Rep::kUniform) return value.v;
  llvm::Value* each = wide(value);
  llvm::Value* first = first_lane();
  llvm::Value* one = b_.CreateExtractElement(each, first);
  llvm::Value* same = bits(b_.CreateICmpEQ(each, splat(one)));
  if (!node_->full) same = b_.CreateOr(same, b_.CreateNot(mask()));
  require(b_.CreateICmpEQ(same, all_lanes()));
  return one;
}

llvm::Value* Emitter::predicate(const Value& value, bool negate) {
  llvm::Value* yes;
  if (value.kind.rep == Rep::kUniform) {
    yes = b_.CreateSelect(b_.CreateTrunc(value.v, i1_), all_lanes(), no_lanes());
  } else {
    llvm::Value* low = narrow(value);
    yes = bits(b_.CreateTrunc(low, lanes(i1_)));
  }
  if (negate) yes = b_.CreateNot(yes);
  return node_->full ? yes : b_.CreateAnd(yes, mask());
}

llvm::Value* Emitter::depth(std::span<const std::uint32_t> splits) {
  llvm::Value* depth = number64(0);
  for (const std::uint32_t split : splits)
    depth = b_.CreateAdd(depth, b_.CreateZExt(load(split_variables(split).open), i64_));
  return depth;
}

void Emitter::write_token() {
  if (const Register rd = block_->last().in.rd)
    write(rd, {{Rep::kUniform, true, Nan::kCanonical, 0}, depth(block_->open)});
}

void Emitter::emit_split() {
  const Item& item = block_->last();
  const Value condition = read_first(item);
  write_token();
  count(block_->items.size());
  if (block_->only_side != kNone) return emit_only_side(condition);
  blend_written();
  const std::uint32_t next = block_->next[0];
  if (condition.kind.rep == Rep::kUniform && !(node_->full && block_->masked_only))
    return go_to(next, node_->full);
  llvm::Value* yes = predicate(condition, item.in.negate);
  llvm::Value* no = b_.CreateAnd(b_.CreateNot(yes), mask());
  llvm::Value* agreed = b_.CreateOr(b_.CreateICmpEQ(yes, no_lanes()), b_.CreateICmpEQ(no, no_lanes()));
  llvm::BasicBlock *together = new_block("together"), *apart = new_block("apart");
  b_.CreateCondBr(agreed, together, apart);
  b_.SetInsertPoint(apart);
  SplitVariables& variables = split_variables(node_->block);
  const auto size = [&](llvm::Value* m) {
    return b_.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, b_.CreateZExt(m, i64_));
  };
  llvm::Value* yes_first = b_.CreateICmpUGE(size(yes), size(no));
  b_.CreateStore(mask(), variables.before);
  b_.CreateStore(b_.CreateSelect(yes_first, no, yes), variables.second);
  b_.CreateStore(b_.getTrue(), variables.open);
  b_.CreateStore(b_.getFalse(), variables.in_second);
  b_.CreateStore(b_.CreateSelect(yes_first, yes, no), mask_variable_);
  const auto holds = [&](llvm::Value* is_yes) {
    return b_.CreateSelect(is_yes, number64(!item.in.negate), number64(item.in.negate));
  };
  b_.CreateStore(holds(b_.CreateNot(yes_first)), variables.second_holds);
  go_to(next, false, holds(yes_first));
  b_.SetInsertPoint(together);
  if (block_->masked_only && node_->full) b_.CreateStore(all_lanes(), mask_variable_);
  go_to(next, node_->full && !block_->masked_only, holds(b_.CreateICmpNE(yes, no_lanes())));
}

// Of a split whose other side goes straight to the join, the branch and the join are only counted for that
// one; nobody can see that lanes may come to it first. Where all lanes go there, the warp does, too.
void Emitter::emit_only_side(const Value& condition) {
  const bool holds = block_->only_side_holds, may_be_full = node_->full && !block_->masked_only;
  const std::uint32_t behind = code_.blocks[block_->join].next[0];
  llvm::Value* inside = predicate(condition, !holds);
  blend_written();
  llvm::BasicBlock *some = new_block("some"), *none = new_block("none");
  b_.CreateCondBr(b_.CreateICmpEQ(inside, no_lanes()), none, some);
  b_.SetInsertPoint(none);
  count(number64(kBranchAndJoin), active_lanes());
  go_to(behind, node_->full, number64(!holds));
  b_.SetInsertPoint(some);
  if (may_be_full) {
    llvm::BasicBlock *all = new_block("all"), *part = nullptr;
    if (condition.kind.rep == Rep::kUniform)
      b_.CreateBr(all);
    else
      b_.CreateCondBr(b_.CreateICmpEQ(inside, all_lanes()), all, part = new_block("part"));
    b_.SetInsertPoint(all);
    count(number64(1), active_lanes());
    go_to(block_->only_side, true, number64(holds));
    if (!part) return;
    b_.SetInsertPoint(part);
  }
  SplitVariables& variables = split_variables(node_->block);
  llvm::Value* others = b_.CreateAnd(b_.CreateNot(inside), mask());
  count(number64(1), b_.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, b_.CreateZExt(inside, i64_)));
  b_.CreateStore(mask(), variables.before);
  b_.CreateStore(others, variables.second);
  b_.CreateStore(b_.CreateICmpNE(others, no_lanes()), variables.open);
  b_.CreateStore(b_.getFalse(), variables.in_second);
  b_.CreateStore(number64(!holds), variables.second_holds);
  b_.CreateStore(inside, mask_variable_);
  go_to(block_->only_side, false, number64(holds));
}

void Emitter::emit_join() {
  if (!has_token(*block_)) {  // any other number is another join to the interpreter, or a fault
    const std::span open(block_->open);
    require(b_.CreateICmpEQ(agreed_number(read_first(block_->last())), depth(open.first(open.size() - 1))));
  }
  count(block_->items.size());
  blend_written();
  const std::uint32_t next = block_->next[0];
  if (node_->full) return go_to(next, true);
  SplitVariables& variables = split_variables(block_->split);
  // Goes on behind the join under a mask.
  const auto go_on = [&](llvm::Value* lanes) {
    if (request_.shape.partial) return go_to(next, false);
    llvm::BasicBlock *full = new_block("refilled"), *some = new_block("some");
    b_.CreateCondBr(b_.CreateICmpEQ(lanes, all_lanes()), full, some);
    b_.SetInsertPoint(full);
    go_to(next, true);
    b_.SetInsertPoint(some);
    go_to(next, false);
  };
  if (code_.blocks[block_->split].only_side != kNone) {  // the other side has its branch and join
    llvm::Value* others = b_.CreateZExt(load(variables.second), i64_);
    count(b_.CreateSelect(load(variables.open), number64(kBranchAndJoin), number64(0)),
          b_.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, others));
    llvm::Value* before = load(variables.before);
    b_.CreateStore(b_.getFalse(), variables.open);
    b_.CreateStore(before, mask_variable_);
    return go_on(before);
  }
  llvm::BasicBlock *open = new_block("open"), *closed = new_block("closed"), *second = new_block("second"),
                   *pop = new_block("pop");
  b_.CreateCondBr(load(variables.open), open, closed);
  b_.SetInsertPoint(closed);
  if (code_.blocks[block_->split].masked_only)
    go_on(mask());
  else
    go_to(next, false);
  b_.SetInsertPoint(open);
  b_.CreateCondBr(load(variables.in_second), pop, second);
  b_.SetInsertPoint(second);
  b_.CreateStore(b_.getTrue(), variables.in_second);
  b_.CreateStore(load(variables.second), mask_variable_);
  go_to(code_.blocks[block_->split].next[0], false, load(variables.second_holds));
  b_.SetInsertPoint(pop);
  llvm::Value* before = load(variables.before);
  b_.CreateStore(b_.getFalse(), variables.open);
  b_.CreateStore(before, mask_variable_);
  go_on(before);
}

void Emitter::emit_predicate() {
  const Item& item = block_->last();
  const Value condition = read_first(item), restore_value = read_second(item);
  const std::uint32_t next = block_->next[0];
  llvm::Value* stay = predicate(condition, item.in.negate);
  llvm::Value* restore = b_.CreateTrunc(agreed_number(restore_value), mask_type_);
  llvm::Value* after = b_.CreateSelect(b_.CreateICmpEQ(stay, no_lanes()), restore, stay);
  require(b_.CreateICmpNE(after, no_lanes()));
  blend_written();
  if (node_->full && condition.kind.rep == Rep::kUniform) {
    require(b_.CreateICmpEQ(after, all_lanes()));
    count(block_->items.size());
    return go_to(next, true);
  }
  count(block_->items.size());
  b_.CreateStore(after, mask_variable_);
  llvm::Value* holds =
      b_.CreateSelect(b_.CreateICmpEQ(stay, no_lanes()), number64(item.in.negate), number64(!item.in.negate));
  if (request_.shape.partial) return go_to(next, false, holds);
  llvm::BasicBlock *full = new_block("all_stay"), *some = new_block("some_leave");
  b_.CreateCondBr(b_.CreateICmpEQ(after, all_lanes()), full, some);
  b_.SetInsertPoint(full);
  go_to(next, true, holds);
  b_.SetInsertPoint(some);
  go_to(next, false, holds);
}

}  // namespace kiesel::translator
