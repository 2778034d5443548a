// The one platform of the process: its devices, its compiler, its cache. Made on first use, never destroyed.
#pragma once

#include <CL/cl.h>

#include <memory>
#include <vector>

#include "compiler/client/client.hpp"
#include "runtime/core/device.hpp"
#include "runtime/core/error.hpp"
#include "runtime/core/info_table.hpp"
#include "runtime/core/object.hpp"
#include "support/cache.hpp"

namespace kiesel::runtime {

class Platform final : public Object {
 public:
  static constexpr Kind kKind = Kind::kPlatform;
  static constexpr cl_int kInvalid = CL_INVALID_PLATFORM;
  using ClType = cl_platform_id;

  static Platform& get();

  const std::vector<Ref<Device>>& devices() const { return devices_; }
  const InfoTable& info() const { return info_; }
  compiler::Client& compiler() { return compiler_; }
  const std::string& compiler_path() const { return compiler_path_; }
  const DiskCache& cache() const { return cache_; }
  // In a child of fork() the root devices are its parent's, whose threads are not here: makes them anew,
  // once. CL_DEVICE_NOT_AVAILABLE. Contexts need this, and nothing uses a device before there is one.
  Outcome<> renew_devices();
  // For cl_khr_icd 2.0: the platform's handle, its devices' and those to come carry it.
  void set_dispatch_data(void* data);

 private:
  Platform();
  void describe();
  std::vector<std::unique_ptr<device::Device>> make_devices();

  std::vector<Ref<Device>> devices_;
  InfoTable info_;
  std::string compiler_path_;
  compiler::Client compiler_;
  DiskCache cache_;
};

bool valid_device_type(cl_device_type type);
// CL_DEVICE_TYPE_DEFAULT and CL_DEVICE_TYPE_ALL mean every device, as CL_DEVICE_TYPE_GPU does.
std::vector<Ref<Device>> devices_of_type(const Platform& platform, cl_device_type type);

}  // namespace kiesel::runtime
