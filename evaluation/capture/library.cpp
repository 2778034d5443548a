#include <string_view>

#include "device/wrapper_library.hpp"
#include "evaluation/capture/recorder.hpp"

using namespace kiesel;

extern "C" [[gnu::visibility("default")]] bool kiesel_wrap_devices(
    const char* version, const Config& config, std::vector<std::unique_ptr<device::Device>>& devices) {
  if (version != std::string_view(KIESEL_VERSION)) return false;
  capture::Devices notes{KIESEL_VERSION, {}};
  for (const auto& device : devices)
    notes.devices.push_back({device->description().name, capture::words_for(device->description().target)});
  const auto recording = std::make_shared<capture::Recording>(config, std::move(notes));
  std::uint32_t number = 0;
  for (auto& device : devices)
    device = std::make_unique<capture::Recorder>(std::move(device), recording, number++);
  return true;
}
