// Records launches where the option `capture` asks for it (evaluation/capture).
#pragma once

#include <memory>
#include <vector>

#include "device/device.hpp"

namespace kiesel::runtime {

// Puts recorders around the devices, or logs why not.
void record_if_wanted(std::vector<std::unique_ptr<device::Device>>& devices);

}  // namespace kiesel::runtime
