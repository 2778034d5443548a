#include "runtime/core/wrapping.hpp"

#include <dlfcn.h>

#include "device/wrapper_library.hpp"
#include "runtime/core/version.hpp"
#include "support/config.hpp"
#include "support/installed.hpp"
#include "support/log.hpp"

namespace kiesel::runtime {
namespace {

void wrap(const device::WrapperLibrary& with, std::vector<std::unique_ptr<device::Device>>& devices) {
  const auto path = folder_of_this_module() / with.file;
  void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  auto* const entry =
      library ? reinterpret_cast<device::WrapDevices*>(::dlsym(library, device::kWrapperEntry)) : nullptr;
  if (!entry)
    KIESEL_LOG(kDevice, kError, "{}: {}", with.option, ::dlerror());
  else if (!entry(kVersion, config(), devices))
    KIESEL_LOG(kDevice, kError, "{}: {} is of another version of Kiesel", with.option, path.string());
}

}  // namespace

void wrap_if_wanted(std::vector<std::unique_ptr<device::Device>>& devices) {
  if (devices.empty()) return;
  for (const auto& library : device::kWrapperLibraries)
    if (!(config().*library.asked_for).empty()) wrap(library, devices);
}

}  // namespace kiesel::runtime
