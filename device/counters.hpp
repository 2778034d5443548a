// Names of what devices count while they run a launch, from counters.def, and a launch's numbers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kiesel::device {

enum class CounterId : std::uint8_t {
#define COUNTER(id, name, unit, scope, source, meaning) id,
#include "device/counters.def"
#undef COUNTER
  kCount
};
inline constexpr std::size_t kCounters = static_cast<std::size_t>(CounterId::kCount);

enum class CounterScope : std::uint8_t { kInstruction, kLaunch };
enum class CounterSource : std::uint8_t { kProgram, kTiming };

struct CounterInfo {
  std::string_view id, name, unit;
  CounterScope scope;
  CounterSource source;
  std::string_view meaning;
};
inline constexpr CounterInfo kCounterInfos[] = {
#define COUNTER(id, name, unit, scope, source, meaning) \
  {#id, name, unit, CounterScope::k##scope, CounterSource::k##source, meaning},
#include "device/counters.def"
#undef COUNTER
};

// Those that are kept for each instruction come first.
inline constexpr std::size_t kInstructionCounters = [] {
  std::size_t count = 0;
  while (kCounterInfos[count].scope == CounterScope::kInstruction) ++count;
  return count;
}();
static_assert([] {
  for (std::size_t i = kInstructionCounters; i < kCounters; ++i)
    if (kCounterInfos[i].scope == CounterScope::kInstruction) return false;
  return true;
}());

using InstructionCounts = std::array<std::uint64_t, kInstructionCounters>;

// What a device counted while it ran one launch.
struct LaunchCounts {
  std::array<std::uint64_t, kCounters> totals{};
  // Of the module's code from the first instruction that ran to the last one, 4 bytes each; empty where the
  // device does not keep them.
  std::vector<InstructionCounts> instructions;
  std::uint64_t code_begin = 0;  // device address of the first
  bool timed = false;            // counters of source Timing were counted
  std::uint64_t clock_khz = 0;   // of cycles, where it has a clock

  std::uint64_t& operator[](CounterId id) { return totals[static_cast<std::size_t>(id)]; }
  std::uint64_t operator[](CounterId id) const { return totals[static_cast<std::size_t>(id)]; }
  // Of more work with the same module.
  LaunchCounts& operator+=(const LaunchCounts& other);
};

}  // namespace kiesel::device
