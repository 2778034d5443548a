// How a core lets somebody else decide which warp goes on when, and tells step by step what it did.
#include <algorithm>

#include "device/model/core.hpp"
#include "device/model/interpreter/trace.hpp"

namespace kiesel::model {

void Core::open(const LaunchContext& launch, std::uint64_t group, unsigned group_slot) {
  launch_ = &launch;
  if (serial_ != launch.serial) begin(launch);
  begin_group(group);
  state_.group_slot = group_slot;
  state_.timed = true;
}

Warp* Core::seat(Warp* warp, unsigned rank, unsigned slot, const Insn* resume) {
  if (!warp && !(warp = new_warp())) return nullptr;
  warp->core = &state_;
  warp->next = resume ? resume : startup_;
  warp->executed = warp->lane_instructions = warp->counted_until = 0;
  warp->rounding = warp->flags = warp->depth = 0;
  warp->stop = Stop::kNone;
  place(*warp, rank);
  warp->slot = slot;
  if (!resume) engine_.clear_registers(*warp);
  const unsigned count = std::min(group_size_ - rank * state_.lanes, state_.lanes);
  warp->mask = warp->full_mask;
  engine_.set_mask(*warp, warp->full_mask >> (state_.lanes - count));
  return warp;
}

void Core::trace(Warp& warp, std::uint64_t budget, std::uint64_t cycle, Trace& trace) {
  forget_freed();
  state_.cycle = cycle;
  warp.stop = Stop::kNone;
  const std::uint64_t executed = warp.executed, lanes = warp.lane_instructions;
  engine_.run_traced(warp, budget, trace);
  state_.counters.instructions += warp.executed - executed;
  state_.counters.lane_instructions += warp.lane_instructions - lanes;
  if (warp.stop == Stop::kEnded) ++state_.counters.warps;
}

}  // namespace kiesel::model
