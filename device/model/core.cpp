#include "device/model/core.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "support/clock.hpp"

namespace kiesel::model {

bool LaunchContext::must_end() const {
  return cancelled->load(std::memory_order_relaxed) || (deadline_ns && now_ns() >= deadline_ns);
}

void LaunchContext::write_block(Address block, std::span<const std::byte> from) const {
  auto* const bytes = reinterpret_cast<std::byte*>(block);
  std::memcpy(bytes, &header, sizeof header);
  if (!from.empty()) std::memcpy(bytes + sizeof header, from.data(), from.size());
}

Result<std::unique_ptr<Core>> Core::create(Memory& memory, const Engine& engine,
                                           const Configuration& configuration, unsigned id) {
  auto core = std::unique_ptr<Core>(new Core(engine));
  const isa::Target& target = configuration.target;
  CoreState& state = core->state_;
  state.runner = core.get();
  state.memory = &memory;
  core->index_ = id;
  core->stand_for(id);
  state.lanes = target.lanes;
  state.warps = target.warps;
  state.cores = configuration.cores;
  state.private_window = memory.private_window();
  core->local_bytes_ = target.local_memory_bytes;
  const auto local = memory.allocate(target.local_memory_bytes, 4096, Memory::Kind::kLocal);
  if (!local) return local.error();
  memory.label(*local, fmt::format("local memory of core {}", id));
  state.local_base = *local;
  const auto block =
      memory.allocate(kCoreBlockBytes, kCoreBlockBytes, Memory::Kind::kLaunch, "kernel arguments");
  if (!block) return block.error();
  core->launch_block_ = *block;
  core->private_stride_ = configuration.private_memory_bytes * target.lanes;
  core->private_bytes_ = core->private_stride_ * target.warps;
  void* memory_of_lanes = mmap(nullptr, core->private_bytes_, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory_of_lanes == MAP_FAILED)
    return Error{Errc::kOutOfMemory,
                 fmt::format("no room for {} bytes of private memory", core->private_bytes_)};
  core->private_memory_ = static_cast<std::byte*>(memory_of_lanes);
  core->slots_.resize(target.warps);
  return core;
}

Core::~Core() {
  for (const Slot& slot : slots_) engine_.destroy_warp(slot.warp);
  if (private_memory_) munmap(private_memory_, private_bytes_);
  if (launch_block_) state_.memory->free(launch_block_);
  if (state_.local_base) state_.memory->free(state_.local_base);
}

void Core::begin(const LaunchContext& launch) {
  const Code& code = launch.module->code();
  // Hardware hands out local memory in units of 64 bytes.
  const std::uint64_t unit = state_.memory->bounds() == Memory::Bounds::kExact ? 1 : 64;
  const Range local{state_.local_base,
                    state_.local_base + (launch.local_memory_bytes + unit - 1) / unit * unit};
  const std::uint64_t epoch = state_.memory->epoch();
  if (state_.owner != launch.owner) wipe();
  if (state_.owner != launch.owner || state_.code != &code || epoch != epoch_ ||
      local.end != state_.local.end || code.slots != state_.ranges.size()) {
    state_.ranges.assign(code.slots, Range());
    installed_ = {};
  }
  epoch_ = epoch;
  holder_.begins(launch.epoch);
  holder_.has_forgotten_until(epoch);
  interpreted_ = 0;  // what a fault left
  serial_ = launch.serial;
  state_.code = &code;
  state_.owner = launch.owner;
  state_.local = local;
  state_.grid = launch.grid;
  state_.launch_block = launch.launch_block ? launch.launch_block : launch_block_;
  if (!launch.launch_block) launch.write_block(launch_block_, launch.arguments);
  state_.kernel_entry = launch.kernel_entry;
  const auto& size = launch.grid.local_size;
  group_size_ = size[0] * size[1] * size[2];
  state_.group_warps = (group_size_ + state_.lanes - 1) / state_.lanes;
  startup_ = launch.module->startup();
  find_local_ids();
  begin_context(launch);
  if (!launch.counted) return;
  if (!counted_) counted_ = std::make_unique<Counted>();
  counted_->counting.begin(code);
}

// A launch of another owner finds nothing of the ones before.
void Core::wipe() {
  std::memset(reinterpret_cast<void*>(state_.local_base), 0, local_bytes_);
  std::memset(reinterpret_cast<void*>(launch_block_), 0, kCoreBlockBytes);
  madvise(private_memory_, private_bytes_, MADV_DONTNEED);
}

// What was freed, or lost, since the core looked: where accesses went has to be found anew.
void Core::forget_freed() {
  const std::uint64_t epoch = state_.memory->epoch();
  if (epoch == epoch_) return;
  std::fill(state_.ranges.begin(), state_.ranges.end(), Range());
  std::fill(installed_.sites.begin(), installed_.sites.end(), SiteRange());
  epoch_ = epoch;
  holder_.has_forgotten_until(epoch);
}

void Core::find_local_ids() {
  const auto& size = state_.grid.local_size;
  if (size == numbered_size_) return;
  numbered_size_ = size;
  local_ids_.resize(state_.group_warps);
  std::uint32_t x = 0, y = 0, z = 0;
  for (LocalIds& ids : local_ids_)
    for (unsigned lane = 0; lane < state_.lanes; ++lane) {
      ids.of[0][lane] = x;
      ids.of[1][lane] = y;
      ids.of[2][lane] = z;
      if (++x < size[0]) continue;
      x = 0;
      if (++y < size[1]) continue;
      y = 0;
      ++z;
    }
}

// Null when there is no memory for the warp's registers.
Warp* Core::new_warp() {
  Warp* const warp = engine_.make_warp();
  if (!warp) {
    state_.fault = Fault();
    state_.fault.detail = "no memory for the registers of a warp";
    return nullptr;
  }
  warp->core = &state_;
  warp->lanes = state_.lanes;
  warp->full_mask = state_.lanes == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << state_.lanes) - 1;
  return warp;
}

