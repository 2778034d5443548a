// Hands out work-groups to the slots of a core.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "device/timing/work.hpp"

namespace kiesel::timing {

// Work-groups of a launch that no core has begun, in order.
struct GroupQueue {
  std::uint64_t next = 0, end = 0;
};

// So many are under way at a time on the whole design.
std::uint64_t groups_at_a_time(const Design& design, const LaunchShape& shape);

class Dispatch {
 public:
  struct Start {  // a warp that begins
    std::uint32_t slot = 0, place = 0, rank = 0;
    std::uint64_t group = 0;
  };

  Dispatch(const Design& design, const LaunchShape& shape, std::uint64_t from);
  // One cycle; `idle`: slots without a warp. True when a warp starts; it can be fetched from the next cycle
  // on.
  bool step(std::uint64_t now, std::uint64_t idle, GroupQueue& groups, Start& start);
  // A warp of the place has ended.
  void ended(std::uint64_t now, std::uint32_t place);
  std::uint64_t next(std::uint64_t now, std::uint64_t idle, const GroupQueue& groups) const;
  bool idle() const { return !dispatching_ && open_ == 0; }

 private:
  struct Freed {
    std::uint64_t cycle;
    std::uint32_t place;
  };
  bool begin(std::uint64_t now, GroupQueue& groups);

  const Design& design_;
  const LaunchShape& shape_;
  std::vector<std::uint32_t> left_;  // warps of the place's work-group that have not ended; 0: free
  std::deque<Freed> freed_;
  std::uint32_t place_ = 0, tail_ = 0, rank_ = 0, open_ = 0;
  std::uint64_t group_ = 0, from_ = 0;
  std::uint64_t given_ = 0;  // slots that have got a warp of this work-group
  bool dispatching_ = false, chosen_ = false;
  std::uint32_t slot_ = 0;
};

}  // namespace kiesel::timing
