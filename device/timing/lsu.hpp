// The load/store unit of a core: a queue, the coalescer that makes words of the data cache from lanes, local
// memory beside it, and the way back of what was loaded.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "device/timing/cache.hpp"
#include "device/timing/calendar.hpp"
#include "device/timing/warp_slot.hpp"

namespace kiesel::timing {

// A load, store or fence that has left the instruction queue.
struct Access {
  std::uint32_t slot = 0;  // of the warp
  Registers writes = 0;
  bool store = false, fence = false;
  std::uint32_t left = 0;   // answers that are still to come
  std::uint32_t parts = 0;  // answers in all
  std::uint32_t lanes = 0;
  std::uint32_t insn = 0;
  std::uint64_t since = 0;  // cycle
};

struct LsuCounts {
  std::uint64_t load_lanes = 0, store_lanes = 0, load_lane_cycles = 0, local_rounds = 0, batches = 0;
};

class Lsu {
 public:
  // What the unit tells its core about: an access that is over, or a part of a load that comes back and takes
  // a turn of the write-back.
  struct Done {
    std::uint64_t cycle = 0;  // at which the result reaches the write-back
    std::uint32_t slot = 0, insn = 0;
    Registers writes = 0;
    bool last = false;
  };

  Lsu(const Design& design, Cache& cache);
  void send(std::uint64_t arrives, std::uint32_t slot, const Pending& instruction);
  // One cycle. The slot whose instruction the queue took, so that its place before the unit is free again, or
  // kNobody.
  // First of all in a cycle: places of what is over are free.
  void settle(std::uint64_t now);
  static constexpr std::uint32_t kNobody = ~std::uint32_t{0};
  std::uint32_t step(std::uint64_t now, const Work& work, const std::vector<WarpSlot>& slots);
  std::uint64_t next(std::uint64_t now) const;
  // Nothing that it has accepted is under way. Before step().
  bool drained() const { return used_ == 0; }
  bool idle() const { return waiting_.empty() && drained(); }

  std::vector<Done> done;  // since the core took them
  LsuCounts counts;

 private:
  struct Waiting {
    std::uint64_t arrives;
    std::uint32_t slot;
    Pending instruction;
  };
  struct Word {
    std::uint64_t line;
    std::uint32_t batch;
    bool first_port;  // whose requests take a cycle more
  };
  struct Queued {
    std::uint64_t ready;
    std::uint32_t access;
    std::vector<Word> words;  // by batch
    std::uint32_t local_rounds;
  };
  std::uint32_t accept(std::uint64_t now, const Work& work, const std::vector<WarpSlot>& slots);
  std::uint32_t allocate();
  void release(std::uint32_t access);
  void find_words(const Work& work, const Seat& seat, const Pending& instruction, Queued& out);
  void coalesce(const std::vector<std::uint64_t>& words, Queued& out) const;
  std::uint32_t rounds();
  void leave_queue(std::uint64_t now);
  void coalesce(std::uint64_t now);
  void send_words(std::uint64_t now);
  void flush(std::uint64_t now);
  void local(std::uint64_t now);
  void take_answers();
  void answer(std::uint64_t cycle, std::uint32_t access, std::uint32_t parts);

  const Design& design_;
  Cache& cache_;
  std::deque<Waiting> waiting_;
  std::deque<Queued> queue_;
  std::vector<Access> accesses_;
  std::vector<std::uint32_t> free_;
  struct Settling {
    std::uint64_t cycle;
    std::uint32_t access;
  };
  std::deque<Settling> settling_;
  std::uint32_t used_ = 0, loads_ = 0;
  bool fence_ = false;  // nothing passes a fence
  bool flushing_ = false;
  std::uint64_t flushed_ = 0;  // not before this cycle
  // The buffer before the coalescer, and what it has sent that banks have not taken.
  bool has_global_ = false, has_local_ = false;
  Queued global_, local_;
  std::size_t word_ = 0;
  std::uint64_t batch_from_ = 0, out_from_ = 0;
  struct Sent {
    MemoryRequest request;
    bool first_port;
  };
  std::vector<Sent> out_;
  std::uint64_t local_free_ = 0;
  Calendar answers_;                                // of the way back
  std::vector<std::uint64_t> lanes_, local_words_;  // of one access
  std::vector<std::uint8_t> per_bank_;
};

}  // namespace kiesel::timing
