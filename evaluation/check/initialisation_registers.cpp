// How values that nobody wrote go through registers.
#include <algorithm>

#include "device/isa/matrix.hpp"
#include "evaluation/check/initialisation_tool.hpp"

namespace kiesel::check {

using isa::Family;
using isa::Op;

Partly InitialisationTool::operand(device::ObservedWarp& of, unsigned number, unsigned lane) {
  const Warp& own = warp(of.rank);
  return {of.integers(number)[lane], own.interesting >> number & 1 ? own.x[number][lane] : 0};
}

void InitialisationTool::write(device::ObservedWarp& of, unsigned number, Lanes& to, const Lanes& bits,
                               std::uint32_t origin) {
  Warp& own = warp(of.rank);
  const bool was = own.interesting >> number & 1;
  std::uint64_t any = 0;
  for_lanes(of.mask, [&](unsigned lane) { any |= bits[lane]; });
  if (!any && !was) return;
  if (!was) std::fill(std::begin(to), std::end(to), 0);
  for_lanes(of.mask, [&](unsigned lane) { to[lane] = bits[lane]; });
  if (any) own.origin[number] = origin;
  const bool still = any || std::ranges::any_of(to, [](std::uint64_t lane) { return lane != 0; });
  own.interesting = (own.interesting & ~(std::uint64_t{1} << number)) | std::uint64_t{still} << number;
}

void InitialisationTool::write_integer(device::ObservedWarp& of, unsigned number, const Lanes& bits,
                                       std::uint32_t origin) {
  if (number) write(of, number, warp(of.rank).x[number], bits, origin);
}
void InitialisationTool::write_real(device::ObservedWarp& of, unsigned number, const Lanes& bits,
                                    std::uint32_t origin) {
  write(of, number + 32, warp(of.rank).f[number], bits, origin);
}

void InitialisationTool::clear(const device::ObservedWarp& of, unsigned number) {
  Warp& own = warp(of.rank);
  if (!(own.interesting >> number & 1)) return;
  Lanes& lanes = number < 32 ? own.x[number] : own.f[number - 32];
  for_lanes(of.mask, [&](unsigned lane) { lanes[lane] = 0; });
  if (std::ranges::all_of(lanes, [](std::uint64_t lane) { return lane == 0; }))
    own.interesting &= ~(std::uint64_t{1} << number);
}

// Of the first operand that has one.
std::uint32_t InitialisationTool::origin_of(const isa::Instruction& in, const Warp& of) const {
  for (const char c : isa::info(in.op).syntax) {
    const unsigned number = c == 's'   ? in.rs1
                            : c == 't' ? in.rs2
                            : c == 'r' ? in.rs3
                            : c == 'S' ? in.rs1 + 32U
                            : c == 'T' ? in.rs2 + 32U
                            : c == 'R' ? in.rs3 + 32U
                                       : 0;
    if (number && (of.interesting >> number & 1)) return of.origin[number];
  }
  return 0;
}

void InitialisationTool::step(device::ObservedWarp& of, std::size_t instruction) {
  const Fact& fact = launch_->program->facts()[instruction];
  switch (isa::info(fact.in.op).family) {
    case Family::kInteger:
    case Family::kConstant:
      return integer_step(of, fact.in);
    case Family::kBranch:
    case Family::kJump:
    case Family::kControl:
      return decide(of, instruction);
    case Family::kVote:
      return vote(of, fact.in);
    case Family::kShuffle:
      return shuffle(of, fact.in);
    case Family::kFloatMove:
    case Family::kFloatSign:
      return move_step(of, fact.in);
    case Family::kMatrix:
      return matrix_step(of);
    case Family::kCsr:
      return clear(of, fact.in.rd);
    default:
      return float_step(of, fact.in);
  }
}

void InitialisationTool::integer_step(device::ObservedWarp& of, const isa::Instruction& in) {
  const auto syntax = isa::info(in.op).syntax;
  const bool has_a = syntax.find('s') != std::string_view::npos;
  const bool has_b = syntax.find('t') != std::string_view::npos;
  Lanes bits{};
  for_lanes(of.mask, [&](unsigned lane) {
    const Partly a = has_a ? operand(of, in.rs1, lane) : Partly();
    const Partly b = has_b ? operand(of, in.rs2, lane) : Partly{static_cast<std::uint64_t>(in.imm), 0};
    bits[lane] = undefined_result(in, a, b);
  });
  write_integer(of, in.rd, bits, origin_of(in, warp(of.rank)));
}

void InitialisationTool::float_step(device::ObservedWarp& of, const isa::Instruction& in) {
  const auto& info = isa::info(in.op);
  const Warp& own = warp(of.rank);
  Lanes bits{};
  const auto has = [&](unsigned number, unsigned lane) {
    return (own.interesting >> number & 1) && (number < 32 ? own.x[number][lane] : own.f[number - 32][lane]);
  };
  for_lanes(of.mask, [&](unsigned lane) {
    bool any = false;
    for (const char c : info.syntax) {
      if (c == 's') any |= has(in.rs1, lane);
      if (c == 't') any |= has(in.rs2, lane);
      if (c == 'r') any |= has(in.rs3, lane);
      if (c == 'S') any |= has(in.rs1 + 32U, lane);
      if (c == 'T') any |= has(in.rs2 + 32U, lane);
      if (c == 'R') any |= has(in.rs3 + 32U, lane);
    }
    bits[lane] = any ? ~std::uint64_t{0} : 0;
    if (info.family == Family::kFloatCompare) bits[lane] &= 1;
  });
  const std::uint32_t origin = origin_of(in, own);
  if (info.syntax[0] == 'D') {
    const unsigned bytes = info.values == isa::Values::f64 ? 8 : info.values == isa::Values::f32 ? 4 : 2;
    for_lanes(of.mask, [&](unsigned lane) { bits[lane] &= low_bits(bytes); });
    write_real(of, in.rd, bits, origin);
  } else if (info.syntax[0] == 'd') {
    write_integer(of, in.rd, bits, origin);
  }
}

// An element of a sum is not defined where its row of A, its column of B or the sum before is not.
void InitialisationTool::matrix_step(device::ObservedWarp& of) {
  const isa::Target& target = launch_->program->target();
  const isa::MatrixRegisters registers{isa::matrix_tile(target.lanes), target.ordered_matrices};
  const isa::MatrixTile& t = registers.tile;
  Warp& own = warp(of.rank);
  std::uint32_t origin = 0;
  const auto is_undefined = [&](unsigned number, unsigned first, unsigned words) {
    if (!(own.interesting >> (number + 32) & 1)) return false;
    const std::uint64_t* lanes = &own.f[number][first];
    const bool any = std::any_of(lanes, lanes + words, [](std::uint64_t bits) { return bits != 0; });
    if (any) origin = own.origin[number + 32];
    return any;
  };
  std::vector<bool> rows(t.rows), columns(t.columns);
  for (unsigned word = 0; word < t.deep(); ++word) {
    for (unsigned i = 0; i < t.rows; ++i) {
      const unsigned block = i / t.block_rows, line = block % t.a_blocks * t.block_rows + i % t.block_rows;
      if (is_undefined(registers.a(block, word), line * t.block_words, t.block_words)) rows[i] = true;
    }
    for (unsigned j = 0; j < t.columns; ++j) {
      const unsigned block = j / t.block_columns,
                     line = block % t.b_blocks * t.block_columns + j % t.block_columns;
      if (is_undefined(registers.b(word, block), line * t.block_words, t.block_words)) columns[j] = true;
    }
  }
  for (unsigned row = 0; row < t.down(); ++row)
    for (unsigned column = 0; column < t.across(); ++column) {
      Lanes bits{};
      const unsigned number = registers.c(row, column);
      for (unsigned lane = 0; lane < t.block_rows * t.block_columns; ++lane) {
        const unsigned i = row * t.block_rows + lane / t.block_columns;
        const unsigned j = column * t.block_columns + lane % t.block_columns;
        if (rows[i] || columns[j] || is_undefined(number, lane, 1)) bits[lane] = low_bits(4);
      }
      write_real(of, number, bits, origin);
    }
}

// Bits as they are, but for signs.
void InitialisationTool::move_step(device::ObservedWarp& of, const isa::Instruction& in) {
  const auto& info = isa::info(in.op);
  const Warp& own = warp(of.rank);
  const unsigned bytes = info.values == isa::Values::f64 ? 8 : info.values == isa::Values::f32 ? 4 : 2;
  const std::uint64_t sign = std::uint64_t{1} << (8 * bytes - 1), used = low_bits(bytes);
  const bool from_integer = info.syntax.find('s') != std::string_view::npos;
  const bool two = info.syntax.find('T') != std::string_view::npos;
  const auto real = [&](unsigned number, unsigned lane) {
    return own.interesting >> (number + 32) & 1 ? own.f[number][lane] & used : 0;
  };
  Lanes bits{};
  for_lanes(of.mask, [&](unsigned lane) {
    std::uint64_t a = from_integer ? operand(of, in.rs1, lane).undefined & used : real(in.rs1, lane);
    if (two) {
      const bool both = info.name.starts_with("fsgnjx");
      a = (both ? a : a & ~sign) | (real(in.rs2, lane) & sign);
    }
    if (info.syntax[0] == 'd' && (a & sign)) a |= ~used;
    bits[lane] = a;
  });
  const std::uint32_t origin = origin_of(in, own);
  if (info.syntax[0] == 'd')
    write_integer(of, in.rd, bits, origin);
  else
    write_real(of, in.rd, bits, origin);
}

void InitialisationTool::vote(device::ObservedWarp& of, const isa::Instruction& in) {
  std::uint64_t unknown = 0;
  for_lanes(of.mask, [&](unsigned lane) { unknown |= (operand(of, in.rs1, lane).undefined & 1) << lane; });
  Lanes bits{};
  for_lanes(of.mask, [&](unsigned lane) {
    bits[lane] = in.op == Op::vote_ballot ? unknown : std::uint64_t{unknown != 0};
  });
  write_integer(of, in.rd, bits, origin_of(in, warp(of.rank)));
}

// What comes from a lane that is not here has no value.
void InitialisationTool::shuffle(device::ObservedWarp& of, const isa::Instruction& in) {
  Lanes bits{};
  for_lanes(of.mask, [&](unsigned l) {
    const std::uint64_t how = of.integers(in.rs2)[l];
    const std::int64_t b = how & 63, c = how >> 6 & 63, mask = how >> 12 & 63, lane = l;
    const std::int64_t last = (lane & mask) | (c & ~mask), first = lane & mask;
    std::int64_t from = lane;
    if (in.op == Op::shfl_up) from = lane - b;
    if (in.op == Op::shfl_down) from = lane + b;
    if (in.op == Op::shfl_bfly) from = lane ^ b;
    if (in.op == Op::shfl_idx) from = first | (b & ~mask);
    const bool valid = (in.op == Op::shfl_up ? from >= first : from <= last) && from >= 0 && from < of.lanes;
    const auto source = static_cast<unsigned>(valid ? from : lane);
    bits[l] = of.mask >> source & 1 ? operand(of, in.rs1, source).undefined : ~std::uint64_t{0};
  });
  write_integer(of, in.rd, bits, origin_of(in, warp(of.rank)));
}

// Where control goes on.
void InitialisationTool::decide(device::ObservedWarp& of, std::size_t instruction) {
  const isa::Instruction& in = launch_->program->facts()[instruction].in;
  const bool branch = isa::info(in.op).family == Family::kBranch;
  const std::uint64_t tested = in.op == Op::split || in.op == Op::pred ? 1 : ~std::uint64_t{0};
  const std::uint32_t origin = origin_of(in, warp(of.rank));
  bool told = false;
  for_lanes(of.mask, [&](unsigned lane) {
    if (told) return;
    const Partly a = operand(of, in.rs1, lane);
    const bool open = branch ? undecided(in.op, a, operand(of, in.rs2, lane)) : (a.undefined & tested) != 0;
    if (!open) return;
    told = true;
    report(Kind::kUndefinedBranch, of.rank, lane, instruction, origin);
  });
  if (told) clear(of, in.rs1);  // once: the branch behind a split tests the same
  if (told && branch) clear(of, in.rs2);
  if (isa::info(in.op).syntax.starts_with('d')) clear(of, in.rd);
}

}  // namespace kiesel::check
