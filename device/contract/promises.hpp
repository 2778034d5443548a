// What every device promises to the layers above, one row each, with a check that can be run against any
// device: by the tests, and by `kiesel device-test` for whoever brings up a device.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "device/device.hpp"

namespace kiesel::device::contract {

struct Outcome {
  enum class Kind { kKept, kBroken, kNotAsked };
  Kind kind = Kind::kKept;
  std::string seen;  // broken: what was seen; not asked: what the device lacks
};

struct Promise {
  std::string_view name;  // one word or a few, for the command line
  std::string_view text;  // a sentence
};

std::vector<Promise> promises();

// Checks one of them. Never waits for a command longer than `seconds`: one that has not ended by then is left
// behind with the memory that it uses.
Outcome check(Device& device, std::string_view name, unsigned seconds = 60);

}  // namespace kiesel::device::contract
