// The commands that plug-ins have, by number. A plug-in gets the number, so that one which ends a command
// twice, or ends one that it never had, hits nothing. Threads: any.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "device/plugin/kiesel_device.h"

namespace kiesel::device::plugin {

// Characters of a reason that are taken; more are cut.
inline constexpr std::size_t kLongestReason = 4096;

struct End {
  kiesel_result result = KIESEL_OK;
  std::string reason;
  std::uint64_t start_ns = 0, end_ns = 0;
};
using EndHandler = std::function<void(void* command, End)>;

// What the plug-in gets as `command`.
void* add_live_command(EndHandler handler);
// Takes it back: whoever gets the handler is the one that calls it. Empty where somebody was first.
EndHandler take_live_command(void* command);
// What the plug-in gets as `done`.
void end_live_command(void* command, kiesel_result result, const char* reason, std::uint64_t start,
                      std::uint64_t end);

}  // namespace kiesel::device::plugin