bool Core::prepare(Slot& slot) {
  if (slot.warp) return true;
  slot.warp = new_warp();
  slot.serial = serial_;
  return slot.warp;
}

void Core::place(Warp& warp, unsigned rank) {
  warp.rank = warp.slot = rank;
  warp.reserved = 0;
  warp.private_memory = private_memory_ + rank * private_stride_;
  warp.in_a_row = state_.grid.local_size[0] == group_size_;
  warp.local_ids = local_ids_[rank].of;
}

// At the kernel's start: warp `rank`, and those that translated code goes on with.
void Core::start(Slot& slot, unsigned rank) {
  Warp& warp = *slot.warp;
  warp.next = startup_;
  warp.executed = warp.lane_instructions = warp.counted_until = 0;
  warp.rounding = warp.flags = warp.depth = 0;
  warp.stop = Stop::kNone;
  const unsigned count = std::min(group_size_ - rank * state_.lanes, state_.lanes);
  warp.mask = warp.full_mask >> (state_.lanes - count);
  place(warp, rank);
  slot.begun = false;
  slot.segment = 0;
  slot.translated = installed_.kernel;
  slot.first = rank;
  slot.end = slot.translated ? state_.group_warps : rank + 1;
}

void Core::finish(const Slot& slot) {
  const unsigned count = slot.end - slot.first;
  state_.active_warps &= ~(~std::uint64_t{0} >> (64 - count) << slot.first);
  state_.counters.warps += count;
  state_.counters.translated_warps += slot.translated ? count : 0;
  state_.counters.instructions += slot.warp->executed;
  state_.counters.lane_instructions += slot.warp->lane_instructions;
}

void Core::begin_group(std::uint64_t group) {
  const auto& groups = state_.grid.groups;
  std::uint64_t x = group, y = 0, z = 0;
  if (groups[0] != state_.grid.total_groups()) {
    x = group % groups[0];
    y = group / groups[0] % groups[1];
    z = group / groups[0] / groups[1];
  }
  state_.group = {x, y, z};
  csr(TableCsr::group_id_x) = x;
  csr(TableCsr::group_id_y) = y;
  csr(TableCsr::group_id_z) = z;
  state_.active_warps = ~std::uint64_t{0} >> (64 - state_.group_warps);
  if (state_.barriers_used) state_.barriers.fill(BarrierState());
  state_.barriers_used = false;
  ++state_.counters.groups;
  if (launch_->counted) counted_->counting.started(1, state_.group_warps);
  take_over();
}

