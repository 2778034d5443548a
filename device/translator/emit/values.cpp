#include "device/translator/emit/values.hpp"

#include "device/translator/emit/builder.hpp"

namespace kiesel::translator {

namespace {

llvm::Value* line(Builder& ir, const Value& value, llvm::Type* element) {
  std::vector<llvm::Value*> rows;
  for (llvm::Value* row : row_bases(ir, value)) rows.push_back(ir.CreateTrunc(row, element));
  llvm::Value* bases = ir.rows == 1 ? splat(ir, rows[0]) : spread_rows(ir, rows);
  std::vector<llvm::Constant*> offsets;
  for (unsigned l = 0; l < ir.lanes; ++l)
    offsets.push_back(
        llvm::ConstantInt::get(element, static_cast<std::uint64_t>(value.kind.stride * (l % ir.row)), true));
  return ir.CreateAdd(bases, llvm::ConstantVector::get(offsets));
}

}  // namespace

Value constant(Builder& ir, std::int64_t number) {
  return {{Rep::kUniform, number == static_cast<std::int32_t>(number), Nan::kCanonical, 0},
          number64(ir, number)};
}

std::vector<llvm::Value*> row_bases(Builder& ir, const Value& value) {
  std::vector<llvm::Value*> rows{value.v};
  for (unsigned r = 1; r < ir.rows; ++r) rows.push_back(ir.CreateAdd(rows.back(), value.step));
  return rows;
}

llvm::Value* narrow(Builder& ir, const Value& value) {
  switch (value.kind.rep) {
    case Rep::kUniform:
      return splat(ir, ir.CreateTrunc(value.v, ir.i32));
    case Rep::kLine:
      return line(ir, value, ir.i32);
    case Rep::kOffset:
      return ir.CreateAdd(
          splat(ir, ir.CreateTrunc(value.step, ir.i32)),
          ir.CreateMul(value.v, splat(ir, ir.CreateTrunc(number64(ir, value.kind.stride), ir.i32))));
    case Rep::kWide:
      return ir.CreateTrunc(value.v, vector_of(ir, ir.i32));
    default:
      return value.v;
  }
}

llvm::Value* wide(Builder& ir, const Value& value) {
  switch (value.kind.rep) {
    case Rep::kUniform:
      return splat(ir, value.v);
    case Rep::kLine:
      return line(ir, value, ir.i64);
    case Rep::kOffset:
      return ir.CreateAdd(splat(ir, value.step), ir.CreateMul(ir.CreateSExt(value.v, vector_of(ir, ir.i64)),
                                                              splat(ir, number64(ir, value.kind.stride))));
    case Rep::kNarrow:
      return ir.CreateSExt(value.v, vector_of(ir, ir.i64));
    default:
      return value.v;
  }
}

// Arithmetic on the host gives any NaN where the device gives the canonical one.
llvm::Value* canonical(Builder& ir, llvm::Value* v) {
  llvm::Type* type = v->getType();
  const bool is_double = type->getScalarType()->isDoubleTy();
  llvm::APInt nan(is_double ? 64 : 32, is_double ? 0x7FF8000000000000 : 0x7FC00000);
  llvm::Constant* one = llvm::ConstantFP::get(
      ir.getContext(),
      llvm::APFloat(is_double ? llvm::APFloat::IEEEdouble() : llvm::APFloat::IEEEsingle(), nan));
  if (type->isVectorTy()) one = llvm::ConstantVector::getSplat(llvm::ElementCount::getFixed(ir.lanes), one);
  return ir.CreateSelect(ir.CreateFCmpUNO(v, v), one, v);
}

// A register's value as a single: what is not boxed is a NaN.
Value single(Builder& ir, const Value& value) {
  if (is_single(value.kind.rep)) return value;
  const bool once = value.kind.rep == Rep::kDouble;
  llvm::Value* v = value.kind.nan == Nan::kLoose ? canonical(ir, value.v) : value.v;
  llvm::Value* all = ir.CreateBitCast(v, once ? ir.i64 : vector_of(ir, ir.i64));
  llvm::Value* boxed =
      ir.CreateICmpUGE(all, once ? number64(ir, -0x100000000) : splat(ir, number64(ir, -0x100000000)));
  llvm::Value* low = ir.CreateTrunc(all, once ? ir.i32 : vector_of(ir, ir.i32));
  llvm::Value* nan = llvm::ConstantInt::get(low->getType(), 0x7FC00000);
  return {{once ? Rep::kFloat : Rep::kFloats, false, Nan::kExact, 0},
          ir.CreateBitCast(ir.CreateSelect(boxed, low, nan), once ? ir.f32 : vector_of(ir, ir.f32))};
}

Value boxed(Builder& ir, const Value& value) {
  if (is_double(value.kind.rep)) return value;
  const bool once = value.kind.rep == Rep::kFloat;
  llvm::Value* v = value.kind.nan == Nan::kLoose ? canonical(ir, value.v) : value.v;
  llvm::Value* low = ir.CreateZExt(ir.CreateBitCast(v, once ? ir.i32 : vector_of(ir, ir.i32)),
                                   once ? ir.i64 : vector_of(ir, ir.i64));
  llvm::Value* all = ir.CreateOr(low, llvm::ConstantInt::get(low->getType(), 0xFFFFFFFF00000000));
  return {{once ? Rep::kDouble : Rep::kDoubles, false, Nan::kExact, 0},
          ir.CreateBitCast(all, once ? ir.f64 : vector_of(ir, ir.f64))};
}

Value convert(Builder& ir, Value value, const Kind& to) {
  if (value.kind == to || to.rep == Rep::kNone) return value;
  if (!is_float(to.rep)) {
    if (to.rep == Rep::kNarrow) return {to, narrow(ir, value)};
    if (to.rep == Rep::kWide) return {to, wide(ir, value)};
    if (to.rep == Rep::kOffset && value.kind.rep == Rep::kUniform)
      return {to, llvm::Constant::getNullValue(vector_of(ir, ir.i32)), value.v};
    value.kind = to;                                                    // what is known of it differs
    if (has_step(ir, to) && !value.step) value.step = number64(ir, 0);  // nobody wrote it
    return value;
  }
  if (is_double(to.rep)) value = boxed(ir, value);
  if (value.kind.nan == Nan::kLoose && to.nan != Nan::kLoose) value.v = canonical(ir, value.v);
  if (is_uniform(value.kind.rep) && !is_uniform(to.rep)) value.v = splat(ir, value.v);
  value.kind = to;
  return value;
}

Value merged_value(Builder& ir, const Value& a, llvm::BasicBlock* from_a, const Value& b,
                   llvm::BasicBlock* from_b) {
  const auto merge = [&](llvm::Value* of_a, llvm::Value* of_b) -> llvm::Value* {
    if (of_a == of_b) return of_a;
    llvm::PHINode* phi = ir.CreatePHI(of_a->getType(), 2);
    phi->addIncoming(of_a, from_a);
    phi->addIncoming(of_b, from_b);
    return phi;
  };
  return {a.kind, merge(a.v, b.v), a.step ? merge(a.step, b.step) : nullptr};
}

// `place` plus an offset.
Value displaced(Builder& ir, Value place, std::int64_t offset) {
  if (place.kind.rep == Rep::kNarrow) place = {{Rep::kWide, false, Nan::kCanonical, 0}, wide(ir, place)};
  if (place.kind.rep == Rep::kOffset) {
    place.step = ir.CreateAdd(place.step, number64(ir, offset));
    return place;
  }
  llvm::Value* by = number64(ir, offset);
  place.v = ir.CreateAdd(place.v, place.kind.rep == Rep::kWide ? splat(ir, by) : by);
  return place;
}

llvm::Value* pointers(Builder& ir, const Value& place) {
  if (!is_offset(place.kind)) return ir.CreateIntToPtr(wide(ir, place), vector_of(ir, ir.pointer));
  llvm::Type* step = ir.getIntNTy(static_cast<unsigned>(place.kind.stride * 8));
  return ir.CreateGEP(step, ir.CreateIntToPtr(place.step, ir.pointer), place.v);
}

}  // namespace kiesel::translator
