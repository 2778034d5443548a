// What of each instruction the timing of a design depends on, once for a program.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "device/isa/instruction.hpp"
#include "device/timing/design.hpp"

namespace kiesel::timing {

enum class Unit : std::uint8_t { kAlu, kLsu, kSfu, kFpu, kMatrix };
inline constexpr std::size_t kUnits = 5;

// Registers as bits: x1 to x31, then f0 to f31; bit 0 stands for the float flags.
using Registers = std::uint64_t;

// What the warp waits for before its next fetch. An arrival at a barrier waits for nothing.
enum class Control : std::uint8_t { kNone, kArrival, kBranch, kMask, kJoin, kBarrier, kWait, kSync };
inline bool stalls_fetch(Control control) { return control > Control::kArrival; }

struct InstructionFacts {
  Registers uses = 0;  // reads and writes: none of them may be pending
  Registers writes = 0;
  isa::OperationClass kind = isa::OperationClass::kInteger;
  Unit unit = Unit::kAlu;
  Control control = Control::kNone;
  std::uint8_t collisions = 0;  // further cycles to collect operands
  std::uint8_t bytes = 0;       // that a lane accesses
  std::uint16_t latency = 0, interval = 1;
};

InstructionFacts facts_of(const isa::Instruction& instruction, const Design& design);

// Of a program's words.
std::vector<InstructionFacts> facts_of(std::span<const std::uint32_t> words, const Design& design);

}  // namespace kiesel::timing
