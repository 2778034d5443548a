#include "runtime/core/recording.hpp"

#include <dlfcn.h>

#include "device/recorder_library.hpp"
#include "runtime/core/version.hpp"
#include "support/config.hpp"
#include "support/installed.hpp"
#include "support/log.hpp"

namespace kiesel::runtime {

void record_if_wanted(std::vector<std::unique_ptr<device::Device>>& devices) {
  if (config().capture.empty() || devices.empty()) return;
  const auto path = folder_of_this_module() / device::kRecorderLibrary;
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  auto* const record =
      library ? reinterpret_cast<device::RecordDevices*>(::dlsym(library, device::kRecorderEntry)) : nullptr;
  if (!record)
    KIESEL_LOG(kDevice, kError, "capture: {}", ::dlerror());
  else if (!record(kVersion, config(), devices))
    KIESEL_LOG(kDevice, kError, "capture: {} is of another version of Kiesel", path.string());
}

}  // namespace kiesel::runtime
