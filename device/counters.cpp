#include "device/counters.hpp"

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

LaunchCounts& LaunchCounts::operator+=(const LaunchCounts& other) {
  std::ranges::transform(totals, other.totals, totals.begin(), std::plus<>());
  timed |= other.timed;
  if (other.clock_khz) clock_khz = other.clock_khz;
  if (other.instructions.empty()) return *this;
  widen(*this, other.code_begin, other.code_begin + other.instructions.size() * 4);
  auto to = instructions.begin() + static_cast<std::ptrdiff_t>((other.code_begin - code_begin) / 4);
  for (const InstructionCounts& from : other.instructions) {
    std::ranges::transform(*to, from, to->begin(), std::plus<>());
    ++to;
  }
  return *this;
}

}  // namespace kiesel::device
