// The log: KIESEL_LOG=<level> or <group>=<level>,...; off costs one relaxed load.
//   KIESEL_LOG(kApi, kDebug, "clCreateBuffer: {} bytes", size);
// Threads: lines of several threads do not mix.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <cstdint>
#include <string_view>

namespace kiesel::log {

enum class Group : std::uint8_t { kApi, kEvent, kMemory, kCompiler, kDevice };
enum class Level : std::uint8_t { kOff, kError, kWarning, kInfo, kDebug };

bool enabled(Group group, Level level);
void write(Group group, Level level, std::string_view line);

}  // namespace kiesel::log

#define KIESEL_LOG(group, level, ...)                                                     \
  do {                                                                                    \
    if (::kiesel::log::enabled(::kiesel::log::Group::group, ::kiesel::log::Level::level)) \
      ::kiesel::log::write(::kiesel::log::Group::group, ::kiesel::log::Level::level,      \
                           fmt::format(__VA_ARGS__));                                     \
  } while (0)
