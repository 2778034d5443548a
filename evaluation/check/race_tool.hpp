// Finds accesses of two work-items to one place that nothing orders. The memory model decides, not the order
// in which the device happens to run them. Threads: one.
#pragma once

#include <array>
#include <deque>
#include <vector>

#include "device/isa/note.hpp"
#include "evaluation/check/launch.hpp"
#include "evaluation/check/memory_map.hpp"
#include "evaluation/check/order.hpp"
#include "evaluation/check/race_shadow.hpp"
#include "evaluation/check/reporter.hpp"

namespace kiesel::check {

// When a launch was submitted, and when it was told to be done, by one clock: commands whose times overlap
// are not ordered.
struct Times {
  std::uint64_t submitted = 0, done = ~std::uint64_t{0};
};

// A command that is no kernel, for one of its sides.
struct Transfer {
  struct Row {
    std::uint64_t begin, bytes;
    std::uint64_t end() const { return begin + bytes; }
  };
  std::string what;  // "copy"
  std::vector<Row> rows;
  bool writes = false;
  Times times;
};

class RaceTool {
 public:
  RaceTool(const MemoryMap& map, Reporter& reporter) : map_(map), reporter_(reporter) {}

  // Whoever gets its place next has nothing to do with who used it.
  void freed(const Allocation& allocation);
  // `unfinished`: when the oldest launch was submitted that has not ended.
  void begin(const LaunchState& launch, std::uint64_t submitted, std::uint64_t unfinished);
  void begin_group(const std::array<std::uint64_t, 3>& group);
  // All work-items have met; `flags` as barrier() has them.
  void meet(unsigned flags);
  void meet_sub_group(unsigned rank);
  void fence(unsigned rank, std::uint64_t mask, unsigned flags);
  void access(const Access& access, const isa::Note& note);
  void end_group();
  // Of the launch that began last: the number by which done() knows it.
  std::uint64_t end();
  void done(std::uint64_t launch, std::uint64_t time);
  void transferred(Transfer transfer);

 private:
  struct Group {
    std::uint32_t begin = 0;  // its first segment
    std::array<std::uint32_t, 3> number{};
  };
  struct Launch {
    std::uint64_t id = 0;
    std::uint32_t begin = 0;
    LaunchState state;
    Times times;
    std::vector<Group> groups;
  };
  struct Side;  // of the access that is looked at
  std::uint32_t segment(unsigned rank) const { return group_begin_ + epoch_ * warps_ + rank; }
  void next_epoch() { ++epoch_; }
  void reset();
  bool settled(const Record& record, std::uint64_t item, unsigned space) const;
  void touch(const Side& side, Use& use, unsigned lane);
  void touch_row(const Side& side);
  void load_together(const Side& side);
  void visit(const Side& side, unsigned lane, std::uint64_t address);
  bool conflict(const Side& side, unsigned lane, const Record& before, bool stored);
  bool scopes_fit(const Side& side, const Record& before, const Launch& of) const;
  void report(const Side& side, unsigned lane, const Record& before, const Launch& of, bool stored);
  bool same_value(const Side& side, unsigned lane, const Record& before) const;
  std::uint64_t value(const Side& side, unsigned lane) const;
  const Launch* launch_of(std::uint32_t segment) const;
  void find_transfers();
  void find_between(const Transfer& transfer, const Launch& launch);
  bool find_in_page(const Transfer& transfer, const Launch& launch, RacePage& page, std::uint64_t begin,
                    std::uint64_t end);
  void report(const Transfer& transfer, const Launch& launch, const Record& record, std::uint64_t address);
  static std::string who(const Launch& launch, const Record& record);
  static const Group* group_of(const Launch& launch, std::uint32_t segment);
  void synchronise(const Side& side);
  Moment moment(unsigned rank, unsigned lane) const;

  const MemoryMap& map_;
  Reporter& reporter_;
  RaceShadow global_, local_;
  Order order_[2];  // by space: fences may be about one of them
  std::deque<Launch> launches_;
  std::vector<Transfer> transfers_;  // that what is not finished yet may overlap
  const LaunchState* launch_ = nullptr;
  std::uint64_t next_id_ = 1;
  std::uint32_t next_ = 1;   // free segment
  std::uint32_t floor_ = 1;  // before it nothing matters any more
  std::uint32_t group_begin_ = 1, epoch_ = 0, warps_ = 1;
  std::array<std::uint32_t, 2> phase_{};
  std::vector<std::uint32_t> met_;  // by warp: its sub-group's last barrier
};

}  // namespace kiesel::check
