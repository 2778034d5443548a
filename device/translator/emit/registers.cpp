#include "device/translator/emit/registers.hpp"

#include <algorithm>

#include "device/translator/emit/builder.hpp"
#include "device/translator/emit/masks.hpp"
#include "device/translator/emit/values.hpp"

namespace kiesel::translator {

namespace {

Value literal(Segment& segment, const Literal& of) {
  Builder& ir = segment.ir;
  if (!of.bytes) return known(segment, of.number);
  llvm::Type* type = of.bytes == 8 ? ir.f64 : ir.f32;
  return {literal_kind(of), ir.CreateBitCast(ir.getIntN(of.bytes * 8, of.bits), type)};
}

bool is_written(Cursor& here, Register r) {
  return std::find(here.written.begin(), here.written.end(), r) != here.written.end();
}

}  // namespace

Value known(Segment& segment, const Constant& c) {
  Builder& ir = segment.ir;
  const auto from = [&](llvm::Value* base) {
    return Value{{Rep::kUniform, false, Nan::kCanonical, 0}, ir.CreateAdd(base, number64(ir, c.value))};
  };
  switch (c.base) {
    case Constant::Base::kModule:
      return from(segment.module_base);
    case Constant::Base::kWindowEnd:
      return from(segment.window_end);
    case Constant::Base::kLaunchBlock:
      return from(segment.launch_block);
    default:
      return constant(ir, c.value);
  }
}

llvm::AllocaInst* variable(Segment& segment, Register r, Rep rep, bool step) {
  Builder& ir = segment.ir;
  auto& made = segment.variables[{r, static_cast<int>(rep) * 2 + step}];
  if (made) return made;
  llvm::Type* type = ir.i64;
  switch (rep) {
    case Rep::kOffset:
      type = step ? ir.i64 : vector_of(ir, ir.i32);
      break;
    case Rep::kNarrow:
      type = vector_of(ir, ir.i32);
      break;
    case Rep::kWide:
      type = vector_of(ir, ir.i64);
      break;
    case Rep::kFloat:
      type = ir.f32;
      break;
    case Rep::kFloats:
      type = vector_of(ir, ir.f32);
      break;
    case Rep::kDouble:
      type = ir.f64;
      break;
    case Rep::kDoubles:
      type = vector_of(ir, ir.f64);
      break;
    default:
      break;
  }
  return made = new_variable(ir, type, "r", llvm::Constant::getNullValue(type));
}

Value load_variable(Segment& segment, Register r, const Kind& kind) {
  Builder& ir = segment.ir;
  if (kind.rep == Rep::kNone) {
    if (segment.known.code.is_float(r))
      return {{Rep::kFloat, false, Nan::kCanonical, 0}, llvm::ConstantFP::get(ir.f32, 0.0)};
    return constant(ir, 0);
  }
  Value value{kind, load(ir, variable(segment, r, kind.rep, false))};
  if (has_step(ir, kind)) value.step = load(ir, variable(segment, r, kind.rep, true));
  return value;
}

void store_variable(Segment& segment, Register r, const Value& value) {
  Builder& ir = segment.ir;
  ir.CreateStore(value.v, variable(segment, r, value.kind.rep, false));
  if (has_step(ir, value.kind)) ir.CreateStore(value.step, variable(segment, r, value.kind.rep, true));
}

Value read(Cursor& here, Register r, const Constant& c) {
  Builder& ir = here.ir;
  if (r == 0) return constant(ir, 0);
  if (!c.is(Constant::Base::kUnknown) && !here.known.code.is_float(r)) return known(here.segment, c);
  if (const auto& fixed = here.known.code.literals[r]) return literal(here.segment, *fixed);
  if (const auto found = here.values.find(r); found != here.values.end()) return found->second;
  return here.values[r] = load_variable(here.segment, r, here.node.start[r]);
}

void write(Cursor& here, Register r, Value value) {
  here.values[r] = value;
  if (!is_written(here, r)) here.written.push_back(r);
}

// The variable of a kind holds what the register is at the node's end.
bool is_in_variable(Cursor& here, Register r, const Kind& kind) {
  return !is_written(here, r) && kind == here.node.start[r];
}

Value at_end(Cursor& here, Register r) {
  if (here.blended || !is_written(here, r) || !here.known.kinds.keeps(here.node, r)) return read(here, r);
  return blended(here, here.values[r], load_variable(here.segment, r, here.node.start[r]));
}

// Once, before the ways part. What none of them needs is removed later.
void blend_written(Cursor& here) {
  for (const Register r : here.written) here.values[r] = at_end(here, r);
  here.blended = true;
}

// Of active lanes, and of the others.
Value blended(Cursor& here, const Value& fresh, const Value& old) {
  Builder& ir = here.ir;
  const Kind kind = merged(varying(fresh.kind, true), varying(old.kind, true), true);
  return {kind, ir.CreateSelect(active(here), convert(ir, fresh, kind).v, convert(ir, old, kind).v)};
}

}  // namespace kiesel::translator
