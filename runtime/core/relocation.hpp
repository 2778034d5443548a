// Copies of bytes from device to device.
#pragma once

#include <functional>
#include <vector>

#include "device/device.hpp"

namespace kiesel::runtime {

struct Relocation {
  device::Device* from;
  device::Address source;
  device::Device* to;
  device::Address target;
  std::size_t bytes;
};

// One after the other; `done` runs once, on this thread if there are none, else on a device's. The memory
// must live until then. Nothing blocks.
void relocate(std::vector<Relocation> list, std::function<void(const Status&)> done);

}  // namespace kiesel::runtime
