// A place for a warp on a core: what it is about to execute, and which of its registers are pending.
#pragma once

#include <array>
#include <cstdint>

#include "device/timing/instructions.hpp"
#include "device/timing/work.hpp"

namespace kiesel::timing {

// An instruction of a warp between fetch and execution.
struct Pending {
  const model::Step* step = nullptr;
  const model::Trace* trace = nullptr;
  const InstructionFacts* facts = nullptr;
  std::uint64_t decoded = 0;  // cycle
};

// Why a warp issues nothing, in the order in which an instruction meets the reasons.
enum class Stall : std::uint8_t { kFetch, kBranch, kDependency, kMemory, kUnit, kIssue, kBarrier };
inline constexpr std::size_t kStalls = 7;

struct WarpSlot {
  // Traces are used in turn: steps in flight stay where they are until their turn comes again.
  static constexpr std::size_t kTraces = 8;
  static constexpr std::size_t kBuffer = 16;

  std::array<model::Trace, kTraces> traces;
  std::size_t trace = 0, position = 0;

  Seat seat;
  std::uint32_t rank = 0;               // of its warp, in its work-group
  bool used = false;                    // a warp of this launch has been here
  std::array<Pending, kBuffer> buffer;  // a ring
  std::uint32_t first = 0, buffered = 0;
  std::uint32_t fetched = 0;            // instructions that have a place in the buffer, or will have
  Pending staged;                       // the next to issue
  Registers busy = 0, busy_memory = 0;  // pending results; those of loads
  std::uint32_t in_flight = 0;          // issued, not committed
  std::uint32_t barrier_generation = 0;
  bool drains = false;  // before it is fetched again

  bool drained() const { return fetched == 0 && !staged.step && in_flight == 0; }

  // For stalls: cycles at which this happened last.
  std::uint64_t begun = 0, issued = 0, resolved = 0, staged_at = 0, ready_at = 0;
  std::uint64_t full_before = 0;  // IssueSlot::full_until() at ready_at
  Stall fetch_reason = Stall::kFetch, ready_reason = Stall::kDependency;

  Pending& push() {
    Pending& out = buffer[(first + buffered) % kBuffer];
    ++buffered;
    return out;
  }
  Pending pop() {
    const Pending out = buffer[first];
    first = (first + 1) % kBuffer;
    --buffered;
    return out;
  }
};

}  // namespace kiesel::timing
