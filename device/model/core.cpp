#include "device/model/core.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <utility>

#include "support/clock.hpp"

namespace kiesel::model {

bool LaunchContext::must_end() const {
  return cancelled->load(std::memory_order_relaxed) || (deadline_ns && now_ns() >= deadline_ns);
}

Result<std::unique_ptr<Core>> Core::create(Memory& memory, const Engine& engine,
                                           const Configuration& configuration, unsigned id) {
  auto core = std::unique_ptr<Core>(new Core(engine));
  const isa::Target& target = configuration.target;
  CoreState& state = core->state_;
  state.runner = core.get();
  state.memory = &memory;
  state.id = id;
  state.lanes = target.lanes;
  state.warps = target.warps;
  state.cores = configuration.cores;
  state.private_window = memory.private_window();
  const auto local = memory.allocate(target.local_memory_bytes, 4096, Memory::Kind::kLocal);
  if (!local) return local.error();
  memory.label(*local, fmt::format("local memory of core {}", id));
  state.local_base = *local;
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
  if (state_.local_base) state_.memory->free(state_.local_base);
}

void Core::begin(const LaunchContext& launch) {
  const Code& code = launch.module->code();
  // Hardware hands out local memory in units of 64 bytes.
  const std::uint64_t unit = state_.memory->bounds() == Memory::Bounds::kExact ? 1 : 64;
  const Range local{state_.local_base,
                    state_.local_base + (launch.local_memory_bytes + unit - 1) / unit * unit};
  const std::uint64_t epoch = state_.memory->epoch();
  if (state_.code != &code || epoch != epoch_ || local.end != state_.local.end ||
      code.slots != state_.ranges.size()) {
    state_.ranges.assign(code.slots, Range());
    installed_ = {};
  }
  epoch_ = epoch;
  interpreted_ = {};  // what a fault left
  serial_ = launch.serial;
  state_.code = &code;
  state_.local = local;
  state_.grid = launch.grid;
  state_.launch_block = launch.launch_block;
  state_.kernel_entry = launch.kernel_entry;
  const auto& size = launch.grid.local_size;
  group_size_ = size[0] * size[1] * size[2];
  state_.group_warps = (group_size_ + state_.lanes - 1) / state_.lanes;
  startup_ = launch.module->startup();
  find_first_ids();
  begin_context(launch);
}

void Core::find_first_ids() {
  const auto& size = state_.grid.local_size;
  if (size == numbered_size_) return;
  numbered_size_ = size;
  first_ids_.resize(state_.group_warps);
  for (unsigned rank = 0; rank < state_.group_warps; ++rank) {
    const unsigned first = rank * state_.lanes;
    first_ids_[rank] = {first % size[0], first / size[0] % size[1], first / size[0] / size[1]};
  }
}

// False when there is no memory for the warp's registers.
bool Core::prepare(Slot& slot, std::size_t index) {
  if (!slot.warp) {
    slot.warp = engine_.make_warp();
    if (!slot.warp) return false;
    Warp& warp = *slot.warp;
    warp.core = &state_;
    warp.lanes = state_.lanes;
    warp.full_mask = state_.lanes == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << state_.lanes) - 1;
    slot.serial = serial_;
  }
  slot.warp->private_memory = private_memory_ + index * private_stride_;
  return true;
}

void Core::start(Slot& slot, unsigned rank) {
  Warp& warp = *slot.warp;
  warp.rank = rank;
  warp.next = startup_;
  warp.executed = warp.lane_instructions = warp.counted_until = 0;
  warp.rounding = warp.flags = warp.depth = 0;
  warp.stop = Stop::kNone;
  warp.numbered = false;
  warp.reserved = 0;
  const unsigned count = std::min(group_size_ - rank * state_.lanes, state_.lanes);
  warp.mask = warp.full_mask >> (state_.lanes - count);
  slot.partial = count != state_.lanes;
  slot.begun = slot.ended_translated = slot.kept = false;
  Installed& installed = installed_[slot.partial];
  slot.translated = installed.kernel ? &installed : nullptr;
  slot.end_rank =
      slot.translated && !slot.partial && !installed.reads_local_ids ? group_size_ / state_.lanes : rank + 1;
}

void Core::number_work_items(Warp& warp) const {
  const auto& size = state_.grid.local_size;
  warp.numbered = true;
  warp.in_a_row = size[0] == group_size_;
  if (warp.in_a_row) return;
  const auto& first = first_ids_[warp.rank];
  auto x = static_cast<std::uint32_t>(first[0]), y = static_cast<std::uint32_t>(first[1]),
       z = static_cast<std::uint32_t>(first[2]);
  const unsigned count = std::min(group_size_ - warp.rank * state_.lanes, state_.lanes);
  for (unsigned lane = 0; lane < count; ++lane) {
    warp.local_id[0][lane] = x;
    warp.local_id[1][lane] = y;
    warp.local_id[2][lane] = z;
    if (++x < size[0]) continue;
    x = 0;
    if (++y < size[1]) continue;
    y = 0;
    ++z;
  }
}

