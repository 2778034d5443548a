// How a core runs warps through translated code, and where that and the interpreter take turns.
#include <algorithm>
#include <bit>

#include "device/model/core.hpp"

namespace kiesel::model {
namespace {

// Instructions that a warp runs before another of its group has its turn: bounds the time to cancel a launch
// and lets a group whose warps wait for each other through memory make progress.
constexpr std::uint64_t kTurn = 1 << 18;
constexpr unsigned kCallsBetweenLooks = 64;   // at must_end(), of segments
constexpr std::uint64_t kTracedSteps = 1024;  // at a time: they stay in the host's cache

bool stores(const Insn& insn) {
  const isa::Format format = isa::info(insn.op).format;
  return format == isa::Format::kStore || format == isa::Format::kFloatStore ||
         format == isa::Format::kAtomic;
}

}  // namespace

// What is the same for all groups of a launch.
void Core::begin_context(const LaunchContext& launch) {
  context_.module_base = launch.module->base();
  context_.window_end = state_.private_window.end;
  context_.window_bytes = state_.private_window.end - state_.private_window.begin;
  context_.insns = state_.code->insns.data();
  context_.step = step;
  context_.ends_inside = ends_inside;
  context_.poll = poll;
  const auto set = [&](TableCsr number, std::uint64_t value) { csr(number) = value; };
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
  context_.barrier_weight = state_.group_warps > 1;
}

// A translation that has come since the last group.
void Core::take_over() {
  const KernelTranslation* const translation = launch_->translation;
  const HostKernel* kernel = translation ? translation->kernel() : nullptr;
  if (kernel == installed_.kernel) return;
  installed_.kernel = kernel;
  installed_.sites.assign(kernel ? kernel->sites().size() : 0, SiteRange());
  const std::size_t lines = kernel ? kernel->frame_bytes() / sizeof(Installed::Line) : 0;
  installed_.frames.resize(lines * state_.warps);
}

void Core::interpret(Slot& slot) {
  Warp& warp = *slot.warp;
  const bool begins = !slot.begun;
  if (begins) {
    slot.begun = true;
    if (slot.serial != serial_) engine_.clear_registers(warp);
    slot.serial = serial_;
    engine_.set_mask(warp, warp.mask);
  }
  const std::uint64_t before = warp.executed;
  if (launch_->observer)
    run_observed(warp, begins);
  else if (launch_->counted)
    run_counted(warp);
  else
    engine_.run(warp, kTurn);
  interpreted_ += warp.executed - before;
}

// A turn as engine_.run() does it.
void Core::run_counted(Warp& warp) {
  Trace& trace = counted_->trace;
  for (std::uint64_t done = 0; done < kTurn && warp.stop == Stop::kNone; done += kTracedSteps) {
    trace.clear();
    engine_.run_traced(warp, kTracedSteps, trace);
    counted_->counting.add(state_, trace.steps, trace);
  }
}

void Core::run_observed(Warp& warp, bool begins) {
  if (begins) launch_->observer->begin_warp(warp.rank, warp.mask);
  engine_.run_observed(warp, kTurn, *launch_->observer, launch_->interests.data());
  if (warp.stop == Stop::kEnded) launch_->observer->end_warp(warp.rank);
}

device::ObservedLaunch Core::observed(const LaunchContext& launch) {
  if (serial_ != launch.serial) begin(launch);
  const Code& code = *state_.code;
  device::ObservedLaunch out;
  out.code = {reinterpret_cast<const std::uint32_t*>(code.begin), (code.end - code.begin) / 4};
  out.private_begin = state_.private_window.begin;
  out.private_end = state_.private_window.end;
  out.local_begin = state_.local_base;
  out.local_bytes = launch.local_memory_bytes;
  out.block_begin = state_.launch_block;
  out.block_bytes = sizeof launch.header + launch.arguments.size();
  out.local_size = state_.grid.local_size;
  out.first_global_id = state_.grid.first_global_id;
  for (int d = 0; d < 3; ++d) out.first_group[d] = launch.header.first_group[d];
  out.lanes = state_.lanes;
  out.group_warps = state_.group_warps;
  return out;
}

void Core::move_counts_to(device::LaunchCounts& sum) {
  if (counted_) counted_->counting.move_to(sum);
}

// What the code reads for the slot's warps. Those of code without barriers have one private memory in turn.
void Core::begin_segments(const Slot& slot) {
  const bool wait = installed_.kernel->segments().size() > 1;
  context_.end_rank = slot.end;
  context_.local_ids = &local_ids_.data()->of;
  context_.frames = installed_.frames.empty() ? nullptr : installed_.frames.data()->bytes;
  context_.frame_bytes = installed_.kernel->frame_bytes();
  context_.private_memory = private_memory_ + (wait ? 0 : slot.first * private_stride_);
  context_.private_stride = wait ? private_stride_ : 0;
  context_.sites = installed_.sites.data();
}

// kStop: the warp's `stop` says why, or its turn is over. kLeave: the launch must end.
Core::Next Core::run_segments(Slot& slot) {
  const auto& segments = installed_.kernel->segments();
  Warp& warp = *slot.warp;
  begin_segments(slot);
  for (unsigned calls = 1;; ++calls) {
    const bool whole = slot.end - slot.first == state_.group_warps;
    const std::uint64_t groups = whole && slot.segment == 0 ? groups_left_ : 0;
    context_.rank = slot.first;
    context_.segment = slot.segment;
    context_.chains = whole ? kCallsBetweenLooks : 0;
    context_.more_groups = groups;
    context_.poll_at = kTurn;
    asked_to_give_way_ = false;
    const std::uint64_t result = segments[slot.segment].run(&warp, &context_);
    slot.segment = static_cast<std::uint32_t>(context_.segment);
    if (groups != context_.more_groups) count_groups(groups - context_.more_groups);
    const auto exit = static_cast<Exit>(static_cast<std::uint32_t>(result));
    const auto more = static_cast<std::uint32_t>(result >> 32);
    if (exit == Exit::kApart || exit == Exit::kInterpret || exit == Exit::kYield) {
      take_place(warp);
      if (!part(slot)) return Next::kStop;
      begin_segments(slot);
    }
    const bool wait = exit == Exit::kBarrier || (exit == Exit::kApart && more != kWarpEnded);
    if (wait) {
      if (!arrive(slot, more)) return Next::kStop;
      if (whole || calls % kCallsBetweenLooks == 0) {
        if (launch_->must_end()) return Next::kLeave;
        forget_freed();
      }
      continue;
    }
    switch (exit) {
      case Exit::kInterpret:
        slot.translated = false;
        slot.begun = true;
        warp.next = state_.code->insns.data() + more;
        engine_.set_mask(warp, warp.mask);
        ++state_.counters.given_back;
        return Next::kInterpret;
      case Exit::kYield:
        slot.segment = more;
        return Next::kStop;
      case Exit::kFault:
        take_place(warp);
        if (warp.stop != Stop::kFault) raise(warp, warp.next, FaultKind::kNone, 0);
        return Next::kStop;
      case Exit::kStopped:
        return Next::kLeave;
      default:
        warp.stop = Stop::kEnded;
        return Next::kStop;
    }
  }
}

// The slot's warps are to go on with a segment that is behind a barrier. False when they have to wait.
bool Core::arrive(Slot& slot, std::uint32_t segment) {
  const HostKernel::Segment& next = installed_.kernel->segments()[segment];
  const unsigned count = slot.end - slot.first;
  slot.segment = segment;
  if (state_.group_warps == 1) return true;
  if (count == state_.group_warps) {
    ++state_.counters.barriers;
    return true;
  }
  slot.warp->next = state_.code->insns.data() + next.first;
  return !wait_at(*slot.warp, next.barrier, arrive_at(state_, next.barrier, count, state_.group_warps));
}

// The warp that a segment came to has something of its own to do: the slot keeps that warp only. Those before
// it have done what the segment says, those behind it are still to run. False after a fault.
bool Core::part(Slot& slot) {
  const Slot all = slot;
  slot.first = slot.warp->rank;
  slot.end = slot.first + 1;
  const auto earlier = static_cast<std::uint32_t>(context_.earlier);
  if (all.first < slot.first) {
    Slot* before = new_slot(all, all.first, slot.first);
    if (!before) return false;
    if (earlier == kWarpEnded) {
      before->warp->stop = Stop::kEnded;
      leave_if_ended(live_ - 1);
    } else {
      arrive(*before, earlier);
    }
  }
  return slot.end == all.end || new_slot(all, slot.end, all.end);
}

Core::Slot* Core::new_slot(const Slot& like, unsigned first, unsigned end) {
  Slot& slot = slots_[live_];
  if (!prepare(slot)) {
    like.warp->stop = Stop::kFault;
    return nullptr;
  }
  ++live_;
  start(slot, first);
  slot.end = end;
  slot.segment = like.segment;
  return &slot;
}

// Those that a call has done besides the one that is running now.
void Core::count_groups(std::uint64_t groups) {
  CoreCounters& counters = state_.counters;
  counters.groups += groups;
  counters.warps += groups * state_.group_warps;
  counters.translated_warps += groups * state_.group_warps;
  groups_left_ -= groups;
}

// Not asked for after each call: what a call has just stored would have to be read again.
CoreCounters Core::take_counters() {
  state_.counters.instructions += std::exchange(context_.executed, 0);
  state_.counters.lane_instructions += std::exchange(context_.lane_instructions, 0);
  state_.counters.barriers += std::exchange(context_.barriers, 0);
  return std::exchange(state_.counters, {});
}

// The warp is the one that the segment has come to.
void Core::take_place(Warp& warp) {
  if (warp.rank != context_.rank) place(warp, static_cast<unsigned>(context_.rank));
  warp.private_memory = context_.private_memory + context_.rank * context_.private_stride;
  for (unsigned d = 0; d < 3; ++d)
    state_.group[d] = context_.csrs[static_cast<std::size_t>(TableCsr::group_id_x) + d];
}

// What the interpreter has run counts towards a translation.
void Core::count_interpreted() {
  if (!interpreted_) return;
  KernelTranslation* const translation = launch_->translation;
  if (translation && translation->is_cold()) launch_->translations->count(*translation, interpreted_);
  interpreted_ = 0;
}

// Where a load has passed a store may not.
bool Core::is_read_only(const Range& range) const {
  const auto found = state_.memory->find(range.begin);
  return !found || !takes_stores(found->kind);
}

// Called by translated code. Its counters are not in the warp: the mask changes without their account.
bool Core::step(void* at, std::uint32_t index, std::uint32_t site, std::uint64_t mask) {
  Warp& warp = *static_cast<Warp*>(at);
  Core& core = *warp.core->runner;
  ++core.state_.counters.steps;
  core.take_place(warp);
  warp.counted_until = warp.executed;
  core.engine_.set_mask(warp, mask);
  const Insn* insn = core.state_.code->insns.data() + index;
  if (!insn->run[warp.partial](warp, insn)) return false;
  core.engine_.unfold(warp, *insn);
  if (site == kNoSite) return true;
  const Range& range = core.state_.ranges[insn->slot];
  const Translation::Site& of = core.installed_.kernel->sites()[site];
  if (of.writes && !stores(*insn) && core.is_read_only(range)) {
    core.installed_.sites[site] = {};
    return true;
  }
  const std::uint64_t bytes = range.end - range.begin, unit = std::uint64_t{1} << of.shift;
  std::uint64_t limit = bytes >= of.span ? (bytes - of.span) / unit + 1 : 0;
  if (range.begin & (unit - 1)) limit = 0;
  if (of.is_offset) limit = std::min(limit, kMostUnits);
  core.installed_.sites[site] = {range.begin, limit, range.end};
  return true;
}

bool Core::ends_inside(void* at, std::uint32_t site, std::uint64_t address, std::uint64_t stride,
                       std::uint64_t bytes, std::uint64_t mask) {
  const Core& core = *static_cast<Warp*>(at)->core->runner;
  const SiteRange& range = core.installed_.sites[site];
  const std::uint64_t all = range.end - range.begin;
  const std::uint64_t unit = std::uint64_t{1} << core.installed_.kernel->sites()[site].shift;
  const auto inside = [&](int lane) {
    return address + static_cast<std::uint64_t>(lane) * stride - range.begin <= all - bytes;
  };
  return all >= bytes && (address & (unit - 1)) == 0 && inside(std::countr_zero(mask)) &&
         inside(63 - std::countl_zero(mask));
}

bool Core::poll(void* at, std::uint64_t executed, bool waits) {
  Core& core = *static_cast<Warp*>(at)->core->runner;
  if (core.launch_->must_end()) return false;
  core.forget_freed();
  core.context_.poll_at = executed + kTurn;
  core.asked_to_give_way_ = waits && core.others_wait_;
  return !core.asked_to_give_way_;
}

}  // namespace kiesel::model
