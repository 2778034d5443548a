#include "evaluation/profile/advice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

namespace kiesel::profile {
namespace {

using device::CounterId;
using enum device::CounterId;

double of(const device::InstructionCounts& counts, CounterId id) {
  return static_cast<double>(counts[static_cast<std::size_t>(id)]);
}

// What advice is made of.
struct Case {
  const Subject& s;
  const Listing* listing;

  std::optional<double> figure(std::string_view id) const {
    for (const Figure& figure : figures())
      if (figure.id == id) return figure.of(s);
    return std::nullopt;
  }
  double share(double part) const {
    const double all = s.count(instructions);
    return all > 0 ? part / all : 0;
  }
};

using Cost = std::function<double(const device::InstructionCounts&)>;

const device::InstructionCounts* counts_at(const Subject& s, std::uint64_t address) {
  const auto& counts = s.kernel.counts;
  const std::uint64_t index = (address - counts.code_begin) / 4;
  return address >= counts.code_begin && index < counts.instructions.size() ? &counts.instructions[index]
                                                                            : nullptr;
}

std::string place_of(const Listing::Function& function, const Listing::Instruction& instruction) {
  if (instruction.line) return fmt::format("line {}", instruction.line);
  return fmt::format("{}+{:#x}", function.name, instruction.address - function.instructions.front().address);
}

// "; most of it, 60 %, at line 12", where one place stands out.
std::string mostly_at(const Case& c, const Cost& cost) {
  if (!c.listing) return {};
  std::map<std::string, double> by_place;
  double all = 0;
  for (const auto& function : c.listing->functions)
    for (const auto& instruction : function.instructions)
      if (const auto* counts = counts_at(c.s, instruction.address)) {
        const double value = cost(*counts);
        by_place[place_of(function, instruction)] += value;
        all += value;
      }
  const auto most = std::ranges::max_element(by_place, {}, [](const auto& place) { return place.second; });
  if (most == by_place.end() || !(most->second > 0.2 * all)) return {};
  return fmt::format("; {:.0f} % of that at {}", 100 * most->second / all, most->first);
}

using Rule = std::optional<Advice> (*)(const Case&);

std::optional<Advice> idle_lanes(const Case& c) {
  const auto active = c.figure("active_lanes");
  if (!active || *active >= 80) return std::nullopt;
  const double lanes = c.s.device.lanes;
  const Cost idle = [lanes](const auto& counts) {
    return of(counts, instructions) * lanes - of(counts, lane_instructions);
  };
  return Advice{"idle lanes",
                fmt::format("{:.0f} % of the lanes are idle on average{}", 100 - *active, mostly_at(c, idle)),
                fmt::format("{:.0f} lane instructions in {:.0f} instructions of warps of {} lanes",
                            c.s.count(lane_instructions), c.s.count(instructions), lanes),
                1 - *active / 100};
}

std::optional<Advice> part_warps(const Case& c) {
  if (!c.s.kernel.first) return std::nullopt;
  const auto& size = c.s.kernel.first->local_size;
  const std::uint64_t items = std::uint64_t{size[0]} * size[1] * size[2], lanes = c.s.device.lanes;
  if (items % lanes == 0) return std::nullopt;
  const std::uint64_t warps = (items + lanes - 1) / lanes;
  const double idle = 1 - static_cast<double>(items) / static_cast<double>(warps * lanes);
  if (idle < 0.1) return std::nullopt;
  return Advice{
      "work-group size",
      fmt::format("work-groups of {} work-items leave {:.0f} % of the lanes of their {} warps without a "
                  "work-item: multiples of {} use all",
                  items, 100 * idle, warps, lanes),
      fmt::format("local size {}x{}x{}, {} lanes", size[0], size[1], size[2], lanes), idle};
}

std::optional<Advice> scattered(const Case& c) {
  const auto use = c.figure("line_use"), each = c.figure("lines_per_access");
  if (!use || !each || *use >= 50 || *each <= 2) return std::nullopt;
  const Cost cost = [](const auto& counts) { return of(counts, lines); };
  return Advice{
      "scattered accesses",
      fmt::format("each access of a warp to global memory touches {:.1f} lines, and lanes use {:.0f} % of "
                  "their bytes{}: neighbouring lanes should access neighbouring addresses",
                  *each, *use, mostly_at(c, cost)),
      fmt::format("{:.0f} lines of {:.0f} bytes in {:.0f} loads, {:.0f} stores, {:.0f} atomics",
                  c.s.count(lines), c.s.line_bytes(), c.s.count(global_loads), c.s.count(global_stores),
                  c.s.count(atomics)),
      (1 - *use / 100) * std::min(1.0, c.share(c.s.count(lines)))};
}

std::optional<Advice> banks(const Case& c) {
  const auto each = c.figure("conflicts_per_access");
  if (!each || *each < 0.25) return std::nullopt;
  const Cost cost = [](const auto& counts) { return of(counts, bank_conflicts); };
  return Advice{
      "bank conflicts",
      fmt::format("an access to local memory takes {:.1f} rounds instead of one{}: rows that are one element "
                  "longer put columns into different banks",
                  1 + *each, mostly_at(c, cost)),
      fmt::format("{:.0f} further rounds in {:.0f} loads and {:.0f} stores", c.s.count(bank_conflicts),
                  c.s.count(local_loads), c.s.count(local_stores)),
      std::min(1.0, c.share(c.s.count(bank_conflicts)))};
}

std::optional<Advice> own_memory(const Case& c) {
  const auto share = c.figure("private_share");
  if (!share || *share < 10) return std::nullopt;
  return Advice{
      "private memory",
      fmt::format("{:.0f} % of the instructions load or store private memory: arrays of a work-item, or more "
                  "values than registers",
                  *share),
      fmt::format("{:.0f} loads, {:.0f} stores of {:.0f} instructions", c.s.count(private_loads),
                  c.s.count(private_stores), c.s.count(instructions)),
      *share / 100};
}

std::optional<Advice> few_groups(const Case& c) {
  const auto each = c.figure("groups_per_core");
  if (!each || *each >= 1) return std::nullopt;
  return Advice{"few work-groups",
                fmt::format("a launch has work-groups for {:.0f} % of the cores", 100 * *each),
                fmt::format("{:.0f} work-groups in {} launches, {} cores", c.s.count(work_groups),
                            c.s.kernel.launches, c.s.device.cores),
                1 - *each};
}

std::optional<Advice> slow_arithmetic(const Case& c) {
  const double share = c.share(c.s.count(divisions) + c.s.count(float_divisions));
  if (share < 0.05) return std::nullopt;
  return Advice{
      "divisions",
      fmt::format("{:.0f} % of the instructions are divisions or roots, the slowest that there are",
                  100 * share),
      fmt::format("{:.0f} of integers, {:.0f} of floats", c.s.count(divisions), c.s.count(float_divisions)),
      share};
}

std::optional<Advice> many_atomics(const Case& c) {
  const double share = c.share(c.s.count(atomics));
  if (share < 0.05) return std::nullopt;
  return Advice{
      "atomics",
      fmt::format("{:.0f} % of the instructions are atomics: sums within a work-group first need fewer",
                  100 * share),
      fmt::format("{:.0f} of {:.0f} instructions", c.s.count(atomics), c.s.count(instructions)), share};
}

double all_stalls(const Subject& s) {
  double all = 0;
  for (std::size_t i = 0; i < device::kInstructionCounters; ++i)
    if (device::kCounterInfos[i].id.starts_with("stall_"))
      all += static_cast<double>(s.kernel.counts.totals[i]);
  return all;
}

std::optional<Advice> stalls(const Case& c, CounterId id, const char* rule, const char* words) {
  const double all = all_stalls(c.s), share = all > 0 ? c.s.count(id) / all : 0;
  if (!c.s.timed() || share < 0.4) return std::nullopt;
  const Cost cost = [id](const auto& counts) { return of(counts, id); };
  return Advice{
      rule, fmt::format("{:.0f} % of the time that warps wait, {}{}", 100 * share, words, mostly_at(c, cost)),
      fmt::format("{:.0f} of {:.0f} warp-cycles", c.s.count(id), all), share};
}

std::optional<Advice> waits_for_memory(const Case& c) {
  return stalls(c, stall_memory, "memory latency", "they wait for loads");
}
std::optional<Advice> waits_at_barriers(const Case& c) {
  return stalls(c, stall_barrier, "barriers", "they wait at barriers or fences");
}
std::optional<Advice> waits_for_results(const Case& c) {
  return stalls(c, stall_dependency, "dependencies",
                "they wait for results of arithmetic: more warps or independent instructions would fill it");
}

// Near its most one part of the design is what the kernel waits for, whatever else is said.
std::optional<Advice> at_its_limit(const Case& c) {
  const auto limits = limits_of(c.s);
  const auto most = std::ranges::max_element(limits, {}, &Limit::used);
  if (most == limits.end() || most->used < 0.75) return std::nullopt;
  return Advice{"limit",
                fmt::format("{} limits it: {:.0f} % of the most that the design can do in this time",
                            most->name, 100 * most->used),
                fmt::format("in {:.0f} cycles; the most is {}", c.s.count(cycles), most->meaning),
                most->used};
}

std::optional<Advice> few_warps(const Case& c) {
  const auto occupancy = c.figure("occupancy");
  if (!occupancy || *occupancy >= 40) return std::nullopt;
  return Advice{"occupancy", fmt::format("{:.0f} % of the places for warps are taken on average", *occupancy),
                fmt::format("{:.0f} warp-cycles in {:.0f} cycles of {} cores with {} warps each",
                            c.s.count(warp_cycles), c.s.count(cycles), c.s.device.cores, c.s.device.warps),
                (1 - *occupancy / 100) / 2};
}

constexpr Rule kRules[] = {at_its_limit, idle_lanes,       part_warps,        scattered,
                           banks,        own_memory,       few_groups,        slow_arithmetic,
                           many_atomics, waits_for_memory, waits_at_barriers, waits_for_results,
                           few_warps};

}  // namespace

std::vector<Advice> advice_for(const Subject& subject, const Listing* listing) {
  std::vector<Advice> all;
  if (!subject.counted()) return all;
  for (const Rule rule : kRules)
    if (auto advice = rule({subject, listing})) all.push_back(std::move(*advice));
  std::ranges::stable_sort(all, std::greater(), &Advice::weight);
  return all;
}

}  // namespace kiesel::profile