// The slot's warp, and where translated code went on with others, those from `first_rank` on, have ended.
void Core::finish(const Slot& slot, unsigned first_rank) {
  const Warp& warp = *slot.warp;
  const unsigned count = warp.rank + 1 - first_rank;
  state_.active_warps &= ~(~std::uint64_t{0} >> (64 - count) << first_rank);
  if (slot.ended_translated) return;  // count_ended() has counted
  state_.counters.instructions += warp.executed;
  state_.counters.lane_instructions += warp.lane_instructions;
  ++state_.counters.warps;
}

void Core::begin_group(std::uint64_t group) {
  const auto& groups = state_.grid.groups;
  if (groups[0] == state_.grid.total_groups())
    state_.group = {group, 0, 0};
  else
    state_.group = {group % groups[0], group / groups[0] % groups[1], group / groups[0] / groups[1]};
  state_.active_warps = ~std::uint64_t{0} >> (64 - state_.group_warps);
  if (state_.barriers_used) state_.barriers.fill(BarrierState());
  state_.barriers_used = false;
  ++state_.counters.groups;
  take_over();
}

// A warp that ends at once leaves its registers, still in the host's cache, to the next one; those that stop
// at a barrier wait in slots of their own until all are there.
Core::Outcome Core::run_group(const LaunchContext& launch, std::uint64_t group) {
  launch_ = &launch;
  if (serial_ != launch.serial) begin(launch);
  begin_group(group);
  std::size_t live = 0;
  for (unsigned rank = 0; rank < state_.group_warps; ++rank) {
    Slot& slot = slots_[live];
    if (!prepare(slot, live)) {
      state_.fault = Fault();
      state_.fault.detail = "no memory for the registers of a warp";
      return Outcome::kFault;
    }
    start(slot, rank);
    others_wait_ = state_.group_warps > 1 && (live || rank + 1 < state_.group_warps);
    if (!run(slot)) return Outcome::kStopped;
    const Warp& warp = *slot.warp;
    if (warp.stop == Stop::kFault) return Outcome::kFault;
    if (warp.stop == Stop::kEnded)
      finish(slot, rank);
    else
      ++live;
    rank = warp.rank;
  }
  const Outcome outcome = live ? run_together(launch, live) : Outcome::kDone;
  count_interpreted();
  return outcome;
}

Core::Outcome Core::run_together(const LaunchContext& launch, std::size_t live) {
  while (live) {
    bool progress = false;
    for (std::size_t i = 0; i < live;) {
      Warp& warp = *slots_[i].warp;
      if (warp.stop == Stop::kBarrier &&
          state_.barriers[warp.barrier].generation == warp.barrier_generation) {
        ++i;
        continue;
      }
      progress = true;
      warp.stop = Stop::kNone;
      others_wait_ = live > 1;
      if (!run(slots_[i])) return Outcome::kStopped;
      if (warp.stop == Stop::kFault) return Outcome::kFault;
      if (warp.stop != Stop::kEnded) {
        ++i;
        continue;
      }
      finish(slots_[i], warp.rank);
      std::swap(slots_[i], slots_[--live]);
    }
    if (!progress) {
      report_stuck(live);
      return Outcome::kFault;
    }
    if (launch.must_end()) return Outcome::kStopped;
    count_interpreted();
  }
  return Outcome::kDone;
}

void Core::report_stuck(std::size_t live) {
  const auto first =
      std::min_element(slots_.begin(), slots_.begin() + static_cast<std::ptrdiff_t>(live),
                       [](const Slot& a, const Slot& b) { return a.warp->rank < b.warp->rank; });
  Warp& warp = *first->warp;
  raise(warp, warp.next - 1, FaultKind::kBarrierStuck, static_cast<unsigned>(__builtin_ctzll(warp.mask)),
        warp.barrier);
  const std::size_t waiting = static_cast<std::size_t>(
      std::count_if(slots_.begin(), slots_.begin() + static_cast<std::ptrdiff_t>(live),
                    [&](const Slot& slot) { return slot.warp->barrier == warp.barrier; }));
  state_.fault.detail =
      fmt::format("{} of the work-group's {} warps wait at barrier {}, {} wait elsewhere, {} have ended",
                  waiting, state_.group_warps, warp.barrier, live - waiting, state_.group_warps - live);
}

}  // namespace kiesel::model
