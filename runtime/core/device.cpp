#include "runtime/core/device.hpp"

namespace kiesel::runtime {

Device::Device(std::unique_ptr<device::Device> implementation) : implementation_(std::move(implementation)) {}

}  // namespace kiesel::runtime
