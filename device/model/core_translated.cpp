// How a core runs warps through translated code, and where that and the interpreter take turns.
#include <algorithm>

#include "device/model/core.hpp"

namespace kiesel::model {
namespace {

// Instructions that a warp runs before another of its group has its turn: bounds the time to cancel a launch
// and lets a group whose warps wait for each other through memory make progress.
constexpr std::uint64_t kTurn = 1 << 18;

std::uint64_t& csr(WarpContext& context, TableCsr number) {
  return context.csrs[static_cast<std::size_t>(number)];
}

}  // namespace

// What is the same for all groups of a launch.
void Core::begin_context(const LaunchContext& launch) {
  context_.module_base = launch.module->base();
  context_.window_end = state_.private_window.end;
  context_.window_bytes = state_.private_window.end - state_.private_window.begin;
  context_.insns = state_.code->insns.data();
  context_.step = step;
  context_.poll = poll;
  const auto set = [&](TableCsr number, std::uint64_t value) { csr(context_, number) = value; };
  set(TableCsr::mscratch, state_.launch_block);
  set(TableCsr::group_slot, 0);
  set(TableCsr::group_warps, state_.group_warps);
  set(TableCsr::local_size_x, state_.grid.local_size[0]);
  set(TableCsr::local_size_y, state_.grid.local_size[1]);
  set(TableCsr::local_size_z, state_.grid.local_size[2]);
  set(TableCsr::num_groups_x, state_.grid.groups[0]);
  set(TableCsr::num_groups_y, state_.grid.groups[1]);
  set(TableCsr::num_groups_z, state_.grid.groups[2]);
  set(TableCsr::group_local, state_.local_base);
  set(TableCsr::local_base, state_.local_base);
  set(TableCsr::kernel_entry, state_.kernel_entry);
  set(TableCsr::num_lanes, state_.lanes);
  set(TableCsr::num_warps, state_.warps);
  set(TableCsr::num_cores, state_.cores);
  set(TableCsr::num_barriers, kNumBarriers);
}

// Translations that have come since the last group.
void Core::take_over() {
  for (unsigned partial = 0; partial < 2; ++partial) {
    const auto& translation = launch_->translation[partial];
    const HostKernel* kernel = translation ? translation->kernel() : nullptr;
    Installed& installed = installed_[partial];
    if (kernel == installed.kernel) continue;
    installed.kernel = kernel;
    installed.reads_local_ids = kernel && translation->needs_local_ids();
    installed.sites.assign(kernel ? kernel->sites().size() : 0, SiteRange());
  }
  if (!installed_[0].kernel && !installed_[1].kernel) return;
  csr(context_, TableCsr::core_id) = state_.id;
  csr(context_, TableCsr::group_id_x) = state_.group[0];
  csr(context_, TableCsr::group_id_y) = state_.group[1];
  csr(context_, TableCsr::group_id_z) = state_.group[2];
}

bool Core::run(Slot& slot) {
  Warp& warp = *slot.warp;
  if (slot.translated) {
    const HostKernel::Segment* segment = slot.begun ? segment_at(slot) : &slot.translated->kernel->startup();
    slot.begun = true;
    if (segment) {
      const Next next = run_segments(slot, segment);
      if (next != Next::kInterpret) return next == Next::kStop;
    }
  } else if (!slot.begun) {
    slot.begun = true;
    if (slot.serial != serial_) engine_.clear_registers(warp);
    slot.serial = serial_;
    number_work_items(warp);
    engine_.set_mask(warp, warp.mask);
  }
  slot.kept = false;
  if (!warp.numbered) number_work_items(warp);
  const std::uint64_t before = warp.executed;
  engine_.run(warp, kTurn);
  interpreted_[slot.partial] += warp.executed - before;
  return true;
}

// The segment that a warp can go on with.
const HostKernel::Segment* Core::segment_at(const Slot& slot) const {
  Warp& warp = *slot.warp;
  const auto* segment =
      slot.translated->kernel->at(static_cast<std::uint32_t>(warp.next - state_.code->insns.data()));
  if (!segment || slot.kept) return segment;  // translated code left the registers as the segment wants them
  const unsigned count = std::min(group_size_ - warp.rank * state_.lanes, state_.lanes);
  const std::uint64_t lanes = warp.full_mask >> (state_.lanes - count);
  const auto fits = [&](const Translation::EntryRegister& entry) { return engine_.fit(warp, entry, lanes); };
  return std::all_of(segment->entry.begin(), segment->entry.end(), fits) ? segment : nullptr;
}

// kStop: the warp's `stop` says why, or its turn is over. kLeave: the launch must end.
Core::Next Core::run_segments(Slot& slot, const HostKernel::Segment* segment) {
  Warp& warp = *slot.warp;
  Installed& installed = *slot.translated;
  context_.rank = warp.rank;
  context_.end_rank = slot.end_rank;
  context_.first_ids = reinterpret_cast<const std::uint64_t(*)[3]>(first_ids_.data());
  context_.ended_warps = context_.ended_instructions = context_.ended_lane_instructions = 0;
  context_.sites = installed.sites.data();
  running_ = &installed;
  asked_to_give_way_ = false;
  if (installed.reads_local_ids && !warp.numbered) number_work_items(warp);
  const std::uint64_t turn_end = warp.executed + kTurn;
  context_.poll_at = turn_end;
  while (segment) {
    const std::uint64_t result = segment->run(&warp, &context_);
    take_rank(warp);
    switch (static_cast<Exit>(static_cast<std::uint32_t>(result))) {
      case Exit::kEnded:
        warp.stop = Stop::kEnded;
        slot.ended_translated = true;
        count_ended();
        return Next::kStop;
      case Exit::kInterpret:
        count_ended();
        to_interpreter(warp, result >> 32);
        if (asked_to_give_way_) return Next::kStop;
        ++state_.counters.given_back;
        return Next::kInterpret;
      case Exit::kInterpretOne:
        count_ended();
        warp.next = state_.code->insns.data() + (result >> 32);
        engine_.set_mask(warp, warp.mask);
        slot.kept = true;
        if (!interpret_one(warp, turn_end)) return Next::kStop;
        segment = segment_at(slot);
        break;
      case Exit::kFault:
        if (warp.stop != Stop::kFault) raise(warp, warp.next, FaultKind::kNone, 0);
        return Next::kStop;
      case Exit::kStopped:
        return Next::kLeave;
    }
  }
  ++state_.counters.given_back;
  return Next::kInterpret;
}

// The warp is the one that the segment has come to.
void Core::take_rank(Warp& warp) {
  if (warp.rank == context_.rank) return;
  warp.rank = static_cast<unsigned>(context_.rank);
  warp.numbered = false;
}

// Warps that ended in a segment. The one whose state it had is not among them for finish().
void Core::count_ended() {
  state_.counters.warps += context_.ended_warps;
  state_.counters.translated_warps += context_.ended_warps;
  state_.counters.instructions += context_.ended_instructions;
  state_.counters.lane_instructions += context_.ended_lane_instructions;
  context_.ended_warps = context_.ended_instructions = context_.ended_lane_instructions = 0;
}

// The segment wrote the mask and the counters as they are now.
void Core::to_interpreter(Warp& warp, std::uint64_t insn) {
  warp.next = state_.code->insns.data() + insn;
  engine_.set_mask(warp, warp.mask);
  if (!warp.numbered) number_work_items(warp);
}

// False when the warp cannot go on now.
bool Core::interpret_one(Warp& warp, std::uint64_t turn_end) {
  ++state_.counters.steps;
  engine_.run(warp, 1);
  return warp.stop == Stop::kNone && warp.executed < turn_end;
}

// What the interpreter has run counts towards a translation.
void Core::count_interpreted() {
  for (unsigned partial = 0; partial < 2; ++partial) {
    if (!interpreted_[partial]) continue;
    const auto& translation = launch_->translation[partial];
    if (translation && translation->is_cold())
      launch_->translations->count(translation, interpreted_[partial]);
    interpreted_[partial] = 0;
  }
}

// Called by translated code. Its counters are not in the warp: the mask changes without their account.
bool Core::step(void* at, std::uint32_t index, std::uint32_t site, std::uint64_t mask) {
  Warp& warp = *static_cast<Warp*>(at);
  Core& core = *warp.core->runner;
  ++core.state_.counters.steps;
  core.take_rank(warp);
  if (!warp.numbered) core.number_work_items(warp);
  warp.counted_until = warp.executed;
  core.engine_.set_mask(warp, mask);
  const Insn* insn = core.state_.code->insns.data() + index;
  if (!insn->run[warp.partial](warp, insn)) return false;
  core.engine_.unfold(warp, *insn);
  if (site == kNoSite) return true;
  const Range& range = core.state_.ranges[insn->slot];
  const std::uint64_t bytes = range.end - range.begin, span = core.running_->kernel->sites()[site].span;
  core.running_->sites[site] = {range.begin, bytes >= span ? bytes - (span - 1) : 0};
  return true;
}

bool Core::poll(void* at, std::uint64_t executed, bool waits) {
  Core& core = *static_cast<Warp*>(at)->core->runner;
  if (core.launch_->must_end()) return false;
  core.context_.poll_at = executed + kTurn;
  core.asked_to_give_way_ = waits && core.others_wait_;
  return !core.asked_to_give_way_;
}

}  // namespace kiesel::model
