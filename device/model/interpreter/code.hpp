// Machine code as the interpreter runs it: decoded once when a module is loaded.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "device/isa/instruction.hpp"

namespace kiesel::model {

struct Warp;
struct Insn;

// Executes one instruction; returns the next, or null when the warp stops (Warp::stop says why).
using Handler = const Insn* (*)(Warp&, const Insn*);

// Operands that a trace keeps; a clock's value depends on when it is read, so a trace that has begun ends
// before.
enum class Traced : std::uint8_t { kNothing, kAddresses, kBarrier, kClock };

// Register operands are ready to index with; a destination x0 is a register that nobody reads.
struct Insn {
  Handler run[2];      // with all lanes of the warp active; with some
  std::int64_t imm;    // of branches and jumps: instructions to the target; wmma: row of its product
  std::uint32_t slot;  // loads, stores, atomics: number of its cached range
  isa::Op op;
  std::uint8_t rd, rs1, rs2, rs3;
  std::uint8_t rounding;
  bool flag;  // split, pred: negate; branches, jumps: target outside the code; CSRs: differs by lane;
              // wmma: registers in order
  Traced traced = Traced::kNothing;
};

struct Code {
  std::uint64_t begin = 0, end = 0;  // addresses of the first instruction and after the last
  std::vector<Insn> insns;           // one more at the end catches running off it
  std::uint32_t slots = 0;           // cached ranges that it uses
  bool flags_matter = false;         // some instruction reads fflags

  const Insn* at(std::uint64_t address) const {
    return address >= begin && address < end && !(address & 3) ? &insns[(address - begin) / 4] : nullptr;
  }
  std::uint64_t address(const Insn* insn) const {
    return begin + static_cast<std::uint64_t>(insn - insns.data()) * 4;
  }
};

}  // namespace kiesel::model
