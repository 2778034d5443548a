#include "evaluation/profile/figures.hpp"

#include <algorithm>

namespace kiesel::profile {
namespace {

using enum device::CounterId;

std::optional<double> ratio(double value, double by, double scale = 1) {
  if (!(by > 0)) return std::nullopt;
  return scale * value / by;
}

double accesses(const Subject& s) {
  return s.count(global_loads) + s.count(global_stores) + s.count(atomics);
}
double line_bytes(const Subject& s) { return s.count(lines) * s.line_bytes(); }
double memory_bytes(const Subject& s) {
  return (s.count(memory_reads) + s.count(memory_writes)) * s.line_bytes();
}
// Of accesses that did not miss.
std::optional<double> hits(double misses, double all) {
  const auto missed = ratio(misses, all, 100);
  return missed ? std::optional(100 - *missed) : std::nullopt;
}

// Bytes that lanes asked for in instructions that reached global memory.
double bytes_in_lines(const Subject& s) {
  const auto of = [](const device::InstructionCounts& counts, device::CounterId id) {
    return static_cast<double>(counts[static_cast<std::size_t>(id)]);
  };
  double sum = 0;
  for (const auto& counts : s.kernel.counts.instructions)
    if (of(counts, lines) > 0) sum += of(counts, load_bytes) + of(counts, store_bytes);
  return sum;
}

std::optional<double> if_timed(const Subject& s, std::optional<double> value) {
  return s.timed() ? value : std::nullopt;
}

std::optional<double> energy(const Subject& s, double scale = 1) {
  const auto parts = s.energy();
  return parts.empty() ? std::nullopt : std::optional(scale * timing::joules(parts));
}
std::optional<double> per(std::optional<double> value, double by) {
  return value ? ratio(*value, by) : std::nullopt;
}

constexpr Figure kFigures[] = {
    {"device_ms", "device time", "ms", Better::kLower, "cycles of its launches by the design's clock",
     [](const Subject& s) { return if_timed(s, ratio(s.device_seconds(), 1, 1e3)); }},
    {"host_ms", "host time", "ms", Better::kNeither,
     "that this computer took for its launches: it says nothing about the design",
     [](const Subject& s) { return ratio(static_cast<double>(s.kernel.nanoseconds), 1e6); }},
    {"sampling_error", "sampling error", "%", Better::kLower,
     "two standard errors of cycles that were not timed, of all cycles",
     [](const Subject& s) {
       return s.count(estimated_cycles) > 0 ? if_timed(s, ratio(s.count(cycles_error), s.count(cycles), 100))
                                            : std::nullopt;
     }},
    {"ipc", "instructions per cycle", "per core", Better::kHigher,
     "instructions of warps by cycles and cores",
     [](const Subject& s) { return if_timed(s, ratio(s.count(instructions), s.core_cycles())); }},
    {"occupancy", "occupancy", "%", Better::kHigher,
     "cycles in which places for warps were taken, of all places in all cycles",
     [](const Subject& s) {
       return if_timed(s, ratio(s.count(warp_cycles), s.core_cycles() * s.device.warps, 100));
     }},
    {"core_use", "cores in use", "%", Better::kHigher,
     "cycles in which cores had work, of those of all cores",
     [](const Subject& s) { return if_timed(s, ratio(s.count(core_cycles), s.core_cycles(), 100)); }},
    {"active_lanes", "active lanes", "%", Better::kHigher,
     "lanes that were active, of all lanes of the warps that executed something",
     [](const Subject& s) {
       return ratio(s.count(lane_instructions), s.count(instructions) * s.device.lanes, 100);
     }},
    {"divergence", "divergence", "per 1000", Better::kLower,
     "splits and loop ends at which the lanes of a warp went different ways, by instructions",
     [](const Subject& s) { return ratio(s.count(divergent), s.count(instructions), 1000); }},
    {"lines_per_access", "lines per access", "", Better::kLower,
     "memory lines by loads, stores and atomics of warps in global memory",
     [](const Subject& s) { return ratio(s.count(lines), accesses(s)); }},
    {"line_use", "use of lines", "%", Better::kHigher,
     "bytes that lanes asked for, of the bytes of the lines that they touched; more than 100 where lanes "
     "share them",
     [](const Subject& s) { return ratio(bytes_in_lines(s), line_bytes(s), 100); }},
    {"conflicts_per_access", "bank conflicts", "per access", Better::kLower,
     "further rounds by loads and stores of warps in local memory",
     [](const Subject& s) {
       return ratio(s.count(bank_conflicts), s.count(local_loads) + s.count(local_stores));
     }},
    {"private_share", "private accesses", "%", Better::kLower,
     "loads and stores in private memory, of all instructions: arrays and registers that did not fit",
     [](const Subject& s) {
       return ratio(s.count(private_loads) + s.count(private_stores), s.count(instructions), 100);
     }},
    {"flops_per_byte", "intensity", "flop/byte", Better::kHigher,
     "floating-point operations by the bytes of the lines that accesses touched",
     [](const Subject& s) { return ratio(s.count(flops), line_bytes(s)); }},
    {"instructions_per_byte", "instruction intensity", "per byte", Better::kHigher,
     "instructions of lanes by the bytes of the lines that accesses touched",
     [](const Subject& s) { return ratio(s.count(lane_instructions), line_bytes(s)); }},
    {"gflops", "floating-point rate", "Gflop/s", Better::kHigher, "floating-point operations by device time",
     [](const Subject& s) { return if_timed(s, ratio(s.count(flops), s.device_seconds(), 1e-9)); }},
    {"line_gbs", "rate of lines", "GB/s", Better::kHigher,
     "bytes of the lines that accesses touched by device time: what the caches serve, not what memory does",
     [](const Subject& s) { return if_timed(s, ratio(line_bytes(s), s.device_seconds(), 1e-9)); }},
    {"load_latency", "load latency", "cycles", Better::kLower,
     "from the load/store unit's queue to the data, by lanes that loaded",
     [](const Subject& s) { return if_timed(s, ratio(s.count(load_lane_cycles), s.count(load_lanes))); }},
    {"instruction_hits", "L1I hits", "%", Better::kHigher, "of fetches in the instruction cache",
     [](const Subject& s) { return if_timed(s, hits(s.count(icache_misses), s.count(icache_reads))); }},
    {"data_hits", "L1D hits", "%", Better::kHigher, "of accesses to the first data cache",
     [](const Subject& s) {
       return if_timed(s, hits(s.count(dcache_read_misses) + s.count(dcache_write_misses),
                               s.count(dcache_reads) + s.count(dcache_writes)));
     }},
    {"l2_hits", "L2 hits", "%", Better::kHigher, "of reads in the second cache, where there is one",
     [](const Subject& s) { return if_timed(s, hits(s.count(l2_read_misses), s.count(l2_reads))); }},
    {"memory_gbs", "memory rate", "GB/s", Better::kNeither,
     "bytes of lines that memory read and wrote by device time",
     [](const Subject& s) { return if_timed(s, ratio(memory_bytes(s), s.device_seconds(), 1e-9)); }},
    {"flops_per_memory_byte", "memory intensity", "flop/byte", Better::kHigher,
     "floating-point operations by the bytes of lines that memory read and wrote",
     [](const Subject& s) { return if_timed(s, ratio(s.count(flops), memory_bytes(s))); }},
    {"instructions_per_memory_byte", "memory instruction intensity", "per byte", Better::kHigher,
     "instructions of lanes by the bytes of lines that memory read and wrote",
     [](const Subject& s) { return if_timed(s, ratio(s.count(lane_instructions), memory_bytes(s))); }},
    {"energy_mj", "energy", "mJ", Better::kLower,
     "an estimate: what was counted times the design's table of energies",
     [](const Subject& s) { return energy(s, 1e3); }},
    {"power_w", "power", "W", Better::kLower, "that energy by device time",
     [](const Subject& s) { return per(energy(s), s.device_seconds()); }},
    {"pj_per_flop", "energy per operation", "pJ/flop", Better::kLower,
     "that energy by floating-point operations",
     [](const Subject& s) { return per(energy(s, 1e12), s.count(flops)); }},
    {"groups_per_core", "work-groups per core", "a launch", Better::kNeither,
     "work-groups of a launch by cores: less than one leaves cores without work",
     [](const Subject& s) { return ratio(s.count(work_groups), s.launches() * s.device.cores); }},
};

}  // namespace

double Subject::device_seconds() const {
  const auto khz = static_cast<double>(kernel.counts.clock_khz);
  return timed() && khz > 0 ? count(cycles) / khz / 1e3 : 0;
}

std::vector<timing::EnergyPart> Subject::energy() const {
  return timed() ? timing::energy_of(machine.design, kernel.counts) : std::vector<timing::EnergyPart>();
}

std::span<const Figure> figures() { return kFigures; }

std::vector<Limit> limits_of(const Subject& s) {
  if (!s.timed() || !(s.core_cycles() > 0)) return {};
  const double slots = s.core_cycles() * s.machine.issue_width;
  std::vector<Limit> out;
  const auto add = [&](std::string_view id, std::string_view name, double work, double most,
                       std::string_view meaning) {
    if (most > 0) out.push_back({id, name, std::min(1.0, work / most), meaning});
  };
  add("issue", "issue of instructions", s.count(instructions), slots,
      "as many instructions of warps as can be issued");
  add("lanes", "lanes", s.count(lane_instructions) / s.device.lanes, slots,
      "the same, with every lane active");
  add("float", "float units", s.count(fpu_instructions), slots, "a float instruction in each of these");
  add("accesses", "load/store units", s.count(lsu_instructions), s.core_cycles(),
      "an access of a warp a cycle in each core");
  add("data", "first data cache", s.count(dcache_reads) + s.count(dcache_writes),
      s.core_cycles() * s.machine.data_words, "an access a cycle in each of its banks");
  add("local", "local memory", s.count(local_loads) + s.count(local_stores) + s.count(bank_conflicts),
      s.core_cycles(), "a round of an access of a warp a cycle in each core");
  add("memory", "memory", s.count(memory_bus_cycles), s.count(cycles) * s.machine.buses,
      "data on each bus in every cycle");
  return out;
}

}  // namespace kiesel::profile
