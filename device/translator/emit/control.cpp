#include "device/translator/emit/control.hpp"

#include <span>

#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/emit.hpp"
#include "device/translator/emit/leave.hpp"
#include "device/translator/emit/masks.hpp"
#include "device/translator/emit/node.hpp"
#include "device/translator/emit/registers.hpp"
#include "device/translator/emit/values.hpp"
#include "device/translator/emit/warp_loop.hpp"

namespace kiesel::translator {

using isa::Op;

namespace {

// By the names of operations.def.
namespace predicates {
using llvm::CmpInst;
constexpr auto eq = CmpInst::ICMP_EQ, ne = CmpInst::ICMP_NE, lt = CmpInst::ICMP_SLT, ge = CmpInst::ICMP_SGE,
               ltu = CmpInst::ICMP_ULT, geu = CmpInst::ICMP_UGE;
}  // namespace predicates

constexpr std::int64_t kBranchAndJoin = 2;  // instructions of a side on which nothing is done

// How many of the splits are open.
llvm::Value* depth(Segment& segment, std::span<const std::uint32_t> splits) {
  Builder& ir = segment.ir;
  llvm::Value* depth = number64(ir, 0);
  for (const std::uint32_t split : splits)
    depth = ir.CreateAdd(depth, ir.CreateZExt(load(ir, split_variables(segment, split).open), ir.i64));
  return depth;
}

void emit_end(Cursor& here) {
  count(here, here.block.items.size());
  arrive(here.segment, kWarpEnded);
}

// Calls are followed, so the place that a return goes to is known; ra must agree.
void emit_return(Cursor& here) {
  Builder& ir = here.ir;
  const std::uint32_t next = here.block.next[0];
  const auto place = static_cast<std::int64_t>(here.known.code.begin) +
                     std::int64_t{here.known.code.blocks[next].items[0].index} * 4;
  const Constant& known = here.block.last().first;
  if (!(known == Constant{Constant::Base::kModule, place})) {
    llvm::Value* link = agreed_number(here, read_first(here, here.block.last()));
    require(here, ir.CreateICmpEQ(link, ir.CreateAdd(here.segment.module_base, number64(ir, place))));
  }
  count(here, here.block.items.size());
  go_to(here, next, here.node.full);
}

// Lanes that disagree are a fault, which is the interpreter's.
void emit_branch(Cursor& here) {
  Builder& ir = here.ir;
  const Item& item = here.block.last();
  const Value a = read_first(here, item), b = read_second(here, item);
  const auto predicate = comparison(item.in.op);
  llvm::Value* taken;
  if (a.kind.rep == Rep::kUniform && b.kind.rep == Rep::kUniform) {
    taken = ir.CreateICmp(predicate, a.v, b.v);
  } else {
    const bool both = is_narrow(a.kind) && is_narrow(b.kind);
    llvm::Value* each = both ? ir.CreateICmp(predicate, narrow(ir, a), narrow(ir, b))
                             : ir.CreateICmp(predicate, wide(ir, a), wide(ir, b));
    llvm::Value* yes = bits(ir, each);
    if (!here.node.full) yes = ir.CreateAnd(yes, mask(here));
    taken = ir.CreateICmpNE(yes, no_lanes(ir));
    if (!here.block.agreed) require(here, ir.CreateOr(ir.CreateNot(taken), ir.CreateICmpEQ(yes, mask(here))));
  }
  count(here, here.block.items.size());
  if (here.block.next[0] == here.block.next[1]) return go_to(here, here.block.next[0], here.node.full);
  blend_written(here);
  llvm::BasicBlock *yes = new_block(ir, "taken"), *no = new_block(ir, "not_taken");
  ir.CreateCondBr(taken, yes, no);
  ir.SetInsertPoint(yes);
  go_to(here, here.block.next[0], here.node.full);
  ir.SetInsertPoint(no);
  go_to(here, here.block.next[1], here.node.full);
}

// Of a split whose other side goes straight to the join, the branch and the join are only counted for that
// one; nobody can see that lanes may come to it first. Where all lanes go there, the warp does, too.
void emit_only_side(Cursor& here, const Value& condition) {
  Builder& ir = here.ir;
  const bool holds = here.block.only_side_holds, may_be_full = here.node.full && !here.block.masked_only;
  const std::uint32_t behind = here.known.code.blocks[here.block.join].next[0];
  llvm::Value* inside = predicate(here, condition, !holds);
  blend_written(here);
  llvm::BasicBlock *some = new_block(ir, "some"), *none = new_block(ir, "none");
  ir.CreateCondBr(ir.CreateICmpEQ(inside, no_lanes(ir)), none, some);
  ir.SetInsertPoint(none);
  count(here, number64(ir, kBranchAndJoin), active_lanes(here));
  go_to(here, behind, here.node.full, number64(ir, !holds));
  ir.SetInsertPoint(some);
  if (may_be_full) {
    llvm::BasicBlock *all = new_block(ir, "all"), *part = nullptr;
    if (condition.kind.rep == Rep::kUniform)
      ir.CreateBr(all);
    else
      ir.CreateCondBr(ir.CreateICmpEQ(inside, all_lanes(ir)), all, part = new_block(ir, "part"));
    ir.SetInsertPoint(all);
    count(here, number64(ir, 1), active_lanes(here));
    go_to(here, here.block.only_side, true, number64(ir, holds));
    if (!part) return;
    ir.SetInsertPoint(part);
  }
  SplitVariables& variables = split_variables(here.segment, here.node.block);
  llvm::Value* others = ir.CreateAnd(ir.CreateNot(inside), mask(here));
  count(here, number64(ir, 1),
        ir.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, ir.CreateZExt(inside, ir.i64)));
  ir.CreateStore(mask(here), variables.before);
  ir.CreateStore(others, variables.second);
  ir.CreateStore(ir.CreateICmpNE(others, no_lanes(ir)), variables.open);
  ir.CreateStore(ir.getFalse(), variables.in_second);
  ir.CreateStore(number64(ir, !holds), variables.second_holds);
  ir.CreateStore(inside, here.segment.mask_variable);
  go_to(here, here.block.only_side, false, number64(ir, holds));
}

void emit_split(Cursor& here) {
  Builder& ir = here.ir;
  const Item& item = here.block.last();
  const Value condition = read_first(here, item);
  write_token(here);
  count(here, here.block.items.size());
  if (here.block.only_side != kNone) return emit_only_side(here, condition);
  blend_written(here);
  const std::uint32_t next = here.block.next[0];
  if (condition.kind.rep == Rep::kUniform && !(here.node.full && here.block.masked_only))
    return go_to(here, next, here.node.full);
  llvm::Value* yes = predicate(here, condition, item.in.negate);
  llvm::Value* no = ir.CreateAnd(ir.CreateNot(yes), mask(here));
  llvm::Value* agreed = ir.CreateOr(ir.CreateICmpEQ(yes, no_lanes(ir)), ir.CreateICmpEQ(no, no_lanes(ir)));
  llvm::BasicBlock *together = new_block(ir, "together"), *apart = new_block(ir, "apart");
  ir.CreateCondBr(agreed, together, apart);
  ir.SetInsertPoint(apart);
  SplitVariables& variables = split_variables(here.segment, here.node.block);
  const auto size = [&](llvm::Value* m) {
    return ir.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, ir.CreateZExt(m, ir.i64));
  };
  llvm::Value* yes_first = ir.CreateICmpUGE(size(yes), size(no));
  ir.CreateStore(mask(here), variables.before);
  ir.CreateStore(ir.CreateSelect(yes_first, no, yes), variables.second);
  ir.CreateStore(ir.getTrue(), variables.open);
  ir.CreateStore(ir.getFalse(), variables.in_second);
  ir.CreateStore(ir.CreateSelect(yes_first, yes, no), here.segment.mask_variable);
  const auto holds = [&](llvm::Value* is_yes) {
    return ir.CreateSelect(is_yes, number64(ir, !item.in.negate), number64(ir, item.in.negate));
  };
  ir.CreateStore(holds(ir.CreateNot(yes_first)), variables.second_holds);
  go_to(here, next, false, holds(yes_first));
  ir.SetInsertPoint(together);
  if (here.block.masked_only && here.node.full) ir.CreateStore(all_lanes(ir), here.segment.mask_variable);
  go_to(here, next, here.node.full && !here.block.masked_only, holds(ir.CreateICmpNE(yes, no_lanes(ir))));
}

