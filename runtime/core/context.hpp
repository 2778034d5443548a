// A context: devices that share memory objects and programs, and where the application hears of errors.
#pragma once

#include <CL/cl.h>

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/core/device.hpp"
#include "runtime/core/handle.hpp"
#include "runtime/core/object.hpp"
#include "runtime/core/svm_table.hpp"

namespace kiesel::runtime {

class Buffer;
class CommandQueue;

class Context final : public Object {
 public:
  static constexpr Kind kKind = Kind::kContext;
  static constexpr cl_int kInvalid = CL_INVALID_CONTEXT;
  using ClType = cl_context;
  using Notify = void(CL_CALLBACK*)(const char* reason, const void* private_info, size_t bytes,
                                    void* user_data);
  using DestructorCallback = void(CL_CALLBACK*)(cl_context context, void* user_data);

  // `properties` with its final zero, or empty when the application gave no list.
  Context(std::vector<Ref<Device>> devices, std::vector<cl_context_properties> properties, Notify notify,
          void* user_data);

  const std::vector<Ref<Device>>& devices() const { return devices_; }
  // The devices that the devices are parts of, or are: each has a memory of its own.
  const std::vector<Ref<Device>>& roots() const { return roots_; }
  const std::vector<cl_context_properties>& properties() const { return properties_; }
  bool has(const Device& device) const;
  // Of its memory and launches: its own with the option isolate, else that of all contexts.
  device::Owner owner() const { return owner_; }
  SvmTable& svm() { return svm_; }

  // Its command-queues come and go; those that are there now.
  void add_queue(CommandQueue& queue);
  void remove_queue(CommandQueue& queue);
  std::vector<Ref<CommandQueue>> queues();

  // Buffers whose addresses kernels may have, and the one that has an address on a device, or none.
  void add_addressed(Buffer& buffer);
  void remove_addressed(Buffer& buffer);
  Ref<Buffer> addressed_at(Device& device, device::Address address);

  // Tells the application's pfn_notify, on the callback thread.
  void notify(std::string reason);
  void add_destructor_callback(DestructorCallback callback, void* user_data);

 private:
  ~Context() override;

  std::vector<Ref<Device>> devices_, roots_;
  std::vector<HandleKeeper> named_;  // CL_CONTEXT_DEVICES: sub-devices that the application released
  std::vector<cl_context_properties> properties_;
  Notify notify_;
  void* user_data_;
  const device::Owner owner_;
  SvmTable svm_;
  std::mutex mutex_;  // guards what follows
  std::vector<CommandQueue*> queues_;
  std::vector<Buffer*> addressed_;
  std::vector<std::pair<DestructorCallback, void*>> destructor_callbacks_;
};

}  // namespace kiesel::runtime
