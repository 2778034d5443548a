// Devices around devices, where options ask for them: to record launches, to profile them (evaluation/).
#pragma once

#include <memory>
#include <vector>

#include "device/device.hpp"

namespace kiesel::runtime {

// Puts them around, or logs why not.
void wrap_if_wanted(std::vector<std::unique_ptr<device::Device>>& devices);

}  // namespace kiesel::runtime
