// What a plug-in says of its device, checked: what cannot be is an error with a sentence, and nothing of it
// is believed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "device/device.hpp"
#include "device/plugin/kiesel_device.h"
#include "device/plugin/library.hpp"

namespace kiesel::device::plugin {

struct CounterInfo {
  std::string name, unit, scope, text;
};

struct PluginDescription {
  Description description;
  std::string name, extensions, quirks;  // as the plug-in wrote them
  std::vector<kiesel_memory> memories;
  std::vector<CounterInfo> counters;
  std::uint32_t alignment = 64;
  std::uint32_t pending = 0;
  std::uint32_t flags = 0;

  bool has(std::uint32_t flag) const { return flags & flag; }
};

// Asks an open device and checks the answer. kInvalidArgument, or the error that it gave.
Result<PluginDescription> describe(const Opened& opened);

}  // namespace kiesel::device::plugin
