#include "device/count_sums.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kiesel::device {
namespace {

// Makes room for the instructions from `begin` to the one before `end`, addresses of 4 bytes each.
void widen(LaunchCounts& counts, std::uint64_t begin, std::uint64_t end) {
  auto& all = counts.instructions;
  if (all.empty()) counts.code_begin = begin;
  if (begin < counts.code_begin) {
    all.insert(all.begin(), (counts.code_begin - begin) / 4, InstructionCounts{});
    counts.code_begin = begin;
  }
  const std::uint64_t wanted = (end - counts.code_begin) / 4;
  if (wanted > all.size()) all.resize(wanted);
}

}  // namespace

LaunchCounts& operator+=(LaunchCounts& sum, const LaunchCounts& more) {
  std::ranges::transform(sum.totals, more.totals, sum.totals.begin(), std::plus<>());
  sum.timed |= more.timed;
  if (more.clock_khz) sum.clock_khz = more.clock_khz;
  if (more.instructions.empty()) return sum;
  widen(sum, more.code_begin, more.code_begin + more.instructions.size() * 4);
  auto to = sum.instructions.begin() + static_cast<std::ptrdiff_t>((more.code_begin - sum.code_begin) / 4);
  for (const InstructionCounts& from : more.instructions) {
    std::ranges::transform(*to, from, to->begin(), std::plus<>());
    ++to;
  }
  return sum;
}

std::string counters_page() {
  std::string page =
      "# Counters\n\n"
      "Made from `device/counters.def` by `kiesel info --counters-page`; a test keeps it true.\n\n"
      "Devices count these for a launch when somebody asks ([profile.md](profile.md)), and nothing "
      "otherwise. Counters of\n"
      "source program follow from what was executed: the device model counts them in one place, from what "
      "its interpreter\n"
      "did, so that they are the same on every engine and on any number of host threads. The engine `auto` "
      "and the\n"
      "translator run a launch that is counted on the interpreter. Counters of source clock are those of the "
      "cycle model.\n"
      "Those of scope instruction are kept for each instruction of the kernel, too, and so for each source "
      "line.\n\n"
      "A warp that executes an instruction counts once, whatever its lanes; \"of instructions\" are parts of "
      "that number.\n\n"
      "| counter | unit | scope | source | meaning |\n|---|---|---|---|---|\n";
  for (const CounterInfo& info : kCounterInfos)
    page += fmt::format("| {} | {} | {} | {} | {} |\n", info.name, info.unit,
                        info.scope == CounterScope::kInstruction ? "instruction" : "launch",
                        info.source == CounterSource::kProgram ? "program" : "clock", info.meaning);
  return page;
}

}  // namespace kiesel::device
