#include "device/device.hpp"
#include "device/model/model_device.hpp"
#include "support/cache.hpp"
#include "support/checked.hpp"
#include "support/config.hpp"
#include "support/log.hpp"

namespace kiesel::device {

std::vector<std::unique_ptr<Device>> make_devices(const TranslationService& service) {
  std::vector<std::unique_ptr<Device>> devices;
  const auto engine = model::engine_choice(config().engine);
  if (!engine)
    KIESEL_LOG(kDevice, kError, "option engine: '{}' is none of auto, interpreter, translator",
               config().engine);
  for (model::Configuration& shape : model::configured_devices(config().device)) {
    const std::string name = shape.device_name();
    shape.exact_bounds = config().exact_bounds;
    shape.engine = engine.value_or(model::EngineChoice::kAuto);
    if (config().cache) shape.translations_folder = default_cache_folder().string();
    shape.translations_folder_bytes = saturating_product(config().cache_mib, std::uint64_t{1} << 20);
    shape.launch_seconds = config().launch_seconds;
    auto device = model::ModelDevice::create(std::move(shape), static_cast<unsigned>(config().threads),
                                             model::HostLevel::kV4, service);
    if (device)
      devices.push_back(std::move(*device));
    else
      KIESEL_LOG(kDevice, kError, "{}: {}", name, device.error().reason);
  }
  return devices;
}

}  // namespace kiesel::device
