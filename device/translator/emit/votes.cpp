#include "device/translator/emit/votes.hpp"

#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/emit.hpp"
#include "device/translator/emit/lane_loop.hpp"
#include "device/translator/emit/masks.hpp"
#include "device/translator/emit/registers.hpp"
#include "device/translator/emit/values.hpp"

namespace kiesel::translator {

using isa::Op;

namespace {

// What a lane asks another one by: its number, the field b, and of its segment the first lane and the bits
// that are not its.
struct Asked {
  llvm::Value *lane, *by, *first, *others;
};

// By the names of operations.def.
namespace shuffles {
llvm::Value* up(Builder& ir, const Asked& of) { return ir.CreateSub(of.lane, of.by); }
llvm::Value* down(Builder& ir, const Asked& of) { return ir.CreateAdd(of.lane, of.by); }
llvm::Value* bfly(Builder& ir, const Asked& of) { return ir.CreateXor(of.lane, of.by); }
llvm::Value* idx(Builder& ir, const Asked& of) {
  return ir.CreateOr(of.first, ir.CreateAnd(of.by, of.others));
}
}  // namespace shuffles

llvm::Value* source_of(Builder& ir, Op op, const Asked& asked) {
  switch (op) {
#define FAMILY_Shuffle(id, operation, values) \
  case Op::id:                                \
    return shuffles::operation(ir, asked);
#include "device/isa/operations.def"
    default:
      llvm_unreachable("no shuffle");
  }
}

// Of the mask of lanes that say yes, and of those that are asked.
namespace votes {
llvm::Value* all(Builder& ir, llvm::Value* yes, llvm::Value* asked) { return ir.CreateICmpEQ(yes, asked); }
llvm::Value* any(Builder& ir, llvm::Value* yes, llvm::Value*) { return ir.CreateICmpNE(yes, no_lanes(ir)); }
llvm::Value* uni(Builder& ir, llvm::Value* yes, llvm::Value* asked) {
  return ir.CreateOr(all(ir, yes, asked), ir.CreateNot(any(ir, yes, asked)));
}
llvm::Value* ballot(Builder&, llvm::Value* yes, llvm::Value*) { return yes; }
}  // namespace votes

llvm::Value* outcome(Builder& ir, Op op, llvm::Value* yes, llvm::Value* asked) {
  switch (op) {
#define FAMILY_Vote(id, operation, values) \
  case Op::id:                             \
    return votes::operation(ir, yes, asked);
#include "device/isa/operations.def"
    default:
      llvm_unreachable("no vote");
  }
}

}  // namespace

// Each lane's value of another lane, through memory. The source lane counts even if it is not active.
Value shuffle(Cursor& here, const Item& item, const Kind& kind) {
  Builder& ir = here.ir;
  const Value value = read_first(here, item), how = read_second(here, item);
  llvm::Type* type = vector_of(ir, ir.i32);
  const auto n = [&](std::uint64_t v) { return llvm::ConstantInt::get(type, v); };
  llvm::Value* word = narrow(ir, how);
  const auto field = [&](unsigned shift) { return ir.CreateAnd(ir.CreateLShr(word, n(shift)), n(63)); };
  llvm::Value *b = field(0), *c = field(6), *segment = field(12);
  std::vector<llvm::Constant*> numbers;
  for (unsigned l = 0; l < ir.lanes; ++l) numbers.push_back(ir.getInt32(l));
  llvm::Value* lane = llvm::ConstantVector::get(numbers);
  llvm::Value* first = ir.CreateAnd(lane, segment);
  llvm::Value* others = ir.CreateNot(segment);
  llvm::Value* last = ir.CreateOr(first, ir.CreateAnd(c, others));
  llvm::Value* source = source_of(ir, item.in.op, {lane, b, first, others});
  llvm::Value* valid =
      item.in.op == Op::shfl_up ? ir.CreateICmpSGE(source, first) : ir.CreateICmpSLE(source, last);
  valid = ir.CreateAnd(valid, ir.CreateICmpULT(source, n(ir.lanes)));
  source = ir.CreateSelect(valid, source, lane);
  if (value.kind.rep == Rep::kUniform) return value;
  const bool narrow_lanes = kind.rep == Rep::kNarrow;
  llvm::Type* element = narrow_lanes ? ir.i32 : ir.i64;
  llvm::AllocaInst* row = scratch(here.segment, 0);
  ir.CreateStore(narrow_lanes ? narrow(ir, value) : wide(ir, value), row);
  llvm::Value* places = ir.CreateGEP(element, row, ir.CreateZExt(source, vector_of(ir, ir.i64)));
  if (ir.host.gathers)
    return {kind, ir.CreateMaskedGather(vector_of(ir, element), places, llvm::Align(narrow_lanes ? 4 : 8))};
  llvm::Value* all = llvm::PoisonValue::get(vector_of(ir, element));
  for (unsigned l = 0; l < ir.lanes; ++l)
    all = ir.CreateInsertElement(
        all, ir.CreateLoad(element, ir.CreateExtractElement(places, std::uint64_t{l})), std::uint64_t{l});
  return {kind, all};
}

Value vote(Cursor& here, const Item& item) {
  Builder& ir = here.ir;
  llvm::Value* yes = predicate(here, read_first(here, item), false);
  const bool is_truth = item.in.op != Op::vote_ballot;
  llvm::Value* v = ir.CreateZExt(outcome(ir, item.in.op, yes, mask(here)), ir.i64);
  return {{Rep::kUniform, is_truth, Nan::kCanonical, 0}, v};
}

}  // namespace kiesel::translator
