// Registers of a function, and how values of one kind become those of another.
#include <llvm/IR/Intrinsics.h>

#include "device/translator/emit/emitter.hpp"

namespace kiesel::translator {

using llvm::Intrinsic::ID;

llvm::Type* Emitter::lanes(llvm::Type* element) const { return llvm::FixedVectorType::get(element, lanes_); }

llvm::Value* Emitter::bits(llvm::Value* condition) { return b_.CreateBitCast(condition, mask_type_); }
// Hosts without mask registers test a bit in each lane.
llvm::Value* Emitter::flags(llvm::Value* mask) {
  if (host_.has_masks) return b_.CreateBitCast(mask, lanes(i1_));
  llvm::Type* type = lanes_ > 32 ? i64_ : i32_;
  std::vector<llvm::Constant*> each;
  for (unsigned l = 0; l < lanes_; ++l) each.push_back(llvm::ConstantInt::get(type, std::uint64_t{1} << l));
  llvm::Value* bit = b_.CreateAnd(splat(b_.CreateZExt(mask, type)), llvm::ConstantVector::get(each));
  return b_.CreateICmpNE(bit, llvm::Constant::getNullValue(bit->getType()));
}

llvm::Value* Emitter::mask() {
  if (turn_)
    return b_.CreateShl(llvm::ConstantInt::get(mask_type_, 1), b_.CreateTrunc(turn_->lane, mask_type_));
  if (node_->full) return all_lanes();
  if (!mask_) mask_ = load(mask_variable_);
  return mask_;
}
llvm::Value* Emitter::mask64() { return b_.CreateZExt(mask(), i64_); }
llvm::Value* Emitter::first_lane() {
  if (turn_) return turn_->lane;
  return b_.CreateBinaryIntrinsic(llvm::Intrinsic::cttz, mask64(), b_.getTrue());
}
llvm::Value* Emitter::last_lane() {
  llvm::Value* zeros = b_.CreateBinaryIntrinsic(llvm::Intrinsic::ctlz, mask64(), b_.getTrue());
  return b_.CreateSub(number64(63), zeros);
}

llvm::Value* Emitter::active() {
  if (node_->full) return nullptr;
  if (!active_) active_ = flags(mask());
  return active_;
}

Value Emitter::constant(std::int64_t number) {
  return {{Rep::kUniform, number == static_cast<std::int32_t>(number), Nan::kCanonical, 0}, number64(number)};
}

Value Emitter::known(const Constant& c) {
  const auto from = [&](llvm::Value* base) {
    return Value{{Rep::kUniform, false, Nan::kCanonical, 0}, b_.CreateAdd(base, number64(c.value))};
  };
  switch (c.base) {
    case Constant::Base::kModule:
      return from(module_base_);
    case Constant::Base::kWindowEnd:
      return from(window_end_);
    case Constant::Base::kLaunchBlock:
      return from(launch_block_);
    default:
      return constant(c.value);
  }
}

Value Emitter::literal(const Literal& of) {
  if (!of.bytes) return known(of.number);
  llvm::Type* type = of.bytes == 8 ? double_ : float_;
  return {literal_kind(of), b_.CreateBitCast(b_.getIntN(of.bytes * 8, of.bits), type)};
}

llvm::AllocaInst* Emitter::variable(Register r, Rep rep, bool step) {
  auto& made = variables_[{r, static_cast<int>(rep) * 2 + step}];
  if (made) return made;
  llvm::Type* type = i64_;
  switch (rep) {
    case Rep::kOffset:
      type = step ? i64_ : lanes(i32_);
      break;
    case Rep::kNarrow:
      type = lanes(i32_);
      break;
    case Rep::kWide:
      type = lanes(i64_);
      break;
    case Rep::kFloat:
      type = float_;
      break;
    case Rep::kFloats:
      type = lanes(float_);
      break;
    case Rep::kDouble:
      type = double_;
      break;
    case Rep::kDoubles:
      type = lanes(double_);
      break;
    default:
      break;
  }
  return made = new_variable(type, "r", llvm::Constant::getNullValue(type));
}

llvm::AllocaInst* Emitter::new_variable(llvm::Type* type, const char* name, llvm::Value* first) {
  llvm::IRBuilder<> at(entry_, entry_->begin());
  auto* made = at.CreateAlloca(type, nullptr, name);
  if (first) {
    at.SetInsertPoint(entry_, std::next(made->getIterator()));
    at.CreateStore(first, made);
  }
  return made;
}

Value Emitter::load_variable(Register r, const Kind& kind) {
  if (kind.rep == Rep::kNone) {
    if (code_.is_float(r))
      return {{Rep::kFloat, false, Nan::kCanonical, 0}, llvm::ConstantFP::get(float_, 0.0)};
    return constant(0);
  }
  Value value{kind, load(variable(r, kind.rep, false))};
  if (has_step(kind)) value.step = load(variable(r, kind.rep, true));
  return value;
}

void Emitter::store_variable(Register r, const Value& value) {
  b_.CreateStore(value.v, variable(r, value.kind.rep, false));
  if (has_step(value.kind)) b_.CreateStore(value.step, variable(r, value.kind.rep, true));
}

Value Emitter::read(Register r, const Constant& c) {
  if (r == 0) return constant(0);
  if (!c.is(Constant::Base::kUnknown) && !code_.is_float(r)) return known(c);
  if (const auto& fixed = code_.literals[r]) return literal(*fixed);
  if (const auto found = values_.find(r); found != values_.end()) return found->second;
  return values_[r] = load_variable(r, node_->start[r]);
}

void Emitter::write(Register r, Value value) {
  values_[r] = value;
  if (!is_written(r)) written_.push_back(r);
}

bool Emitter::is_written(Register r) const {
  return std::find(written_.begin(), written_.end(), r) != written_.end();
}

// The variable of a kind holds what the register is at the node's end.
bool Emitter::is_in_variable(Register r, const Kind& kind) const {
  return !is_written(r) && kind == node_->start[r];
}

Value Emitter::at_end(Register r) {
  if (blended_ || !is_written(r) || !kinds_.keeps(*node_, r)) return read(r);
  return blended(values_[r], load_variable(r, node_->start[r]));
}

// Once, before the ways part. What none of them needs is removed later.
void Emitter::blend_written() {
  for (const Register r : written_) values_[r] = at_end(r);
  blended_ = true;
}

// Of active lanes, and of the others.
Value Emitter::blended(const Value& fresh, const Value& old) {
  const Kind kind = merged(varying(fresh.kind, true), varying(old.kind, true), true);
  return {kind, b_.CreateSelect(active(), convert(fresh, kind).v, convert(old, kind).v)};
}

llvm::Value* Emitter::spread_rows(const std::vector<llvm::Value*>& rows) {
  llvm::Value* all = llvm::PoisonValue::get(llvm::FixedVectorType::get(rows[0]->getType(), rows_));
  for (unsigned r = 0; r < rows_; ++r) all = b_.CreateInsertElement(all, rows[r], std::uint64_t{r});
  llvm::SmallVector<int, 64> from;
  for (unsigned l = 0; l < lanes_; ++l) from.push_back(static_cast<int>(l / row_));
  return b_.CreateShuffleVector(all, from);
}

llvm::Value* Emitter::part_of(llvm::Value* v, unsigned first, unsigned count) {
  llvm::SmallVector<int, 64> order;
  for (unsigned i = first; i < first + count; ++i) order.push_back(static_cast<int>(i));
  return b_.CreateShuffleVector(v, order);
}

// Vectors of one length, a power of two of them.
llvm::Value* Emitter::joined(std::vector<llvm::Value*> parts) {
  while (parts.size() > 1) {
    std::vector<llvm::Value*> pairs;
    for (std::size_t i = 0; i < parts.size(); i += 2) {
      const auto n = llvm::cast<llvm::FixedVectorType>(parts[i]->getType())->getNumElements();
      llvm::SmallVector<int, 64> order;
      for (unsigned l = 0; l < 2 * n; ++l) order.push_back(static_cast<int>(l));
      pairs.push_back(b_.CreateShuffleVector(parts[i], parts[i + 1], order));
    }
    parts = std::move(pairs);
  }
  return parts[0];
}

std::vector<llvm::Value*> Emitter::row_bases(const Value& value) {
  std::vector<llvm::Value*> rows{value.v};
  for (unsigned r = 1; r < rows_; ++r) rows.push_back(b_.CreateAdd(rows.back(), value.step));
  return rows;
}

llvm::Value* Emitter::line(const Value& value, llvm::Type* element) {
  std::vector<llvm::Value*> rows;
  for (llvm::Value* row : row_bases(value)) rows.push_back(b_.CreateTrunc(row, element));
  llvm::Value* bases = rows_ == 1 ? splat(rows[0]) : spread_rows(rows);
  std::vector<llvm::Constant*> offsets;
  for (unsigned l = 0; l < lanes_; ++l)
    offsets.push_back(
        llvm::ConstantInt::get(element, static_cast<std::uint64_t>(value.kind.stride * (l % row_)), true));
  return b_.CreateAdd(bases, llvm::ConstantVector::get(offsets));
}

llvm::Value* Emitter::narrow(const Value& value) {
  switch (value.kind.rep) {
    case Rep::kUniform:
      return splat(b_.CreateTrunc(value.v, i32_));
    case Rep::kLine:
      return line(value, i32_);
    case Rep::kOffset:
      return b_.CreateAdd(splat(b_.CreateTrunc(value.step, i32_)),
                          b_.CreateMul(value.v, splat(b_.CreateTrunc(number64(value.kind.stride), i32_))));
    case Rep::kWide:
      return b_.CreateTrunc(value.v, lanes(i32_));
    default:
      return value.v;
  }
}

llvm::Value* Emitter::wide(const Value& value) {
  switch (value.kind.rep) {
    case Rep::kUniform:
      return splat(value.v);
    case Rep::kLine:
      return line(value, i64_);
    case Rep::kOffset:
      return b_.CreateAdd(splat(value.step), b_.CreateMul(b_.CreateSExt(value.v, lanes(i64_)),
                                                          splat(number64(value.kind.stride))));
    case Rep::kNarrow:
      return b_.CreateSExt(value.v, lanes(i64_));
    default:
      return value.v;
  }
}

// Arithmetic on the host gives any NaN where the device gives the canonical one.
llvm::Value* Emitter::canonical(llvm::Value* v) {
  llvm::Type* type = v->getType();
  const bool is_double = type->getScalarType()->isDoubleTy();
  llvm::APInt nan(is_double ? 64 : 32, is_double ? 0x7FF8000000000000 : 0x7FC00000);
  llvm::Constant* one = llvm::ConstantFP::get(
      context_, llvm::APFloat(is_double ? llvm::APFloat::IEEEdouble() : llvm::APFloat::IEEEsingle(), nan));
  if (type->isVectorTy()) one = llvm::ConstantVector::getSplat(llvm::ElementCount::getFixed(lanes_), one);
  return b_.CreateSelect(b_.CreateFCmpUNO(v, v), one, v);
}

// A register's value as a single: what is not boxed is a NaN.
Value Emitter::single(const Value& value) {
  if (is_single(value.kind.rep)) return value;
  const bool once = value.kind.rep == Rep::kDouble;
  llvm::Value* v = value.kind.nan == Nan::kLoose ? canonical(value.v) : value.v;
  llvm::Value* all = b_.CreateBitCast(v, once ? i64_ : lanes(i64_));
  llvm::Value* boxed = b_.CreateICmpUGE(all, once ? number64(-0x100000000) : splat(number64(-0x100000000)));
  llvm::Value* low = b_.CreateTrunc(all, once ? i32_ : lanes(i32_));
  llvm::Value* nan = llvm::ConstantInt::get(low->getType(), 0x7FC00000);
  return {{once ? Rep::kFloat : Rep::kFloats, false, Nan::kExact, 0},
          b_.CreateBitCast(b_.CreateSelect(boxed, low, nan), once ? float_ : lanes(float_))};
}

Value Emitter::boxed(const Value& value) {
  if (is_double(value.kind.rep)) return value;
  const bool once = value.kind.rep == Rep::kFloat;
  llvm::Value* v = value.kind.nan == Nan::kLoose ? canonical(value.v) : value.v;
  llvm::Value* low = b_.CreateZExt(b_.CreateBitCast(v, once ? i32_ : lanes(i32_)), once ? i64_ : lanes(i64_));
  llvm::Value* all = b_.CreateOr(low, llvm::ConstantInt::get(low->getType(), 0xFFFFFFFF00000000));
  return {{once ? Rep::kDouble : Rep::kDoubles, false, Nan::kExact, 0},
          b_.CreateBitCast(all, once ? double_ : lanes(double_))};
}

Value Emitter::convert(Value value, const Kind& to) {
  if (value.kind == to || to.rep == Rep::kNone) return value;
  if (!is_float(to.rep)) {
    if (to.rep == Rep::kNarrow) return {to, narrow(value)};
    if (to.rep == Rep::kWide) return {to, wide(value)};
    if (to.rep == Rep::kOffset && value.kind.rep == Rep::kUniform)
      return {to, llvm::Constant::getNullValue(lanes(i32_)), value.v};
    value.kind = to;                                            // what is known of it differs
    if (has_step(to) && !value.step) value.step = number64(0);  // nobody wrote it
    return value;
  }
  if (is_double(to.rep)) value = boxed(value);
  if (value.kind.nan == Nan::kLoose && to.nan != Nan::kLoose) value.v = canonical(value.v);
  if (is_uniform(value.kind.rep) && !is_uniform(to.rep)) value.v = splat(value.v);
  value.kind = to;
  return value;
}

}  // namespace kiesel::translator
