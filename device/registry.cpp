#include "device/device.hpp"
#include "device/model/model_device.hpp"
#include "support/config.hpp"
#include "support/log.hpp"

namespace kiesel::device {

std::vector<std::unique_ptr<Device>> make_devices() {
  std::vector<std::unique_ptr<Device>> devices;
  for (model::Configuration& shape : model::configured_devices(config().device)) {
    const std::string name = shape.device_name();
    shape.exact_bounds = config().exact_bounds;
    shape.launch_seconds = config().launch_seconds;
    auto device = model::ModelDevice::create(std::move(shape), static_cast<unsigned>(config().threads));
    if (device)
      devices.push_back(std::move(*device));
    else
      KIESEL_LOG(kDevice, kError, "{}: {}", name, device.error().reason);
  }
  return devices;
}

}  // namespace kiesel::device
