// A device as applications see it: a whole device::Device, or some cores of one (a sub-device). Sub-devices
// share the memory of their root device; they have programs and queues of their own.
#pragma once

#include <CL/cl.h>
#include <CL/cl_ext.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "device/device.hpp"
#include "runtime/core/info_table.hpp"
#include "runtime/core/named_version.hpp"
#include "runtime/core/object.hpp"

namespace kiesel::runtime {

class Device final : public Object {
 public:
  static constexpr Kind kKind = Kind::kDevice;
  static constexpr cl_int kInvalid = CL_INVALID_DEVICE;
  using ClType = cl_device_id;

  explicit Device(std::unique_ptr<device::Device> implementation);
  ~Device() override;
  // A sub-device. `cores` are the parent's; `partition` is what clCreateSubDevices was given. The parent is
  // described.
  Device(Device& parent, device::Cores cores, std::vector<cl_device_partition_property> partition);

  Object* parent() override { return parent_.get(); }
  Device* parent_device() const { return parent_.get(); }  // null: a root device
  Device& root() { return *root_; }
  unsigned number() const { return number_; }     // of a root device: its place among the platform's devices
  device::Cores cores() const { return cores_; }  // of the root device that its launches get

  device::Device& implementation() const { return *root_->implementation_.load(std::memory_order_acquire); }
  // Of a root device in a child of fork(): the parent's stays as it was found.
  void renew(std::unique_ptr<device::Device> implementation) {
    implementation_.store(implementation.release());
  }
  const device::Description& description() const { return description_; }
  const isa::Target& target() const { return description().target; }
  // Shared virtual memory: what the host and the device see under one address.
  cl_device_svm_capabilities svm_capabilities() const {
    if (!description().host_visible) return 0;
    const cl_device_svm_capabilities atomics = target().atomics ? CL_DEVICE_SVM_ATOMICS : 0;
    return CL_DEVICE_SVM_COARSE_GRAIN_BUFFER | CL_DEVICE_SVM_FINE_GRAIN_BUFFER | atomics;
  }
  // Handles of semaphores that it can import and export.
  static std::vector<cl_external_semaphore_handle_type_khr> semaphore_handle_types() {
    return {CL_SEMAPHORE_HANDLE_OPAQUE_FD_KHR};
  }
  // Handles of memory from outside that it can import.
  std::vector<cl_external_memory_handle_type_khr> external_memory_types() const {
    if (!description().host_visible) return {};
    return {CL_EXTERNAL_MEMORY_HANDLE_OPAQUE_FD_KHR};
  }
  const std::vector<NamedVersion>& extension_list() const { return extension_list_; }
  // Extensions and feature macros of OpenCL C, separated by spaces: what builds may use.
  const std::string& compiler_features() const { return compiler_features_; }
  // Whether it has an extension, or a feature of OpenCL C: a row of device/isa/language_features.hpp.
  bool has(std::string_view feature) const;
  const InfoTable& info() const { return info_; }
  // Fills the info table of a root device; it has its handle by then.
  void describe(cl_platform_id platform, unsigned number);

 private:
  void describe_part(const std::vector<cl_device_partition_property>& partition);

  Ref<Device> parent_;
  Device* const root_;
  std::atomic<device::Device*> implementation_{nullptr};  // of a root device
  device::Description description_;                       // with the number of cores of this one
  device::Cores cores_;                                   // all, of a root device
  unsigned number_ = 0;
  std::vector<NamedVersion> extension_list_;
  std::string compiler_features_;
  InfoTable info_;
};

// Bytes; CL_DEVICE_MEM_BASE_ADDR_ALIGN is this in bits. Large enough for the widest type, double16.
inline constexpr std::size_t kBufferAlignment = 128;
inline constexpr std::size_t kPrintfBufferBytes = std::size_t{2} << 20;

}  // namespace kiesel::runtime