void emit_join(Cursor& here) {
  Builder& ir = here.ir;
  if (!has_token(here.block)) {  // any other number is another join to the interpreter, or a fault
    const std::span open(here.block.open);
    require(here, ir.CreateICmpEQ(agreed_number(here, read_first(here, here.block.last())),
                                  depth(here.segment, open.first(open.size() - 1))));
  }
  count(here, here.block.items.size());
  blend_written(here);
  const std::uint32_t next = here.block.next[0];
  if (here.node.full) return go_to(here, next, true);
  SplitVariables& variables = split_variables(here.segment, here.block.split);
  // Goes on behind the join under a mask.
  const auto go_on = [&](llvm::Value* lanes) {
    if (here.known.request.shape.partial) return go_to(here, next, false);
    llvm::BasicBlock *full = new_block(ir, "refilled"), *some = new_block(ir, "some");
    ir.CreateCondBr(ir.CreateICmpEQ(lanes, all_lanes(ir)), full, some);
    ir.SetInsertPoint(full);
    go_to(here, next, true);
    ir.SetInsertPoint(some);
    go_to(here, next, false);
  };
  if (here.known.code.blocks[here.block.split].only_side !=
      kNone) {  // the other side has its branch and join
    llvm::Value* others = ir.CreateZExt(load(ir, variables.second), ir.i64);
    count(here, ir.CreateSelect(load(ir, variables.open), number64(ir, kBranchAndJoin), number64(ir, 0)),
          ir.CreateUnaryIntrinsic(llvm::Intrinsic::ctpop, others));
    llvm::Value* before = load(ir, variables.before);
    ir.CreateStore(ir.getFalse(), variables.open);
    ir.CreateStore(before, here.segment.mask_variable);
    return go_on(before);
  }
  llvm::BasicBlock *open = new_block(ir, "open"), *closed = new_block(ir, "closed"),
                   *second = new_block(ir, "second"), *pop = new_block(ir, "pop");
  ir.CreateCondBr(load(ir, variables.open), open, closed);
  ir.SetInsertPoint(closed);
  if (here.known.code.blocks[here.block.split].masked_only)
    go_on(mask(here));
  else
    go_to(here, next, false);
  ir.SetInsertPoint(open);
  ir.CreateCondBr(load(ir, variables.in_second), pop, second);
  ir.SetInsertPoint(second);
  ir.CreateStore(ir.getTrue(), variables.in_second);
  ir.CreateStore(load(ir, variables.second), here.segment.mask_variable);
  go_to(here, here.known.code.blocks[here.block.split].next[0], false, load(ir, variables.second_holds));
  ir.SetInsertPoint(pop);
  llvm::Value* before = load(ir, variables.before);
  ir.CreateStore(ir.getFalse(), variables.open);
  ir.CreateStore(before, here.segment.mask_variable);
  go_on(before);
}

