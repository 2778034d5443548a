#include "device/translator/emit/transfer.hpp"

#include <algorithm>

#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/fields.hpp"
#include "device/translator/emit/lane_loop.hpp"
#include "device/translator/emit/masks.hpp"
#include "device/translator/emit/registers.hpp"
#include "device/translator/emit/sites.hpp"
#include "device/translator/emit/targets.hpp"
#include "device/translator/emit/values.hpp"

namespace kiesel::translator {

using isa::Op;

namespace {

// fn(pointer, values, mask): stores active lanes of a row, for hosts whose masked stores are slow and are not
// forwarded to loads. Of each few lanes mostly all or none are active. Keeps all registers.
llvm::Function* row_store(Kernel& kernel, llvm::Type* row) {
  Builder& ir = kernel.ir;
  constexpr unsigned kAtOnce = 8;
  llvm::Type* element = row->getScalarType();
  const unsigned count = std::min(ir.row, kAtOnce);
  const std::string name = "store_row" + std::to_string(element->getScalarSizeInBits()) +
                           (element->isFloatingPointTy() ? "f" : "i");
  if (llvm::Function* made = kernel.module.getFunction(name)) return made;
  auto* type = llvm::FunctionType::get(ir.getVoidTy(), {ir.pointer, row, ir.i64}, false);
  auto* made = llvm::Function::Create(type, llvm::Function::InternalLinkage, name, kernel.module);
  set_helper_attributes(*made);
  const auto block = [&] { return llvm::BasicBlock::Create(ir.getContext(), "", made); };
  llvm::IRBuilder<> b(block());
  for (unsigned first = 0; first < ir.row; first += count) {
    llvm::BasicBlock *any = block(), *all = block(), *some = block(), *next = block();
    llvm::Value* on = b.CreateTrunc(b.CreateLShr(made->getArg(2), first), b.getIntNTy(count));
    llvm::SmallVector<int, kAtOnce> order;
    for (unsigned l = 0; l < count; ++l) order.push_back(static_cast<int>(first + l));
    b.CreateCondBr(b.CreateIsNull(on), next, any);
    b.SetInsertPoint(any);
    llvm::Value* part = b.CreateShuffleVector(made->getArg(1), order);
    llvm::Value* place = b.CreateConstGEP1_64(element, made->getArg(0), first);
    const llvm::Align alignment(element->getScalarSizeInBits() / 8);
    b.CreateCondBr(b.CreateICmpEQ(on, llvm::Constant::getAllOnesValue(on->getType())), all, some);
    b.SetInsertPoint(all);
    b.CreateAlignedStore(part, place, alignment);
    b.CreateBr(next);
    b.SetInsertPoint(some);
    b.CreateMaskedStore(part, place, alignment,
                        b.CreateBitCast(on, llvm::FixedVectorType::get(ir.i1, count)));
    b.CreateBr(next);
    b.SetInsertPoint(next);
  }
  b.CreateRetVoid();
  return made;
}

}  // namespace

llvm::Type* memory_type(Builder& ir, const Instruction& in) {
  switch (values_of(in.op)) {
    case isa::Values::f32:
      return ir.f32;
    case isa::Values::f64:
      return ir.f64;
    default:
      return ir.getIntNTy(access_bytes(in.op) * 8);
  }
}

// A loaded value, one or a vector, as the register holds it.
Value from_memory(Builder& ir, const Instruction& in, llvm::Value* v, const Kind& kind) {
  const bool is_vector = v->getType()->isVectorTy();
  const auto shape = [&](llvm::Type* element) { return is_vector ? vector_of(ir, element) : element; };
  if (is_float(kind.rep)) {
    if (in.op == Op::flh) {
      llvm::Value* word =
          ir.CreateOr(ir.CreateZExt(v, shape(ir.i32)), llvm::ConstantInt::get(shape(ir.i32), 0xFFFF0000));
      v = ir.CreateBitCast(word, shape(ir.f32));
    }
    if (!is_vector && !is_uniform(kind.rep)) v = splat(ir, v);
    return {kind, v};
  }
  const isa::Values values = values_of(in.op);
  const bool is_unsigned =
      values == isa::Values::u8 || values == isa::Values::u16 || values == isa::Values::u32;
  llvm::Type* type = shape(kind.rep == Rep::kNarrow ? ir.i32 : ir.i64);
  if (v->getType()->getScalarSizeInBits() > type->getScalarSizeInBits())
    v = ir.CreateTrunc(v, type);
  else
    v = is_unsigned ? ir.CreateZExt(v, type) : ir.CreateSExt(v, type);
  if (!is_vector && kind.rep != Rep::kUniform) v = splat(ir, v);
  return {kind, v};
}

// What a store writes: one value or one a lane.
llvm::Value* to_memory(Cursor& here, const Item& item, bool once) {
  Builder& ir = here.ir;
  const Instruction& in = item.in;
  llvm::Type* element = memory_type(ir, in);
  if (family_of(in.op) == isa::Family::kFloatStore) {
    Value value = read(here, in.rs2);
    if (in.op == Op::fsd) value = boxed(ir, value);
    llvm::Value* v = value.kind.nan == Nan::kLoose ? canonical(ir, value.v) : value.v;
    const bool one = is_uniform(value.kind.rep);
    if (in.op != Op::fsd) {
      llvm::Type* whole = is_double(value.kind.rep) ? ir.i64 : ir.i32;
      v = ir.CreateBitCast(v, one ? whole : vector_of(ir, whole));
      llvm::Type* part = in.op == Op::fsh ? ir.i16 : ir.i32;
      v = ir.CreateTrunc(v, one ? part : vector_of(ir, part));
      if (in.op == Op::fsw) v = ir.CreateBitCast(v, one ? ir.f32 : vector_of(ir, ir.f32));
    }
    return one && !once ? splat(ir, v) : v;
  }
  const Value value = read_second(here, item);
  if (value.kind.rep == Rep::kUniform) {
    llvm::Value* v = ir.CreateTrunc(value.v, element);
    return once ? v : splat(ir, v);
  }
  return element == ir.i64 ? wide(ir, value) : ir.CreateTrunc(narrow(ir, value), vector_of(ir, element));
}

namespace {

// Hosts take 100 ns and more for a masked load that ends in a page that is not there, though no active lane's
// part does.
constexpr std::int64_t kSmallestPage = 4096;

// The active lanes of a row.
llvm::Value* load_active(Cursor& here, const Target& target, llvm::Type* element) {
  Builder& ir = here.ir;
  const llvm::Align natural(element->getScalarSizeInBits() / 8);
  llvm::Type* type = vector_of(ir, element);
  llvm::Value *row = target.rows[0], *on = active(here);
  const auto load_row = [&]() -> llvm::Value* {
    const bool is_reversed = target.place.kind.stride < 0;
    llvm::Value* lanes_on = is_reversed ? ir.CreateVectorReverse(on) : on;
    llvm::Value* part =
        tagged(ir, ir.CreateMaskedLoad(type, ir.CreateIntToPtr(row, ir.pointer), natural, lanes_on));
    return is_reversed ? ir.CreateVectorReverse(part) : part;
  };
  if (natural.value() < 4) return load_row();
  const auto size = static_cast<std::int64_t>(natural.value()) * ir.lanes;
  llvm::BasicBlock *one = new_block(ir, "one_page"), *two = new_block(ir, "two_pages"),
                   *done = new_block(ir, "loaded");
  llvm::Value* in_page = ir.CreateAnd(row, number64(ir, kSmallestPage - 1));
  branch_likely(ir, ir.CreateICmpULE(in_page, number64(ir, kSmallestPage - size)), one, two);
  ir.SetInsertPoint(one);
  llvm::Value* loaded = load_row();
  ir.CreateBr(done);
  ir.SetInsertPoint(two);
  llvm::Value* gathered = tagged(ir, ir.CreateMaskedGather(type, pointers(ir, target.place), natural, on));
  ir.CreateBr(done);
  ir.SetInsertPoint(done);
  llvm::PHINode* phi = ir.CreatePHI(type, 2);
  phi->addIncoming(loaded, one);
  phi->addIncoming(gathered, two);
  return phi;
}

}  // namespace

llvm::Value* load_from(Cursor& here, const Target& target, const Instruction& in) {
  Builder& ir = here.ir;
  llvm::Type* element = memory_type(ir, in);
  const unsigned bytes = access_bytes(in.op);
  if (target.shape == Target::Shape::kOnce)
    return tagged(ir, ir.CreateAlignedLoad(element, target.pointer, llvm::Align(bytes)));
  if (target.shape == Target::Shape::kPartOfRow) {
    llvm::Value* row =
        tagged(ir, ir.CreateAlignedLoad(vector_of(ir, ir.i64), target.pointer, llvm::Align(8)));
    llvm::Type* part = vector_of(ir, ir.getIntNTy(bytes * 8));
    if (bytes < 8) row = ir.CreateTrunc(ir.CreateLShr(row, splat(ir, target.shift)), part);
    return ir.CreateBitCast(row, vector_of(ir, element));
  }
  if (target.shape == Target::Shape::kRows) {
    const bool same = target.place.kind.stride == 0, is_reversed = target.place.kind.stride < 0;
    std::vector<llvm::Value*> parts;
    for (llvm::Value* row : target.rows) {
      llvm::Value* pointer = ir.CreateIntToPtr(row, ir.pointer);
      llvm::Type* type = same ? element : llvm::FixedVectorType::get(element, ir.row);
      if (!same && loads_active_only(here) && bytes < 4 && !ir.host.has_masks)
        return load_part(here, target, in);
      if (!same && loads_active_only(here)) return load_active(here, target, element);
      llvm::Value* part = tagged(ir, ir.CreateAlignedLoad(type, pointer, llvm::Align(bytes)));
      parts.push_back(is_reversed ? ir.CreateVectorReverse(part) : part);
    }
    if (same) return ir.rows == 1 ? splat(ir, parts[0]) : spread_rows(ir, parts);
    return joined(ir, std::move(parts));
  }
  if (target.word) return load_part(here, target, in);
  if (target.one_by_one) {
    llvm::Value* all = llvm::PoisonValue::get(vector_of(ir, element));
    unsigned l = 0;
    for (llvm::Value* pointer : each_pointer(ir, target))
      all = ir.CreateInsertElement(
          all, tagged(ir, ir.CreateAlignedLoad(element, pointer, llvm::Align(bytes))), l++);
    return all;
  }
  if (ir.host.gathers && bytes >= 4) {
    return tagged(ir, ir.CreateMaskedGather(vector_of(ir, element), pointers(ir, target), llvm::Align(bytes),
                                            active(here)));
  }
  if (ir.host.gathers) return load_part(here, target, in);
  llvm::Type* plain = ir.getIntNTy(bytes * 8);
  const auto load = [&](llvm::IRBuilder<>& b, llvm::Value* pointer, llvm::Value*, llvm::Value*) {
    return b.CreateAlignedLoad(plain, pointer, llvm::Align(bytes));
  };
  llvm::Value* rows =
      lane_loop(here, "load" + std::to_string(bytes),
                ir.CreatePtrToInt(pointers(ir, target), vector_of(ir, ir.i64)), nullptr, load);
  return ir.CreateBitCast(ir.CreateTrunc(rows, vector_of(ir, plain)), vector_of(ir, element));
}

// To a row of private memory, whose other bytes nobody else writes; of the lanes that are on, or of all.
void store_part(Builder& ir, llvm::Value* row, llvm::Value* shift, llvm::Value* v, llvm::Value* lanes_on) {
  const unsigned bits = v->getType()->getScalarSizeInBits();
  llvm::Value* before = tagged(ir, ir.CreateAlignedLoad(vector_of(ir, ir.i64), row, llvm::Align(8)));
  v = ir.CreateZExt(ir.CreateBitCast(v, vector_of(ir, ir.getIntNTy(bits))), vector_of(ir, ir.i64));
  if (bits < 64) {
    llvm::Value* part = ir.CreateShl(ir.getInt64((std::uint64_t{1} << bits) - 1), shift);
    llvm::Value* others = ir.CreateAnd(before, splat(ir, ir.CreateNot(part)));
    v = ir.CreateOr(others, ir.CreateShl(v, splat(ir, shift)));
  }
  if (lanes_on) v = ir.CreateSelect(lanes_on, v, before);
  tagged(ir, ir.CreateAlignedStore(v, row, llvm::Align(8)));
}

void store_lanes(Cursor& here, const Target& target, llvm::Value* v) {
  Builder& ir = here.ir;
  const unsigned bytes = v->getType()->getScalarSizeInBits() / 8;
  llvm::Type* plain = ir.getIntNTy(bytes * 8);
  const auto store = [&](llvm::IRBuilder<>& b, llvm::Value* pointer, llvm::Value* value, llvm::Value*) {
    b.CreateAlignedStore(b.CreateTrunc(value, plain), pointer, llvm::Align(1));
    return nullptr;
  };
  llvm::Value* rows = ir.CreateZExt(ir.CreateBitCast(v, vector_of(ir, plain)), vector_of(ir, ir.i64));
  lane_loop(here, "store" + std::to_string(bytes),
            ir.CreatePtrToInt(pointers(ir, target), vector_of(ir, ir.i64)), rows, store);
}

void store_to(Cursor& here, const Target& target, const Item& item) {
  Builder& ir = here.ir;
  forget_words(here);
  const unsigned bytes = access_bytes(item.in.op);
  if (target.shape == Target::Shape::kOnce) {  // the highest active lane is the last to write
    llvm::Value* v = to_memory(here, item, true);
    if (v->getType()->isVectorTy()) {
      v = ir.CreateExtractElement(v, last_lane(here));
    }
    tagged(ir, ir.CreateAlignedStore(v, target.pointer, llvm::Align(bytes)));
    return;
  }
  llvm::Value* v = to_memory(here, item, false);
  if (target.shape == Target::Shape::kPartOfRow)
    return store_part(ir, target.pointer, target.shift, v, active(here));
  if (target.shape == Target::Shape::kRows) {
    for (unsigned r = 0; r < ir.rows; ++r) {
      llvm::Value* pointer = ir.CreateIntToPtr(target.rows[r], ir.pointer);
      const auto row_of = [&](llvm::Value* all) {
        return ir.rows == 1 ? all : part_of(ir, all, r * ir.row, ir.row);
      };
      const bool falls = target.place.kind.stride < 0;  // then it is the only row, or all its lanes are on
      llvm::Value *part = row_of(v), *lanes_on = active(here);
      if (falls) part = ir.CreateVectorReverse(part);
      if (lanes_on && ir.host.has_masks) {
        lanes_on = falls ? ir.CreateVectorReverse(lanes_on) : row_of(lanes_on);
        tagged(ir, ir.CreateMaskedStore(part, pointer, llvm::Align(bytes), lanes_on));
      } else if (lanes_on) {
        llvm::Value* on = mask(here);
        if (falls) on = ir.CreateUnaryIntrinsic(llvm::Intrinsic::bitreverse, on);
        on = ir.CreateLShr(ir.CreateZExt(on, ir.i64), number64(ir, r * ir.row));
        tagged(ir, ir.CreateCall(row_store(here.kernel, part->getType()), {pointer, part, on}));
      } else {
        tagged(ir, ir.CreateAlignedStore(part, pointer, llvm::Align(bytes)));
      }
    }
    return;
  }
  if (ir.host.scatters && bytes >= 4) {
    tagged(ir, ir.CreateMaskedScatter(v, pointers(ir, target), llvm::Align(bytes), active(here)));
    return;
  }
  if (here.node.full) {
    unsigned l = 0;
    for (llvm::Value* pointer : each_pointer(ir, target))
      tagged(ir, ir.CreateAlignedStore(ir.CreateExtractElement(v, l++), pointer, llvm::Align(bytes)));
    return;
  }
  store_lanes(here, target, v);
}

}  // namespace kiesel::translator
