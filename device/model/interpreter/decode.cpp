#include "device/model/interpreter/decode.hpp"

#include <cstring>

#include "device/isa/csr.hpp"
#include "device/isa/instruction.hpp"
#include "device/isa/matrix.hpp"
#include "device/isa/operation_class.hpp"

namespace kiesel::model {
namespace {

using isa::Format;
using isa::Instruction;

bool is_csr(Format format) { return format == Format::kCsr || format == Format::kCsrImmediate; }

// A CSR that the target does not have, or a write to one that cannot be written.
bool bad_csr(const Instruction& in, const isa::Target& target) {
  const auto number = static_cast<std::uint32_t>(in.imm);
  const isa::CsrInfo* csr = isa::find_csr(number);
  if (isa::csr_is_counter(number) && !target.counters) return true;
  const bool writes = in.op == isa::Op::csrrw || in.op == isa::Op::csrrwi || in.rs1 != 0;
  return !csr || (writes && !csr->writable);
}

bool reads_flags(const Instruction& in) {
  return is_csr(isa::info(in.op).format) && in.rd != 0 &&
         (in.imm == isa::csr::fflags || in.imm == isa::csr::fcsr);
}

Traced traced(const Instruction& in) {
  switch (isa::operation(in.op).kind) {
    case isa::OperationClass::kLoad:
    case isa::OperationClass::kStore:
    case isa::OperationClass::kAtomic:
      return Traced::kAddresses;
    case isa::OperationClass::kBarrier:
      return Traced::kBarrier;
    case isa::OperationClass::kCsr:
      return isa::csr_is_clock(static_cast<std::uint32_t>(in.imm)) ? Traced::kClock : Traced::kNothing;
    default:
      return Traced::kNothing;
  }
}

Instruction decode_for(std::uint32_t word, const isa::Target& target) {
  Instruction in = isa::decode(word);
  if (in.op == isa::Op::illegal) return in;
  const isa::OpInfo& info = isa::info(in.op);
  if (!isa::available(info.extension, target) || (is_csr(info.format) && bad_csr(in, target)))
    in = Instruction();
  in.word = word;
  return in;
}

// Targets in instructions; flagged when they are outside the code.
void set_target(Insn& insn, std::int64_t offset, std::int64_t index, std::int64_t count) {
  insn.imm = offset / 4;
  insn.flag = offset % 4 != 0 || index + insn.imm < 0 || index + insn.imm >= count;
}

}  // namespace

Code decode_code(std::uint64_t begin, std::uint64_t bytes, const Engine& engine, const isa::Target& target) {
  constexpr std::uint8_t kSink = 32;
  const std::size_t count = bytes / 4;
  Code code;
  code.begin = begin;
  code.end = begin + bytes;
  code.insns.resize(count + 1);
  std::vector<Instruction> decoded(count + 1);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t word;
    std::memcpy(&word, reinterpret_cast<const void*>(begin + i * 4), sizeof word);
    decoded[i] = decode_for(word, target);
    code.flags_matter |= reads_flags(decoded[i]);
  }
  for (std::size_t i = 0; i <= count; ++i) {
    const Instruction& in = decoded[i];
    Insn& insn = code.insns[i];
    insn = {{nullptr, nullptr}, in.imm, 0, in.op, in.rd, in.rs1, in.rs2, in.rs3, in.rounding, in.negate};
    engine.bind(in, code.flags_matter, insn);
    if (in.op == isa::Op::illegal) continue;
    const isa::OpInfo& info = isa::info(in.op);
    if (in.rd == 0 && info.syntax.find('d') != std::string_view::npos) insn.rd = kSink;
    if (in.op == isa::Op::auipc) insn.imm += static_cast<std::int64_t>(begin + i * 4);
    if (info.format == Format::kBranch || info.format == Format::kJump)
      set_target(insn, in.imm, static_cast<std::int64_t>(i), static_cast<std::int64_t>(count));
    if (is_csr(info.format)) insn.flag = isa::csr_is_divergent(static_cast<std::uint32_t>(in.imm));
    if (info.family == isa::Family::kMatrix) {
      insn.flag = target.ordered_matrices;
      insn.imm = isa::find_matrix_product(in.rd, in.rs1) - isa::kMatrixProducts;  // decode() knows it
    }
    insn.traced = traced(in);
    if (insn.traced == Traced::kAddresses) insn.slot = code.slots++;
  }
  return code;
}

}  // namespace kiesel::model