void emit_predicate(Cursor& here) {
  Builder& ir = here.ir;
  const Item& item = here.block.last();
  const Value condition = read_first(here, item), restore_value = read_second(here, item);
  const std::uint32_t next = here.block.next[0];
  llvm::Value* stay = predicate(here, condition, item.in.negate);
  llvm::Value* restore = ir.CreateTrunc(agreed_number(here, restore_value), ir.mask);
  llvm::Value* after = ir.CreateSelect(ir.CreateICmpEQ(stay, no_lanes(ir)), restore, stay);
  require(here, ir.CreateICmpNE(after, no_lanes(ir)));
  blend_written(here);
  if (here.node.full && condition.kind.rep == Rep::kUniform) {
    require(here, ir.CreateICmpEQ(after, all_lanes(ir)));
    count(here, here.block.items.size());
    return go_to(here, next, true);
  }
  count(here, here.block.items.size());
  ir.CreateStore(after, here.segment.mask_variable);
  llvm::Value* holds = ir.CreateSelect(ir.CreateICmpEQ(stay, no_lanes(ir)), number64(ir, item.in.negate),
                                       number64(ir, !item.in.negate));
  if (here.known.request.shape.partial) return go_to(here, next, false, holds);
  llvm::BasicBlock *full = new_block(ir, "all_stay"), *some = new_block(ir, "some_leave");
  ir.CreateCondBr(ir.CreateICmpEQ(after, all_lanes(ir)), full, some);
  ir.SetInsertPoint(full);
  go_to(here, next, true, holds);
  ir.SetInsertPoint(some);
  go_to(here, next, false, holds);
}

}  // namespace

