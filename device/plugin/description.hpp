// What a plug-in says of its device, checked: what cannot be is an error with a sentence, and nothing of it
// is believed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "device/device.hpp"
#include "device/plugin/kiesel_device.h"

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

// A struct of the other side as this side knows it: what is missing at its end is 0.
template <class T>
T known_part(const T& theirs) {
  T out{};
  std::memcpy(&out, &theirs, std::min<std::size_t>(theirs.size, sizeof out));
  return out;
}

// kInvalidArgument.
Result<PluginDescription> check_description(const kiesel_description& theirs);

}  // namespace kiesel::device::plugin
