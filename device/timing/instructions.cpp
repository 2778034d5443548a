#include "device/timing/instructions.hpp"

#include <algorithm>
#include <array>

#include "device/isa/matrix.hpp"

namespace kiesel::timing {
namespace {

using isa::Op;
using isa::OperationClass;

constexpr Registers kFlags = 1;

Registers integer(unsigned number) { return number ? Registers{1} << number : 0; }
Registers real(unsigned number) { return Registers{1} << 32 << number; }

// The operands in the order in which they are collected; a number of 32 and more is a float register.
struct Operands {
  std::array<unsigned, 3> sources{};
  unsigned count = 0;
  Registers reads = 0, writes = 0;

  void read(Registers bit, unsigned number) {
    reads |= bit;
    sources[count++] = number;
  }
};

Operands operands_of(const isa::Instruction& in) {
  Operands out;
  if (isa::info(in.op).family == isa::Family::kMatrix) {  // its steps collect without collisions
    out.writes = Registers{isa::kMatrixSums} << 32;
    out.reads = out.writes | Registers{isa::kMatrixFactors} << 32;
    return out;
  }
  for (const char operand : isa::info(in.op).syntax) switch (operand) {
      case 'd':
        out.writes |= integer(in.rd);
        break;
      case 'D':
        out.writes |= real(in.rd);
        break;
      case 's':
        out.read(integer(in.rs1), in.rs1);
        break;
      case 'S':
        out.read(real(in.rs1), 32u + in.rs1);
        break;
      case 't':
        out.read(integer(in.rs2), in.rs2);
        break;
      case 'T':
        out.read(real(in.rs2), 32u + in.rs2);
        break;
      case 'r':
        out.read(integer(in.rs3), in.rs3);
        break;
      case 'R':
        out.read(real(in.rs3), 32u + in.rs3);
        break;
      default:
        break;
    }
  return out;
}

// A bank gives one register a cycle.
std::uint8_t collisions_of(const Operands& operands, unsigned banks) {
  std::array<std::uint8_t, 64> wanted{};
  std::uint8_t most = 0;
  for (unsigned i = 0; i < operands.count; ++i)
    if (operands.sources[i]) most = std::max(most, ++wanted[operands.sources[i] % banks]);
  return most > 1 ? static_cast<std::uint8_t>(most - 1) : std::uint8_t{0};
}

Unit unit_of(OperationClass kind) {
  switch (kind) {
    case OperationClass::kFloatAdd:
    case OperationClass::kFloatDivide:
    case OperationClass::kFloatRoot:
    case OperationClass::kFloatConvert:
    case OperationClass::kFloatCompare:
      return Unit::kFpu;
    case OperationClass::kMask:
    case OperationClass::kBarrier:
    case OperationClass::kCsr:
      return Unit::kSfu;
    case OperationClass::kFence:
    case OperationClass::kLoad:
    case OperationClass::kStore:
    case OperationClass::kAtomic:
      return Unit::kLsu;
    case OperationClass::kMatrix:
      return Unit::kMatrix;
    default:
      return Unit::kAlu;
  }
}

// Products of blocks that the instruction is made of: each takes the unit's time.
unsigned steps_of(OperationClass kind, unsigned lanes) {
  return kind == OperationClass::kMatrix ? isa::matrix_tile(lanes).steps() : 1;
}

Control control_of(const isa::Instruction& in, OperationClass kind) {
  if (kind == OperationClass::kBranch) return Control::kBranch;
  if (kind == OperationClass::kBarrier)
    return in.op == Op::bar          ? Control::kBarrier
           : in.op == Op::bar_arrive ? Control::kArrival
                                     : Control::kWait;
  if (kind != OperationClass::kMask) return Control::kNone;
  return in.op == Op::join ? Control::kJoin : in.op == Op::wsync ? Control::kSync : Control::kMask;
}

// Moves, signs and classes of OP-FP raise no flags.
bool is_quiet(isa::Op op) {
  const std::uint32_t word = isa::info(op).match, funct5 = word >> 27;
  return (word & 0x7F) == 0x53 && (funct5 == 0x04 || funct5 == 0x1C || funct5 == 0x1E);
}

// Float instructions write the flags, CSR instructions that name them read them.
bool touches_flags(const isa::Instruction& in, Unit unit) {
  if (unit == Unit::kFpu) return !is_quiet(in.op);
  return isa::operation(in.op).kind == OperationClass::kCsr && in.imm >= 1 && in.imm <= 3;
}

}  // namespace

InstructionFacts facts_of(const isa::Instruction& in, const Design& design) {
  InstructionFacts out;
  if (in.op == Op::illegal) return out;
  const isa::Operation& operation = isa::operation(in.op);
  const Operands operands = operands_of(in);
  const auto kind = static_cast<std::size_t>(operation.kind);
  out.kind = operation.kind;
  out.unit = unit_of(operation.kind);
  out.control = control_of(in, operation.kind);
  out.bytes = operation.bytes;
  out.collisions = collisions_of(operands, design.register_banks);
  out.writes = operands.writes;
  if (design.float_flags && touches_flags(in, out.unit)) out.writes |= kFlags;
  out.uses = operands.reads | out.writes;
  const unsigned steps = steps_of(operation.kind, design.lanes);
  out.latency = static_cast<std::uint16_t>(design.latency[kind] + (steps - 1) * design.interval[kind]);
  out.interval = static_cast<std::uint16_t>(steps * design.interval[kind]);
  return out;
}

std::vector<InstructionFacts> facts_of(std::span<const std::uint32_t> words, const Design& design) {
  std::vector<InstructionFacts> out;
  out.reserve(words.size());
  for (const std::uint32_t word : words) out.push_back(facts_of(isa::decode(word), design));
  return out;
}

}  // namespace kiesel::timing
