// The log: KIESEL_LOG=<level> or <group>=<level>,...; off costs one relaxed load.
//   KIESEL_LOG(kApi, kDebug, "clCreateBuffer: {} bytes", size);
// Threads: lines of several threads do not mix.
#pragma once

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kiesel::log {

enum class Group : std::uint8_t { kApi, kEvent, kMemory, kCompiler, kDevice };
enum class Level : std::uint8_t { kOff, kError, kWarning, kInfo, kDebug };

inline constexpr std::size_t kGroupCount = 5;
inline constexpr Level kUnread = Level{0xFF};  // the options were not looked at yet

// Set from the options at the first line that passes.
extern std::array<std::atomic<Level>, kGroupCount> levels;
void read_levels();

inline bool enabled(Group group, Level level) {
  const auto& own = levels[static_cast<std::size_t>(group)];
  auto most = own.load(std::memory_order_relaxed);
  if (most == kUnread) {
    read_levels();
    most = own.load(std::memory_order_relaxed);
  }
  return most >= level;
}
// One load and no call: also true before the options were looked at.
inline bool may_be_enabled(Group group, Level level) {
  return levels[static_cast<std::size_t>(group)].load(std::memory_order_relaxed) >= level;
}
void write(Group group, Level level, std::string_view line);

}  // namespace kiesel::log

#define KIESEL_LOG(group, level, ...)                                                     \
  do {                                                                                    \
    if (::kiesel::log::enabled(::kiesel::log::Group::group, ::kiesel::log::Level::level)) \
      ::kiesel::log::write(::kiesel::log::Group::group, ::kiesel::log::Level::level,      \
                           fmt::format(__VA_ARGS__));                                     \
  } while (0)
