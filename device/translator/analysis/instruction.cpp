#include "device/translator/analysis/instruction.hpp"

#include "device/isa/matrix.hpp"

namespace kiesel::translator {

using isa::Family;
using isa::Op;
using isa::Values;

Instruction numbered(const isa::Instruction& in) {
  Instruction out{in.op, in.rd, in.rs1, in.rs2, in.rs3, in.rounding, in.negate, in.imm, in.word};
  if (in.op == Op::illegal) return out;
  for (const char c : isa::info(in.op).syntax) {
    if (c == 'D') out.rd += kFloat;
    if (c == 'S') out.rs1 += kFloat;
    if (c == 'T') out.rs2 += kFloat;
    if (c == 'R') out.rs3 += kFloat;
  }
  return out;
}

std::vector<Instruction> parts_of(const Instruction& in, unsigned lanes) {
  if (family_of(in.op) != Family::kMatrix) return {in};
  const unsigned b_first = 32 - isa::matrix_tile(lanes).b_registers();
  std::vector<Instruction> parts;
  unsigned read = 0;
  const auto add = [&](Part part) -> Instruction& {
    parts.push_back({.op = in.op, .word = in.word, .part = parts.empty() ? Part::kWhole : part});
    return parts.back();
  };
  for (Register r = 0; r < 32; ++r) {
    if (!((isa::kMatrixSums | isa::kMatrixFactors) >> r & 1) || (r >= 24 && r < b_first)) continue;
    if (read % 3 == 0) add(Part::kOperands);
    Instruction& part = parts.back();
    (read % 3 == 0 ? part.rs1 : read % 3 == 1 ? part.rs2 : part.rs3) = kFloat + r;
    ++read;
  }
  for (Register r = 0; isa::kMatrixSums >> r & 1; ++r)
    add(r == 0 ? Part::kProduct : Part::kSum).rd = kFloat + r;
  return parts;
}

namespace {

Operands operands_of_part(const Instruction& in) {
  Operands out;
  if (in.rd) out.writes = in.rd;
  for (const Register r : {in.rs1, in.rs2, in.rs3})
    if (r) out.reads[out.count++] = r;
  return out;
}

}  // namespace

Operands operands_of(const Instruction& in) {
  Operands out;
  if (in.op == Op::illegal) return out;
  if (family_of(in.op) == Family::kMatrix) return operands_of_part(in);
  const auto read = [&](Register r) {
    if (r != 0) out.reads[out.count++] = r;
  };
  for (const char c : isa::info(in.op).syntax) {
    if ((c == 'd' || c == 'D') && in.rd) out.writes = in.rd;
    if (c == 's' || c == 'S') read(in.rs1);
    if (c == 't' || c == 'T') read(in.rs2);
    if (c == 'r' || c == 'R') read(in.rs3);
  }
  if (is_compare_and_swap(in)) read(in.rd);
  return out;
}

bool is_load(const Instruction& in) {
  return family_of(in.op) == Family::kLoad || family_of(in.op) == Family::kFloatLoad;
}
bool is_store(const Instruction& in) {
  return family_of(in.op) == Family::kStore || family_of(in.op) == Family::kFloatStore;
}
bool is_atomic(const Instruction& in) {
  const Family family = family_of(in.op);
  return family == Family::kAtomic || family == Family::kCompareSwap || family == Family::kReserve;
}
bool is_compare_and_swap(const Instruction& in) { return family_of(in.op) == Family::kCompareSwap; }

bool is_float(Op op) {
  switch (family_of(op)) {
    case Family::kFloatMath:
    case Family::kFloatChoice:
    case Family::kFloatSign:
    case Family::kFloatCompare:
    case Family::kFloatClass:
    case Family::kFloatMove:
    case Family::kFloatToWhole:
    case Family::kWholeToFloat:
    case Family::kFloatToFloat:
      return true;
    default:
      return false;
  }
}

unsigned access_bytes(Op op) {
  switch (values_of(op)) {
    case Values::i8:
    case Values::u8:
      return 1;
    case Values::i16:
    case Values::u16:
    case Values::f16:
      return 2;
    case Values::i64:
    case Values::u64:
    case Values::f64:
      return 8;
    default:
      return 4;
  }
}

bool divides(Op op) {
  switch (op) {
    case Op::div:
    case Op::divu:
    case Op::rem:
    case Op::remu:
    case Op::divw:
    case Op::divuw:
    case Op::remw:
    case Op::remuw:
      return true;
    default:
      return false;
  }
}

std::optional<ShiftedSum> shifted_sum(Op op) {
  switch (op) {
    case Op::sh1add:
      return ShiftedSum{1, false};
    case Op::sh2add:
      return ShiftedSum{2, false};
    case Op::sh3add:
      return ShiftedSum{3, false};
    case Op::add_uw:
      return ShiftedSum{0, true};
    case Op::sh1add_uw:
      return ShiftedSum{1, true};
    case Op::sh2add_uw:
      return ShiftedSum{2, true};
    case Op::sh3add_uw:
      return ShiftedSum{3, true};
    default:
      return std::nullopt;
  }
}

char float_type(Op op) { return values_of(op) == Values::f64 ? 'd' : 's'; }

namespace {

namespace whole {
constexpr Whole i32{true, 32}, u32{false, 32}, i64{true, 64}, u64{false, 64};
}  // namespace whole

}  // namespace

Whole whole_of(Op op) {
  switch (op) {
#define FAMILY_FloatToWhole(id, operation, values) \
  case Op::id:                                     \
    return whole::operation;
#define FAMILY_WholeToFloat(id, operation, values) \
  case Op::id:                                     \
    return whole::operation;
#include "device/isa/operations.def"
    default:
      return {false, 0};
  }
}

Values source_of(Op op) {
  switch (op) {
#define FAMILY_FloatToFloat(id, operation, values) \
  case Op::id:                                     \
    return Values::operation;
#include "device/isa/operations.def"
    default:
      return Values::none;
  }
}

}  // namespace kiesel::translator
