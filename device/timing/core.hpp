// A core of a design, cycle by cycle: fetch, issue, units, loads and stores, barriers, dispatch. Cycles in
// which nothing can happen are skipped.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "device/timing/calendar.hpp"
#include "device/timing/dispatch.hpp"
#include "device/timing/lsu.hpp"
#include "device/timing/warp_slot.hpp"
#include "device/timing/wheel.hpp"

namespace kiesel::timing {

struct CoreCounts {
  std::uint64_t issued = 0, warp_cycles = 0, scoreboard_cycles = 0, collisions = 0;
  std::array<std::uint64_t, kUnits> by_unit{};
  std::uint64_t fetches = 0, fetch_cycles = 0;
  std::array<std::uint64_t, kStalls> stalls{};
};

class Core {
 public:
  Core(const Design& design, std::uint32_t number);

  // A launch, which finds its caches empty: the one before was flushed from them. What that one was has
  // ended.
  void begin(Work& work, std::uint64_t now, GroupQueue& groups);
  // Runs until that cycle, or until memory may have answered what it asked for: it needs to know then. False
  // after a fault.
  bool run(std::uint64_t until, std::uint64_t memory_done);
  // When it has something to do; ~0 while it waits for memory, or is done.
  std::uint64_t next() const;
  bool is_done() const;
  std::uint64_t now() const { return now_; }  // it has run to
  // A line that it has asked for.
  void take(const Answer& answer);
  // Takes what it asks memory for since the last call.
  std::vector<MemoryRequest>& requests() { return requests_; }
  std::uint64_t finished() const { return finished_; }  // cycle of its last commit

  std::uint64_t busy_cycles() const { return finished_ - began_; }

  const CoreCounts& counts() const { return counts_; }
  const CacheCounts& instruction_cache() const { return instruction_cache_.counts; }
  const CacheCounts& data_cache() const { return data_cache_.counts; }
  const LsuCounts& lsu() const { return lsu_.counts; }
  // Lines of the data cache that memory does not have yet.
  std::uint64_t changed_lines() const { return data_cache_.changed_lines(); }
  // Warp-cycles by instruction and reason.
  const std::vector<std::array<std::uint64_t, kStalls>>& stalls() const { return stalls_; }

 private:
  enum class What : std::uint8_t { kDecoded, kUnblocked, kStaged, kUnlocked, kCredit, kWritten, kEnded };
  struct Event {
    What what;
    std::uint8_t slot = 0, unit = 0, issue = 0;
    Registers registers = 0;
  };
  struct IssueSlot {          // one of the issue width
    std::uint64_t slots = 0;  // warp slots that it issues from
    std::uint32_t last = 0;
    std::array<std::uint64_t, 64> granted{};  // cycle, by slot
    std::array<std::uint32_t, kUnits> queued{}, freed{};
    std::array<bool, kUnits> full{};
    std::array<std::uint64_t, kUnits> full_from{}, full_cycles{};  // since when; before that
    std::uint64_t looked = 0;                                      // cycle
    std::uint64_t entered = 0;             // last cycle at which an instruction began to collect operands
    std::vector<std::uint64_t> collector;  // from when each is free
    std::uint64_t collected = 0;
    Calendar commits;

    // Cycles before this one, which is not in the past, that saw the unit's queue full.
    std::uint64_t full_until(std::size_t unit, std::uint64_t cycle) const;
  };
  struct ControlInstruction {  // before the special function unit
    std::uint64_t arrives;
    std::uint8_t slot, issue;
    Pending instruction;
  };
  struct Barrier {
    std::uint64_t arrived = 0, generation = 0;
    std::uint64_t waiting = 0;  // warp slots
  };
  using Place = std::array<Barrier, 64>;  // of a work-group

  void cycle(std::uint64_t now);
  void handle(const Event& event, std::uint64_t now);
  void start(std::uint64_t now, const Dispatch::Start& start);
  std::uint64_t fetchable() const;
  void note_fetched(std::uint32_t slot);
  void fetch(std::uint64_t now);
  bool next_step(WarpSlot& slot, std::uint64_t now, Pending& out);
  bool must_drain(const WarpSlot& slot) const;
  void fetch_line(std::uint64_t now, std::uint32_t slot);
  void take_instructions();
  void decoded(std::uint32_t slot, std::uint64_t now);
  void unblock(std::uint64_t now);
  void stage(std::uint32_t slot, std::uint64_t now);
  void find_ready(std::uint32_t slot, std::uint64_t now);
  void issue(IssueSlot& issue, std::uint8_t number, std::uint64_t now);
  void look_at_queues(IssueSlot& issue, std::uint64_t from) const;
  std::uint32_t choose(const IssueSlot& issue, std::uint64_t ready) const;
  std::uint64_t collect(IssueSlot& issue, std::uint32_t slot, const InstructionFacts& facts,
                        std::uint64_t now);
  void execute(IssueSlot& issue, std::uint8_t number, std::uint32_t slot, const Pending& instruction,
               std::uint64_t arrives);
  std::uint64_t accept_float(std::uint64_t arrives, const InstructionFacts& facts);
  void commit(IssueSlot& issue, std::uint32_t slot, const InstructionFacts& facts, std::uint64_t accepted);
  void control(std::uint64_t now);
  void unlock(std::uint32_t slot, std::uint64_t at);
  void arrive(std::uint32_t slot, const Pending& instruction, std::uint64_t now);
  void wait(std::uint32_t slot, const Pending& instruction, std::uint64_t now);
  void take_loads(std::uint64_t now);
  std::uint64_t answered_from(std::uint64_t memory_done) const;
  void memory(std::uint64_t now);
  void ask_memory(Cache& cache);
  void account(const IssueSlot& issue, WarpSlot& slot, std::uint64_t now);
  std::uint32_t issue_of(std::uint32_t slot) const { return slot % design_.issue_width; }

  const Design& design_;
  std::uint32_t number_;
  Work* work_ = nullptr;
  GroupQueue* groups_ = nullptr;
  std::uint64_t now_ = 0, began_ = 0, finished_ = 0;
  std::uint64_t seen_ = 0;  // cycle that ran last
  // When the parts have something to do.
  std::uint64_t lsu_wakes_ = 0, data_wakes_ = 0, instructions_wake_ = 0;
  bool faulted_ = false;
  std::vector<WarpSlot> slots_;
  // Of warp slots, as bits.
  std::uint64_t all_ = 0, active_ = 0, stalled_ = 0, full_ = 0, ready_ = 0;
  std::array<std::uint64_t, kUnits> staged_{};  // by the unit of the staged instruction
  std::vector<Pending> fetching_;               // by slot
  std::deque<std::uint32_t> blocked_;           // slots whose fetched instruction waits for room, in order
  Wheel<Event> events_;
  std::vector<IssueSlot> issue_;
  std::array<std::uint64_t, kUnits> unit_free_{};
  std::deque<std::uint64_t> floats_;  // when those in the float unit leave it
  std::deque<ControlInstruction> control_;
  std::vector<Place> places_;
  std::unique_ptr<Dispatch> dispatch_;
  Cache instruction_cache_, data_cache_;
  Lsu lsu_;
  std::vector<MemoryRequest> requests_;
  std::vector<MemoryRequest> unanswered_;  // of them, reads that have got no answer
  CoreCounts counts_;
  std::vector<std::array<std::uint64_t, kStalls>> stalls_;
};

}  // namespace kiesel::timing
