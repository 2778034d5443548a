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
  llvm::Value* source = nullptr;
  switch (item.in.op) {
    case Op::shfl_up:
      source = ir.CreateSub(lane, b);
      break;
    case Op::shfl_down:
      source = ir.CreateAdd(lane, b);
      break;
    case Op::shfl_bfly:
      source = ir.CreateXor(lane, b);
      break;
    case Op::shfl_idx:
      source = ir.CreateOr(first, ir.CreateAnd(b, others));
      break;
    default:
      source = unknown(here.kernel, item.in.op, type);
      break;
  }
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

}  // namespace

Value vote(Cursor& here, const Item& item, const Kind& kind) {
  Builder& ir = here.ir;
  if (item.in.op >= Op::shfl_up) return shuffle(here, item, kind);
  llvm::Value* yes = predicate(here, read_first(here, item), false);
  llvm::Value* all = ir.CreateICmpEQ(yes, mask(here));
  llvm::Value* any = ir.CreateICmpNE(yes, no_lanes(ir));
  llvm::Value* result = nullptr;
  switch (item.in.op) {
    case Op::vote_all:
      result = all;
      break;
    case Op::vote_any:
      result = any;
      break;
    case Op::vote_uni:
      result = ir.CreateOr(all, ir.CreateNot(any));
      break;
    case Op::vote_ballot:
      return {{Rep::kUniform, false, Nan::kCanonical, 0}, ir.CreateZExt(yes, ir.i64)};
    default:
      result = unknown(here.kernel, item.in.op, ir.i1);
      break;
  }
  return {{Rep::kUniform, true, Nan::kCanonical, 0}, ir.CreateZExt(result, ir.i64)};
}

}  // namespace kiesel::translator
