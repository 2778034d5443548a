#include "device/model/cycle_engine.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "device/timing/design_table.hpp"

namespace kiesel::model {
namespace {

using device::CounterId;
using timing::Machine;
using timing::Stall;

Core::Outcome outcome_of(Machine::Outcome outcome) {
  switch (outcome) {
    case Machine::Outcome::kDone:
      return Core::Outcome::kDone;
    case Machine::Outcome::kFault:
      return Core::Outcome::kFault;
    default:
      return Core::Outcome::kStopped;
  }
}

constexpr CounterId kStallCounters[timing::kStalls] = {
    CounterId::stall_fetch, CounterId::stall_branch, CounterId::stall_dependency, CounterId::stall_memory,
    CounterId::stall_unit,  CounterId::stall_issue,  CounterId::stall_barrier};

void add_core(const timing::Core& core, device::LaunchCounts& out) {
  const timing::CoreCounts& counts = core.counts();
  out[CounterId::warp_cycles] += counts.warp_cycles;
  out[CounterId::core_cycles] += core.busy_cycles();
  out[CounterId::scoreboard_cycles] += counts.scoreboard_cycles;
  out[CounterId::operand_collisions] += counts.collisions;
  const auto of = [&](timing::Unit unit) { return counts.by_unit[static_cast<std::size_t>(unit)]; };
  out[CounterId::alu_instructions] += of(timing::Unit::kAlu);
  out[CounterId::fpu_instructions] += of(timing::Unit::kFpu);
  out[CounterId::lsu_instructions] += of(timing::Unit::kLsu);
  out[CounterId::sfu_instructions] += of(timing::Unit::kSfu);
  out[CounterId::fetches] += counts.fetches;
  out[CounterId::fetch_cycles] += counts.fetch_cycles;
  const timing::LsuCounts& lsu = core.lsu();
  out[CounterId::load_lanes] += lsu.load_lanes;
  out[CounterId::load_lane_cycles] += lsu.load_lane_cycles;
  out[CounterId::store_lanes] += lsu.store_lanes;
}

void add_caches(const timing::Core& core, device::LaunchCounts& out) {
  out[CounterId::icache_reads] += core.instruction_cache().reads;
  out[CounterId::icache_misses] += core.instruction_cache().read_misses;
  const timing::CacheCounts& data = core.data_cache();
  out[CounterId::dcache_reads] += data.reads;
  out[CounterId::dcache_writes] += data.writes;
  out[CounterId::dcache_read_misses] += data.read_misses;
  out[CounterId::dcache_write_misses] += data.write_misses;
  out[CounterId::dcache_evictions] += data.evictions + core.changed_lines();
}

void add_memory(const timing::SharedMemory& memory, device::LaunchCounts& out) {
  if (const timing::CacheCounts* l2 = memory.l2()) {
    out[CounterId::l2_reads] += l2->reads;
    out[CounterId::l2_read_misses] += l2->read_misses;
    out[CounterId::l2_writes] += l2->writes;
    out[CounterId::l2_evictions] += l2->evictions;
  }
  if (const timing::CacheCounts* l3 = memory.l3()) {
    out[CounterId::l3_reads] += l3->reads;
    out[CounterId::l3_read_misses] += l3->read_misses;
  }
  out[CounterId::memory_reads] += memory.dram().reads;
  out[CounterId::memory_writes] += memory.dram().writes;
  out[CounterId::memory_row_misses] += memory.dram().row_misses;
  out[CounterId::memory_bus_cycles] += memory.dram().busy_cycles;
}

void add_stalls(const timing::Core& core, device::LaunchCounts& out) {
  const auto& stalls = core.stalls();
  for (std::size_t insn = 0; insn < stalls.size(); ++insn)
    for (std::size_t reason = 0; reason < timing::kStalls; ++reason) {
      if (!stalls[insn][reason]) continue;
      const auto counter = static_cast<std::size_t>(kStallCounters[reason]);
      out.totals[counter] += stalls[insn][reason];
      out.instructions[insn][counter] += stalls[insn][reason];
    }
}

// Only the part of the code that ran.
void trim(device::LaunchCounts& counts) {
  auto& all = counts.instructions;
  const auto counted = [](const device::InstructionCounts& row) {
    return row != device::InstructionCounts{};
  };
  const auto first = std::find_if(all.begin(), all.end(), counted);
  all.erase(std::find_if(all.rbegin(), std::make_reverse_iterator(first), counted).base(), all.end());
  counts.code_begin += static_cast<std::uint64_t>(first - all.begin()) * 4;
  all.erase(all.begin(), first);
}

// The configuration's, if it is of that target.
timing::Design design_of(const Configuration& c) {
  const timing::Design& d = c.design;
  const bool fits = d.cores == c.cores && d.warps == c.target.warps && d.lanes == c.target.lanes &&
                    d.local_bytes == c.target.local_memory_bytes;
  return fits ? d : timing::design_for(c.target, c.cores);
}

Stratum stratum_of(const LaunchContext& launch) {
  return {launch.module->number(), launch.kernel_entry - launch.module->base(), launch.grid.local_size,
          launch.local_memory_bytes, half_octave_of(launch.grid.total_groups())};
}

std::uint64_t cycles_of(const TimedLaunch& launch) {
  return static_cast<std::uint64_t>(std::llround(launch.time.cycles));
}

// Its counts, with how many of the cycles are an estimate and how far it may be off.
device::LaunchCounts told_as(const TimedLaunch& launch, std::uint64_t estimated) {
  device::LaunchCounts counts = launch.counts;
  counts[CounterId::cycles] = cycles_of(launch);
  counts[CounterId::estimated_cycles] = estimated;
  counts[CounterId::cycles_error] = static_cast<std::uint64_t>(std::ceil(launch.time.error));
  return counts;
}

}  // namespace

CycleEngine::CycleEngine(Memory& memory, const Engine& engine, const Configuration& configuration,
                         unsigned threads)
    : configuration_(configuration),
      placement_(memory.all()),
      machine_(design_of(configuration), threads),
      work_(memory, engine, configuration, machine_.design(), placement_) {}

CycleEngine::Result CycleEngine::run(const LaunchContext& launch, device::LaunchCounts* counts,
                                     const std::function<void(const CoreState&)>& told,
                                     const Untimed& untimed) {
  std::lock_guard lock(mutex_);
  if (configuration_.sample) return run_sampled(launch, counts, told, untimed);
  work_.begin(launch);
  Result result;
  result.outcome = run_timed(told);
  result.cycles = machine_.cycles();
  result.counters = work_.take_counters();
  if (counts) add_counts(launch, *counts);
  return result;
}

Core::Outcome CycleEngine::run_timed(const std::function<void(const CoreState&)>& told) {
  const Core::Outcome outcome = outcome_of(machine_.run(work_));
  if (outcome == Core::Outcome::kFault)
    if (const CoreState* state = work_.fault()) told(*state);
  return outcome;
}

// Work-groups run in the order of their numbers but for those that are timed, which are first: only where
// none can tell.
CycleEngine::Result CycleEngine::run_sampled(const LaunchContext& launch, device::LaunchCounts* counts,
                                             const std::function<void(const CoreState&)>& told,
                                             const Untimed& untimed) {
  const Stratum stratum = stratum_of(launch);
  const std::uint64_t groups = launch.grid.total_groups();
  if (!samples_.wants(stratum)) return run_estimated(stratum, groups, counts, untimed);
  work_.begin(launch);
  const std::uint64_t at_a_time = timing::groups_at_a_time(machine_.design(), work_.shape());
  const GroupSample sample = work_.may_share() ? choose_groups(groups, at_a_time) : whole(groups);
  work_.only(sample);
  Result result;
  result.outcome = run_timed(told);
  result.counters = work_.take_counters();
  TimedLaunch timed;
  if (counts) add_counts(launch, timed.counts);
  const double executed = static_cast<double>(result.counters.instructions + work_.not_repeated());
  CoreCounters rest;
  for (std::uint64_t run = 0; run + 1 < sample.runs && result.outcome == Core::Outcome::kDone; ++run)
    result.outcome = untimed(sample.begin_of(run) + sample.length, sample.begin_of(run + 1), rest);
  timed.instructions = executed + static_cast<double>(rest.instructions);
  const double share = timed.instructions > 0 ? executed / timed.instructions : 1;
  const double left = static_cast<double>(groups - sample.count());
  const double weight = left > 0 ? (1 - share) / share * static_cast<double>(sample.count()) / left : 1;
  timed.time = estimate_launch(sample, at_a_time, machine_.cycles(), work_.starts(), weight);
  if (!sample.is_whole()) timed.counts = scaled(timed.counts, 1 / share);
  result.counters += rest;
  result.cycles = cycles_of(timed);
  if (result.outcome == Core::Outcome::kDone) samples_.add(stratum, timed);
  if (counts) *counts += told_as(timed, sample.is_whole() ? 0 : result.cycles - machine_.cycles());
  return result;
}

CycleEngine::Result CycleEngine::run_estimated(const Stratum& stratum, std::uint64_t groups,
                                               device::LaunchCounts* counts, const Untimed& untimed) {
  Result result;
  result.outcome = untimed(0, groups, result.counters);
  const TimedLaunch estimate = samples_.estimate(stratum, result.counters.instructions);
  result.cycles = cycles_of(estimate);
  if (counts) *counts += told_as(estimate, result.cycles);
  return result;
}

void CycleEngine::add_counts(const LaunchContext& launch, device::LaunchCounts& counts) {
  work_.move_counts_to(counts);
  device::LaunchCounts timed;
  timed.timed = true;
  timed.clock_khz = std::uint64_t{configuration_.clock_mhz} * 1000;
  timed.code_begin = launch.module->code().begin;
  timed.instructions.resize(launch.module->code().insns.size());
  timed[CounterId::cycles] = machine_.cycles();
  for (const auto& core : machine_.cores()) {
    add_core(*core, timed);
    add_caches(*core, timed);
    add_stalls(*core, timed);
  }
  add_memory(machine_.memory(), timed);
  trim(timed);
  counts += timed;
}

}  // namespace kiesel::model