Core::Outcome Core::run_groups(const LaunchContext& launch, std::uint64_t first, std::uint64_t end) {
  launch_ = &launch;
  if (serial_ != launch.serial) begin(launch);
  for (groups_left_ = end - first; groups_left_ != 0;) {  // run_segments() may do several at once
    begin_group(end - groups_left_--);
    if (launch.observer) launch.observer->begin_group(state_.group);
    const Outcome outcome = run_group(launch);
    if (launch.observer && outcome == Outcome::kDone) launch.observer->end_group();
    if (outcome != Outcome::kDone) return outcome;
  }
  return Outcome::kDone;
}

// Warps that end at once leave their registers, still in the host's cache, to the next ones; those that stop
// at a barrier wait in slots of their own until all are there.
Core::Outcome Core::run_group(const LaunchContext& launch) {
  live_ = 0;
  for (unsigned rank = 0; rank < state_.group_warps;) {
    const std::size_t slot = live_;
    if (!prepare(slots_[slot])) return Outcome::kFault;
    start(slots_[slot], rank);
    ++live_;
    rank = slots_[slot].end;
    others_wait_ = state_.group_warps > 1;
    if (!run(slots_[slot])) return Outcome::kStopped;
    if (slots_[slot].warp->stop == Stop::kFault) return Outcome::kFault;
    leave_if_ended(slot);
  }
  const Outcome outcome = live_ ? run_together(launch) : Outcome::kDone;
  count_interpreted();
  return outcome;
}

bool Core::run(Slot& slot) {
  forget_freed();
  if (slot.translated) {
    const Next next = run_segments(slot);
    if (next != Next::kInterpret) return next == Next::kStop;
  }
  interpret(slot);
  return true;
}

bool Core::leave_if_ended(std::size_t slot) {
  if (slots_[slot].warp->stop != Stop::kEnded) return false;
  finish(slots_[slot]);
  if (slot != --live_) std::swap(slots_[slot], slots_[live_]);
  return true;
}

Core::Outcome Core::run_together(const LaunchContext& launch) {
  while (live_) {
    bool progress = false;
    for (std::size_t i = 0; i < live_;) {
      Warp& warp = *slots_[i].warp;
      if (warp.stop == Stop::kBarrier &&
          state_.barriers[warp.barrier].generation == warp.barrier_generation) {
        ++i;
        continue;
      }
      progress = true;
      warp.stop = Stop::kNone;
      others_wait_ = live_ > 1 || slots_[i].end - slots_[i].first > 1;
      if (!run(slots_[i])) return Outcome::kStopped;
      if (slots_[i].warp->stop == Stop::kFault) return Outcome::kFault;
      if (!leave_if_ended(i)) ++i;
    }
    if (!progress) {
      report_stuck();
      return Outcome::kFault;
    }
    if (launch.must_end()) return Outcome::kStopped;
    count_interpreted();
  }
  return Outcome::kDone;
}

void Core::report_stuck() {
  const auto end = slots_.begin() + static_cast<std::ptrdiff_t>(live_);
  const auto first =
      std::min_element(slots_.begin(), end, [](const Slot& a, const Slot& b) { return a.first < b.first; });
  Warp& warp = *first->warp;
  unsigned waiting = 0, elsewhere = 0;
  for (auto slot = slots_.begin(); slot != end; ++slot)
    (slot->warp->barrier == warp.barrier ? waiting : elsewhere) += slot->end - slot->first;
  raise(warp, warp.next - 1, FaultKind::kBarrierStuck, static_cast<unsigned>(__builtin_ctzll(warp.mask)),
        warp.barrier);
  state_.fault.detail = fmt::format(
      "{} of the work-group's {} warps wait at barrier {}, {} wait elsewhere, {} have ended", waiting,
      state_.group_warps, warp.barrier, elsewhere, state_.group_warps - waiting - elsewhere);
}

}  // namespace kiesel::model
