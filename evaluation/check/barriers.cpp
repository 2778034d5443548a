#include "evaluation/check/barriers.hpp"

#include <fmt/format.h>

#include <bit>

namespace kiesel::check {
namespace {

// The lanes of the sub-group that has `lane`.
std::uint64_t sub_group_of(unsigned lane, unsigned part) {
  return part ? ~std::uint64_t{0} >> (64 - part) << lane / part * part : ~std::uint64_t{0};
}

}  // namespace

void Barriers::begin(const LaunchState& launch) {
  launch_ = &launch;
  started_.assign(launch.shape.group_warps, 0);
}

void Barriers::begin_group() {
  barriers_.fill(Barrier());
  ended_ = 0;
}

void Barriers::begin_warp(unsigned rank, std::uint64_t mask) { started_[rank] = mask; }
void Barriers::end_warp(unsigned) { ++ended_; }

bool Barriers::arrive(device::ObservedWarp& warp, std::size_t instruction) {
  const isa::Instruction& in = launch_->program->facts()[instruction].in;
  const unsigned lane = first_lane(warp.mask);
  const std::uint64_t number = warp.integers(in.rs1)[lane], count = warp.integers(in.rs2)[lane];
  if (number >= kMost) return false;  // a fault
  if (const auto all = started_[warp.rank]; warp.mask != all)
    report_missing(warp, instruction, all, Kind::kBarrierMissed, "a barrier");
  Barrier& barrier = barriers_[number];
  if (barrier.arrived && barrier.instruction != instruction) report_mixed(warp, instruction, barrier);
  if (!barrier.arrived++) {
    barrier.instruction = instruction;
    barrier.rank = warp.rank;
    barrier.mask = warp.mask;
  }
  if (barrier.arrived < count) return false;
  barrier = {};
  return true;
}

void Barriers::sub_group(const device::ObservedWarp& warp, std::size_t instruction, unsigned part) {
  if (part > 64) return;  // no note of the compiler's
  for (std::uint64_t rest = warp.mask, lanes = 0; rest; rest &= ~lanes) {
    lanes = sub_group_of(first_lane(rest), part);
    if (const auto all = started_[warp.rank] & lanes; (warp.mask & lanes) != all)
      return report_missing(warp, instruction, all, Kind::kSubGroupMissed,
                            "a function of the whole sub-group");
  }
}

void Barriers::report_missing(const device::ObservedWarp& warp, std::size_t instruction,
                              std::uint64_t expected, Kind kind, const char* what) {
  if (!reports_) return;
  const std::uint64_t came = expected & warp.mask, missing = expected & ~warp.mask;
  reporter_.add(*launch_, kind, instruction, Reporter::kNoOther, [&] {
    Finding finding;
    finding.deed = launch_->deed(instruction, what, launch_->who(warp.rank, first_lane(came)));
    finding.what =
        fmt::format("{} of {} work-items of a sub-group come to {}, but not {}", std::popcount(came),
                    std::popcount(expected), what, launch_->who(warp.rank, first_lane(missing)));
    return finding;
  });
}

void Barriers::report_mixed(const device::ObservedWarp& warp, std::size_t instruction, const Barrier& first) {
  if (!reports_) return;
  reporter_.add(*launch_, Kind::kBarrierMixed, instruction, first.instruction, [&] {
    Finding finding;
    finding.deed = launch_->deed(instruction, "barrier", launch_->who(warp.rank, first_lane(warp.mask)));
    finding.other =
        launch_->deed(first.instruction, "barrier", launch_->who(first.rank, first_lane(first.mask)));
    finding.what = "work-items of one work-group meet at different barriers";
    return finding;
  });
}

void Barriers::stuck() {
  if (!reports_) return;
  for (const Barrier& barrier : barriers_) {
    if (!barrier.arrived) continue;
    reporter_.add(*launch_, Kind::kBarrierMissed, barrier.instruction, Reporter::kNoOther, [&] {
      Finding finding;
      finding.deed =
          launch_->deed(barrier.instruction, "barrier", launch_->who(barrier.rank, first_lane(barrier.mask)));
      finding.what = fmt::format(
          "a barrier never opens: {} of {} sub-groups of the work-group wait there, {} "
          "have ended",
          barrier.arrived, launch_->shape.group_warps, ended_);
      return finding;
    });
  }
}

}  // namespace kiesel::check
