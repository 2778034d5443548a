// State of a running warp and of the core it runs on, without its registers: those depend on the number of
// lanes and live in Lanes<W> (lanes.hpp), which derives from Warp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "device/model/interpreter/code.hpp"
#include "device/model/memory/range.hpp"
#include "device/translation/state_layout.hpp"

namespace kiesel::model {

using translation::kNumBarriers;

inline constexpr unsigned kMaxLanes = 64;

class Core;
class Memory;

enum class Stop : std::uint8_t { kNone, kEnded, kBarrier, kFault };

enum class FaultKind : std::uint8_t {
  kNone,
  kBadAddress,
  kReadOnly,
  kMisaligned,
  kStackOverflow,
  kForeignLocal,
  kIllegal,
  kDivergentBranch,
  kNotUniform,
  kBadToken,
  kStackFull,
  kEndedInside,
  kJumpOutside,
  kBarrierStuck,
  kBadBarrier,
  kPartialMatrix
};

struct Fault {
  FaultKind kind = FaultKind::kNone;
  std::uint64_t pc = 0;
  unsigned warp_rank = 0, lane = 0;
  Address address = 0;  // of memory, or the jump's target
  unsigned bytes = 0;
  std::string detail;
};

struct Grid {
  std::array<std::uint32_t, 3> local_size{1, 1, 1};
  std::array<std::uint64_t, 3> groups{1, 1, 1};
  std::array<std::uint64_t, 3> first_global_id{};
  std::uint64_t total_groups() const { return groups[0] * groups[1] * groups[2]; }
};

struct CoreCounters {
  std::uint64_t instructions = 0, lane_instructions = 0, groups = 0, warps = 0, barriers = 0;
  // Of translated code: warps that began in it, calls of the interpreter for one instruction, warps that were
  // given back to it.
  std::uint64_t translated_warps = 0, steps = 0, given_back = 0;
};

CoreCounters& operator+=(CoreCounters& a, const CoreCounters& b);

// A barrier of the core: generation counts how often it has opened.
struct BarrierState {
  std::uint32_t arrived = 0;
  std::uint64_t generation = 0;
};

// What the warps of the work-group that is running on a core share.
struct CoreState {
  Core* runner = nullptr;  // whose state this is
  Memory* memory = nullptr;
  unsigned id = 0, lanes = 0, warps = 0, cores = 0;
  Range private_window;
  Address local_base = 0;  // of the core's local memory
  Range local;             // the part that the running launch may use
  const Code* code = nullptr;
  Grid grid;
  Address launch_block = 0, kernel_entry = 0;
  Owner owner = 0;  // of the launch
  std::array<std::uint64_t, 3> group{};
  unsigned group_slot = 0;  // among the work-groups that the core has at a time
  unsigned group_warps = 0;
  bool timed = false;              // by the cycle model:
  std::uint64_t cycle = 0;         // when the warp that runs goes on
  std::uint64_t active_warps = 0;  // mask
  std::array<BarrierState, kNumBarriers> barriers{};
  bool barriers_used = false;  // by this work-group
  std::vector<Range> ranges;   // by Insn::slot: where its last access went
  Fault fault;
  CoreCounters counters;
};

struct Divergence {
  std::uint64_t before;  // mask to restore after both sides
  std::uint64_t second_side;
  const Insn* second_start;
  bool in_second;
};

struct Warp {
  CoreState* core = nullptr;
  const Insn* next = nullptr;
  unsigned partial = 0;  // index of Insn::run
  unsigned lanes = 0;
  std::uint64_t mask = 0, full_mask = 0;
  std::uint64_t executed = 0;                              // instructions since the warp started
  std::uint64_t lane_instructions = 0, counted_until = 0;  // up to the last change of the mask
  std::byte* private_memory = nullptr;                     // granules of 8 bytes, interleaved by lane
  unsigned rank = 0;                                       // in the group
  unsigned slot = 0;                                       // on the core
  unsigned rounding = 0;                                   // frm
  unsigned flags = 0;                                      // fflags
  Stop stop = Stop::kNone;
  unsigned barrier = 0;  // it waits at, until the generation changes
  std::uint64_t barrier_generation = 0;
  unsigned depth = 0;  // of divergence
  std::array<Divergence, kMaxLanes> divergence;
  bool in_a_row = true;                                   // local ids are (rank * lanes + lane, 0, 0)
  const std::uint32_t (*local_ids)[kMaxLanes] = nullptr;  // by dimension
  std::uint64_t reserved = 0;                             // lanes that hold a reservation of lr
  std::array<std::uint64_t, kMaxLanes> reservation_address, reservation_value;

  unsigned count(std::uint64_t bits) const { return static_cast<unsigned>(__builtin_popcountll(bits)); }
  void account() {
    lane_instructions += (executed - counted_until) * count(mask);
    counted_until = executed;
  }
};

// Slow paths, the same for all engines.
// Where a lane's access goes on the host, or null after recording the fault. `range` is set to where it lies
// when that is plain memory.
std::byte* resolve(Warp& warp, const Insn* insn, unsigned lane, Address address, unsigned bytes, bool store,
                   Range& range);
// Records the fault and stops the warp; returns null for handlers to return.
const Insn* raise(Warp& warp, const Insn* insn, FaultKind kind, unsigned lane, Address address = 0,
                  unsigned bytes = 0);
// So many warps more are at a barrier that opens for `count`; the generation that it had before.
std::uint64_t arrive_at(CoreState& core, std::uint64_t barrier, unsigned warps, std::uint64_t count);
// Whether the warp has to wait until the barrier's generation changes. It stops, then.
bool wait_at(Warp& warp, std::uint64_t barrier, std::uint64_t generation);
// A CSR whose scope is wider than a lane.
std::uint64_t read_csr(Warp& warp, std::uint32_t number);
// One whose scope is a lane: lane l has values[l] or, where that is null, base + slope * l.
struct LaneCsr {
  const std::uint32_t* values;
  std::uint64_t base, slope;
};
LaneCsr read_lane_csr(const Warp& warp, std::uint32_t number);
void write_csr(Warp& warp, std::uint32_t number, std::uint64_t value);

}  // namespace kiesel::model
