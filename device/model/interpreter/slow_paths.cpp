#include <algorithm>

#include "device/isa/csr.hpp"
#include "device/model/interpreter/warp.hpp"
#include "device/model/memory/memory.hpp"
#include "support/clock.hpp"

namespace kiesel::model {

const Insn* raise(Warp& warp, const Insn* insn, FaultKind kind, unsigned lane, Address address,
                  unsigned bytes) {
  warp.stop = Stop::kFault;
  warp.next = insn;
  Fault& fault = warp.core->fault;
  fault = Fault();
  fault.kind = kind;
  fault.pc = warp.core->code->address(insn);
  fault.warp_rank = warp.rank;
  fault.lane = lane;
  fault.address = address;
  fault.bytes = bytes;
  return nullptr;
}

namespace {

std::byte* refuse(Warp& warp, const Insn* insn, FaultKind kind, unsigned lane, Address address,
                  unsigned bytes) {
  raise(warp, insn, kind, lane, address, bytes);
  return nullptr;
}

// Whether the launch that runs on the core may use it at all.
bool may_use(const CoreState& core, const Memory::Allocation& place) {
  if (place.kind == Memory::Kind::kLocal) return true;  // asked next
  if (place.kind == Memory::Kind::kLaunch) return place.range.begin == core.launch_block;
  return place.owner == core.owner;
}

}  // namespace

std::byte* resolve(Warp& warp, const Insn* insn, unsigned lane, Address address, unsigned bytes, bool store,
                   Range& range) {
  const CoreState& core = *warp.core;
  const auto fault = [&](FaultKind kind) { return refuse(warp, insn, kind, lane, address, bytes); };
  if (core.private_window.contains(address, 1)) {
    if (address & (bytes - 1)) return fault(FaultKind::kMisaligned);
    const std::uint64_t offset = address - core.private_window.begin;
    if (!warp.private_memory) return fault(FaultKind::kStackOverflow);
    return warp.private_memory + (offset >> 3) * (std::uint64_t{8} * warp.lanes) + lane * 8 + (offset & 7);
  }
  const auto found = core.memory->find(address);
  if (!found || !may_use(core, *found)) {
    // A stack grows down: just below its window means that it is too small.
    const std::uint64_t below = core.private_window.begin - address;
    return fault(below <= (1 << 20) ? FaultKind::kStackOverflow : FaultKind::kBadAddress);
  }
  Range place = found->range;
  if (found->kind == Memory::Kind::kLocal) {
    if (place.begin != core.local_base) return fault(FaultKind::kForeignLocal);
    place = core.local;
  }
  if (!place.contains(address, bytes)) return fault(FaultKind::kBadAddress);
  if (address & (bytes - 1)) return fault(FaultKind::kMisaligned);
  if (store && !takes_stores(found->kind)) return fault(FaultKind::kReadOnly);
  range = place;
  return reinterpret_cast<std::byte*>(address);
}

std::uint64_t arrive_at(CoreState& core, std::uint64_t id, unsigned warps, std::uint64_t count) {
  BarrierState& barrier = core.barriers[id];
  const std::uint64_t generation = barrier.generation;
  core.barriers_used = true;
  barrier.arrived += warps;
  if (barrier.arrived >= count) {
    barrier.arrived = 0;
    ++barrier.generation;
    ++core.counters.barriers;
  }
  return generation;
}

bool wait_at(Warp& warp, std::uint64_t id, std::uint64_t generation) {
  if (warp.core->barriers[id].generation != generation) return false;
  warp.stop = Stop::kBarrier;
  warp.barrier = static_cast<unsigned>(id);
  warp.barrier_generation = generation;
  return true;
}

LaneCsr read_lane_csr(const Warp& warp, std::uint32_t number) {
  namespace csr = isa::csr;
  const CoreState& core = *warp.core;
  if (number == csr::lane_id) return {nullptr, 0, 1};
  if (number == csr::mhartid)
    return {nullptr, (std::uint64_t{core.id} * core.warps + warp.slot) * core.lanes, 1};
  if (!warp.in_a_row) return {warp.local_ids[number - csr::local_id_x], 0, 0};
  if (number == csr::local_id_x) return {nullptr, std::uint64_t{warp.rank} * core.lanes, 1};
  return {nullptr, 0, 0};
}

std::uint64_t read_csr(Warp& warp, std::uint32_t number) {
  namespace csr = isa::csr;
  const CoreState& core = *warp.core;
  switch (number) {
    case csr::fflags:
      return warp.flags;
    case csr::frm:
      return warp.rounding;
    case csr::fcsr:
      return warp.rounding << 5 | warp.flags;
    case csr::mscratch:
      return core.launch_block;
    case csr::mcycle:
    case csr::cycle:
    case csr::time:
      return core.timed ? core.cycle : now_ns();
    case csr::minstret:
    case csr::instret:
      warp.account();
      return warp.lane_instructions;
    case csr::warp_id:
      return warp.slot;
    case csr::group_rank:
      return warp.rank;
    case csr::core_id:
      return core.id;
    case csr::active_warps:
      return core.active_warps;
    case csr::active_lanes:
      return warp.mask;
    case csr::group_slot:
      return core.group_slot;
    case csr::group_warps:
      return core.group_warps;
    case csr::group_id_x:
    case csr::group_id_y:
    case csr::group_id_z:
      return core.group[number - csr::group_id_x];
    case csr::local_size_x:
    case csr::local_size_y:
    case csr::local_size_z:
      return core.grid.local_size[number - csr::local_size_x];
    case csr::num_groups_x:
    case csr::num_groups_y:
    case csr::num_groups_z:
      return core.grid.groups[number - csr::num_groups_x];
    case csr::group_local:
    case csr::local_base:
      return core.local_base;
    case csr::kernel_entry:
      return core.kernel_entry;
    case csr::num_lanes:
      return core.lanes;
    case csr::num_warps:
      return core.warps;
    case csr::num_cores:
      return core.cores;
    case csr::num_barriers:
      return kNumBarriers;
    default:
      return 0;  // an unknown number is an illegal instruction: decoded code does not ask for it
  }
}

void write_csr(Warp& warp, std::uint32_t number, std::uint64_t value) {
  namespace csr = isa::csr;
  if (number != csr::frm) warp.flags = static_cast<unsigned>(value & 31);
  if (number == csr::frm) warp.rounding = static_cast<unsigned>(value & 7);
  if (number == csr::fcsr) warp.rounding = static_cast<unsigned>(value >> 5 & 7);
}

}  // namespace kiesel::model
