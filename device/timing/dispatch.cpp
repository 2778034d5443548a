#include "device/timing/dispatch.hpp"

#include <algorithm>

namespace kiesel::timing {
namespace {

// As many work-groups as there is local memory for, at most one a slot.
std::size_t places_of(const Design& design, const LaunchShape& shape) {
  const std::uint64_t unit = design.local_unit;
  const std::uint64_t bytes = (shape.local_bytes + unit - 1) / unit * unit;
  const std::uint64_t fit = bytes ? design.local_bytes / bytes : design.warps;
  return std::max<std::uint64_t>(1, std::min<std::uint64_t>(fit, design.warps));
}

}  // namespace

std::uint64_t groups_at_a_time(const Design& design, const LaunchShape& shape) {
  const std::uint64_t with_warps = std::max(1u, design.warps / shape.warps);
  return design.cores * std::min<std::uint64_t>(places_of(design, shape), with_warps);
}

Dispatch::Dispatch(const Design& design, const LaunchShape& shape, std::uint64_t from)
    : design_(design), shape_(shape), left_(places_of(design, shape)), from_(from) {}

bool Dispatch::begin(std::uint64_t now, GroupQueue& groups) {
  if (now < from_ || groups.next == groups.end || left_[tail_]) return false;
  place_ = tail_;
  tail_ = tail_ + 1 == left_.size() ? 0 : tail_ + 1;
  left_[place_] = shape_.warps;
  ++open_;
  group_ = groups.next++;
  rank_ = 0;
  given_ = 0;
  dispatching_ = true;
  chosen_ = false;
  from_ = now + 1;
  return true;
}

bool Dispatch::step(std::uint64_t now, std::uint64_t idle, GroupQueue& groups, Start& start) {
  while (!freed_.empty() && freed_.front().cycle <= now) {
    if (--left_[freed_.front().place] == 0) --open_;
    freed_.pop_front();
  }
  if (!dispatching_) {
    begin(now, groups);
    return false;
  }
  if (now < from_) return false;
  const bool starts = chosen_;
  if (starts) start = {slot_, place_, rank_++, group_};
  const bool last = starts && rank_ == shape_.warps;
  const std::uint64_t open = idle & ~given_ & ~(starts ? std::uint64_t{1} << slot_ : 0);
  chosen_ = !last && open;
  if (chosen_) {
    slot_ = static_cast<std::uint32_t>(__builtin_ctzll(open));
    if (design_.one_warp_a_slot) given_ |= std::uint64_t{1} << slot_;
  }
  if (last) {
    dispatching_ = false;
    from_ = now + design_.group_cycles - 1;
  }
  return starts;
}

void Dispatch::ended(std::uint64_t now, std::uint32_t place) {
  freed_.push_back({now + design_.free_cycles, place});
}

std::uint64_t Dispatch::next(std::uint64_t now, std::uint64_t idle, const GroupQueue& groups) const {
  std::uint64_t at = freed_.empty() ? kNever : std::max(now, freed_.front().cycle);
  if (dispatching_) return chosen_ || idle & ~given_ ? std::max(now, from_) : at;
  if (groups.next != groups.end && !left_[tail_]) at = std::min(at, std::max(now, from_));
  return at;
}

}  // namespace kiesel::timing
