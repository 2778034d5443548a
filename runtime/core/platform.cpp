#include "runtime/core/platform.hpp"

#include <CL/cl_ext.h>

#include <algorithm>
#include <atomic>

#include "device/isa/opencl_level.hpp"
#include "device/registry.hpp"
#include "runtime/core/build_cache.hpp"
#include "runtime/core/handle.hpp"
#include "runtime/core/residence.hpp"
#include "runtime/core/version.hpp"
#include "runtime/core/wrapping.hpp"
#include "support/checked.hpp"
#include "support/config.hpp"
#include "support/fork.hpp"
#include "support/log.hpp"
#include "support/single.hpp"

namespace kiesel::runtime {
namespace {

constexpr cl_platform_info kPlatformUnloadable =
    0x0921;  // CL_PLATFORM_UNLOADABLE_KHR, newer than the headers

// "Each extension that is supported by all devices associated with this platform must be reported here."
std::vector<NamedVersion> common_extensions(const std::vector<Ref<Device>>& devices) {
  std::vector<NamedVersion> out{{"cl_khr_icd", CL_MAKE_VERSION(2, 0, 0)},
                                {"cl_khr_extended_versioning", CL_MAKE_VERSION(1, 0, 0)}};
  const auto has = [](const std::vector<NamedVersion>& list, std::string_view name) {
    return std::any_of(list.begin(), list.end(), [&](const auto& entry) { return entry.name == name; });
  };
  if (devices.empty()) return out;
  for (const auto& entry : devices.front()->extension_list()) {
    const bool everywhere = std::all_of(devices.begin(), devices.end(), [&](const auto& device) {
      return has(device->extension_list(), entry.name);
    });
    if (everywhere && !has(out, entry.name)) out.push_back(entry);
  }
  return out;
}

// Handles of memory that all devices import: devices differ in whether they import any.
std::vector<cl_external_memory_handle_type_khr> common_memory_types(const std::vector<Ref<Device>>& devices) {
  for (const auto& device : devices)
    if (device->external_memory_types().empty()) return {};
  return devices.front()->external_memory_types();
}

constinit Single<Platform> the_platform;
constinit std::atomic<bool> forked{false};
const InForkedChild renews{[] { forked = the_platform.if_made() != nullptr; }};

}  // namespace

Platform& Platform::get() {
  return the_platform.get([] { return new Platform; });
}

Platform::Platform()
    : compiler_path_(compiler::find_compiler()),
      compiler_(compiler_path_),
      cache_(default_cache_folder(), saturating_product(config().cache_mib, std::uint64_t{1} << 20)) {
  const auto handle = hand_out(Ref<Platform>(this));
  if (!handle) return;
  for (auto& implementation : make_devices()) {
    auto device = make_ref<Device>(std::move(implementation));
    if (!hand_out(device)) break;
    device->describe(*handle, static_cast<unsigned>(devices_.size()));
    devices_.push_back(std::move(device));
  }
  describe();
}

std::vector<std::unique_ptr<device::Device>> Platform::make_devices() {
  auto made = device::make_devices(
      {[this](std::span<const std::byte> request) { return compiler_.translate(request); },
       std::string(kVersion) + " " + compiler_path_ + " " +
           std::to_string(compiler_identity(compiler_path_))});
  if (made.size() > Residence::kMostDevices) {
    KIESEL_LOG(kDevice, kError, "of {} devices only {} are used", made.size(), Residence::kMostDevices);
    made.resize(Residence::kMostDevices);
  }
  wrap_if_wanted(made);
  return made;
}

Outcome<> Platform::renew_devices() {
  if (!forked.load(std::memory_order_acquire)) return {};
  const std::lock_guard lock(making_singles());
  if (!forked) return {};
  auto made = make_devices();
  if (made.size() != devices_.size())
    return ApiError{CL_DEVICE_NOT_AVAILABLE,
                    "this process was forked, and its devices could not be made anew"};
  for (std::size_t i = 0; i < made.size(); ++i) devices_[i]->renew(std::move(made[i]));
  forked.store(false, std::memory_order_release);
  return {};
}

void Platform::describe() {
  // "EMBEDDED_PROFILE if the implementation supports the embedded profile only". The version is that of the
  // API, which all devices have, whatever theirs is.
  const bool full = devices_.empty() || std::any_of(devices_.begin(), devices_.end(), [](const auto& device) {
                      return isa::opencl_level(device->target()).full_profile;
                    });
  info_.add_text(CL_PLATFORM_PROFILE, full ? "FULL_PROFILE" : "EMBEDDED_PROFILE");
  info_.add_text(CL_PLATFORM_VERSION, std::string("OpenCL 3.1 Kiesel ") + kVersion);
  info_.add(CL_PLATFORM_NUMERIC_VERSION, cl_version{CL_MAKE_VERSION(3, 1, 0)});
  info_.add_text(CL_PLATFORM_NAME, "Kiesel");
  info_.add_text(CL_PLATFORM_VENDOR, "Kiesel");
  const auto extensions = common_extensions(devices_);
  info_.add_text(CL_PLATFORM_EXTENSIONS, joined_names(extensions));
  info_.add_array(CL_PLATFORM_EXTENSIONS_WITH_VERSION, name_versions(extensions));
  info_.add(CL_PLATFORM_HOST_TIMER_RESOLUTION, cl_ulong{1});
  info_.add_text(CL_PLATFORM_ICD_SUFFIX_KHR, "KIESEL");
  info_.add_array(CL_PLATFORM_SEMAPHORE_TYPES_KHR,
                  std::vector<cl_semaphore_type_khr>{CL_SEMAPHORE_TYPE_BINARY_KHR});
  if (!devices_.empty())
    info_.add_array(CL_PLATFORM_EXTERNAL_MEMORY_IMPORT_HANDLE_TYPES_KHR, common_memory_types(devices_));
  info_.add_array(CL_PLATFORM_SEMAPHORE_IMPORT_HANDLE_TYPES_KHR, Device::semaphore_handle_types());
  info_.add_array(CL_PLATFORM_SEMAPHORE_EXPORT_HANDLE_TYPES_KHR, Device::semaphore_handle_types());
  info_.add(kPlatformUnloadable, cl_bool{CL_FALSE});
}

bool valid_device_type(cl_device_type type) {
  constexpr cl_device_type kKnown = CL_DEVICE_TYPE_DEFAULT | CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_GPU |
                                    CL_DEVICE_TYPE_ACCELERATOR | CL_DEVICE_TYPE_CUSTOM;
  return type == CL_DEVICE_TYPE_ALL || (type != 0 && (type & ~kKnown) == 0);
}

std::vector<Ref<Device>> devices_of_type(const Platform& platform, cl_device_type type) {
  if (type & (CL_DEVICE_TYPE_GPU | CL_DEVICE_TYPE_DEFAULT)) return platform.devices();
  return {};
}

void Platform::set_dispatch_data(void* data) {
  runtime::set_dispatch_data(data);
  handle()->dispatch_data = data;
  for (const auto& device : devices_) device->handle()->dispatch_data = data;
}

}  // namespace kiesel::runtime