SplitVariables& split_variables(Segment& segment, std::uint32_t block) {
  Builder& ir = segment.ir;
  auto [found, fresh] = segment.splits.try_emplace(block);
  if (fresh)
    found->second = {
        new_variable(ir, ir.i1, "open", ir.getFalse()), new_variable(ir, ir.i1, "in_second", ir.getFalse()),
        new_variable(ir, ir.mask, "before", no_lanes(ir)), new_variable(ir, ir.mask, "second", no_lanes(ir)),
        new_variable(ir, ir.i64, "second_holds", number64(ir, 0))};
  return found->second;
}

llvm::CmpInst::Predicate comparison(isa::Op op) {
  switch (op) {
#define FAMILY_Branch(id, operation, values) \
  case isa::Op::id:                          \
    return predicates::operation;
#include "device/isa/operations.def"
    default:
      llvm_unreachable("no branch");
  }
}

// What must be one number in all active lanes; where it is not, the interpreter has the fault.
llvm::Value* agreed_number(Cursor& here, const Value& value) {
  Builder& ir = here.ir;
  if (value.kind.rep == Rep::kUniform) return value.v;
  llvm::Value* each = wide(ir, value);
  llvm::Value* first = first_lane(here);
  llvm::Value* one = ir.CreateExtractElement(each, first);
  llvm::Value* same = bits(ir, ir.CreateICmpEQ(each, splat(ir, one)));
  if (!here.node.full) same = ir.CreateOr(same, ir.CreateNot(mask(here)));
  require(here, ir.CreateICmpEQ(same, all_lanes(ir)));
  return one;
}

void write_token(Cursor& here) {
  if (const Register rd = here.block.last().in.rd)
    write(here, rd, {{Rep::kUniform, true, Nan::kCanonical, 0}, depth(here.segment, here.block.open)});
}

void emit_ending(Cursor& here) {
  switch (here.block.ending) {
    case Ending::kFalls:
      count(here, here.block.items.size());
      return go_to(here, here.block.next[0], here.node.full);
    case Ending::kReturn:
      return emit_return(here);
    case Ending::kBranch:
      return emit_branch(here);
    case Ending::kSplit:
      return emit_split(here);
    case Ending::kJoin:
      return emit_join(here);
    case Ending::kPredicate:
      return emit_predicate(here);
    case Ending::kBarrier:
      return emit_barrier(here);
    case Ending::kEnd:
      return emit_end(here);
  }
}

}  // namespace kiesel::translator
