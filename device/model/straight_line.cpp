#include "device/model/straight_line.hpp"

#include <algorithm>
#include <string_view>

#include "device/isa/csr.hpp"

namespace kiesel::model {
namespace {

using isa::Op;

constexpr std::uint32_t kLongest = 256;  // instructions of code that is looked at
constexpr unsigned kMostSplits = 4, kReturnAddress = 1, kSink = 32;

bool writes_integer(const Insn& insn) {
  return insn.op != Op::illegal && isa::info(insn.op).syntax.find('d') != std::string_view::npos;
}

bool is_branch(Op op) {
  return op == Op::beq || op == Op::bne || op == Op::blt || op == Op::bge || op == Op::bltu || op == Op::bgeu;
}

bool starts_warps_or_stops(Op op) {
  return op == Op::illegal || op == Op::ecall || op == Op::ebreak || op == Op::wspawn || op == Op::tmc;
}

bool ends_warp(const Insn& insn) { return insn.op == Op::tmc && insn.rs1 == 0; }

// Start-up code as compilers of ours write it: a call to what goes on at the address in CSR kernel_entry,
// and, when that has returned, the end of the warp.
std::uint32_t startup_length(const Code& code, const Insn* at) {
  constexpr std::uint32_t kMost = 32;
  const auto* const end = code.insns.data() + code.insns.size() - 1;
  const Insn* after = nullptr;  // the call
  unsigned entry_register = kSink;
  for (std::uint32_t count = 1; count <= kMost && at + 1 < end; ++count) {
    if (at->op == Op::jalr) {
      const bool goes_on = after && at->rd == kSink && at->rs1 == entry_register && at->imm == 0;
      const std::uint32_t waits = goes_on && after->op == Op::wsync;
      return goes_on && ends_warp(after[waits]) ? count + waits + 1 : 0;
    }
    if (at->op == Op::jal && at->rd == kReturnAddress && !after && at->imm > 1 && at->imm < end - at) {
      after = at + 1;
      at += at->imm;
      continue;
    }
    if (is_branch(at->op) || at->op == Op::jal || at->op == Op::pred || starts_warps_or_stops(at->op))
      return 0;
    if (writes_integer(*at) && at->rd != kSink) {
      const bool reads_entry = at->op == Op::csrrs && at->imm == isa::csr::kernel_entry && at->rs1 == 0;
      if (reads_entry)
        entry_register = at->rd;
      else if (at->rd == entry_register)
        entry_register = kSink;
    }
    ++at;
  }
  return 0;
}

// Forward branches only, and back to the caller at the end. Between a split and its join the warp may pass
// twice.
std::uint32_t kernel_length(const Code& code, const Insn* entry) {
  const auto* const end = code.insns.data() + code.insns.size() - 1;
  const Insn* furthest = entry;  // that a branch so far leads to
  unsigned splits = 0;
  for (const Insn* at = entry; at < end && at - entry < kLongest; ++at) {
    const bool jumps = is_branch(at->op) || at->op == Op::jal;
    if (jumps && (at->imm <= 0 || at->flag)) return 0;
    if (jumps) furthest = std::max(furthest, at + at->imm);
    if (at->op == Op::jalr) {
      const bool returns = at->rd == kSink && at->rs1 == kReturnAddress && at->imm == 0;
      if (!returns) return 0;
      if (at >= furthest) return static_cast<std::uint32_t>(at - entry + 1) << splits;
      continue;
    }
    if (at->op == Op::split && ++splits > kMostSplits) return 0;
    if (at->op == Op::pred || starts_warps_or_stops(at->op)) return 0;
    if (writes_integer(*at) && at->rd == kReturnAddress) return 0;
  }
  return 0;
}

}  // namespace

std::uint32_t straight_line_length(const Code& code, const Insn* startup, const Insn* entry) {
  const auto before = startup_length(code, startup), kernel = kernel_length(code, entry);
  return before && kernel ? before + kernel : 0;
}

}  // namespace kiesel::model
