// Buffers. A buffer has storage on each device that used it; the newest contents are on one of them
// (`owner`), and a command that starts on another device brings them over first.
#pragma once

#include <CL/cl.h>

#include <memory>
#include <mutex>
#include <vector>

#include "runtime/core/context.hpp"
#include "runtime/core/error.hpp"
#include "runtime/core/object.hpp"

namespace kiesel::runtime {

class Buffer final : public Object {
 public:
  static constexpr Kind kKind = Kind::kMemory;
  static constexpr cl_int kInvalid = CL_INVALID_MEM_OBJECT;
  using ClType = cl_mem;
  using DestructorCallback = void(CL_CALLBACK*)(cl_mem memory, void* user_data);

  // Arguments are valid by then. `host_pointer`: USE_HOST_PTR's memory or what COPY_HOST_PTR copies.
  static Outcome<Ref<Buffer>> create(Context& context, std::vector<cl_mem_properties> properties,
                                     cl_mem_flags flags, std::size_t size, void* host_pointer);
  static Ref<Buffer> create_sub_buffer(Buffer& parent, cl_mem_flags flags, std::size_t origin,
                                       std::size_t size);

  Object* parent() override;
  Context& context() const { return *context_; }
  Buffer* parent_buffer() const { return parent_.get(); }  // null: not a sub-buffer
  cl_mem_flags flags() const { return flags_; }
  std::size_t size() const { return size_; }
  std::size_t origin() const { return origin_; }
  const std::vector<cl_mem_properties>& properties() const { return properties_; }
  void* host_pointer() const;  // as CL_MEM_HOST_PTR wants it
  cl_uint map_count() const;

  // Its address on a device, with storage made on first use.
  Outcome<device::Address> address(Device& device);
  // The same for a command that starts now: the newest contents are there afterwards.
  Outcome<device::Address> acquire(Device& device);

  // Mapping. The region's host memory is the device's own where the host sees it, else a copy that is read on
  // map and written back on unmap.
  struct Mapping {
    std::byte* pointer = nullptr;
    std::size_t offset = 0, size = 0;
    cl_map_flags flags = 0;
    bool copied = false;  // pointer is not the device's memory
  };
  Outcome<Mapping> map(Device& device, cl_map_flags flags, std::size_t offset, std::size_t size);
  // False when nothing is mapped there.
  bool unmap(const void* pointer, Mapping& mapping);

  void add_destructor_callback(DestructorCallback callback, void* user_data);

 private:
  struct Storage {
    Ref<Device> device;
    device::Address address;
  };

  Buffer(Context& context, Buffer* parent, std::vector<cl_mem_properties> properties, cl_mem_flags flags,
         std::size_t origin, std::size_t size, void* host_pointer);
  ~Buffer() override;
  Outcome<Storage*> storage(Device& device);                        // mutex_ held
  Outcome<> move_contents(const Storage& from, const Storage& to);  // mutex_ held
  Outcome<Mapping> host_view(Device& device, std::size_t offset);
  Outcome<> write_initial(Device& device, const void* from);

  Ref<Context> context_;
  Ref<Buffer> parent_;
  const std::vector<cl_mem_properties> properties_;
  const cl_mem_flags flags_;
  const std::size_t origin_;  // bytes from the start of the parent
  const std::size_t size_;
  std::byte* const user_memory_;  // USE_HOST_PTR
  mutable std::mutex mutex_;      // guards what follows; device calls are made under it
  std::vector<Storage> storage_;
  Device* owner_ = nullptr;
  std::unique_ptr<std::byte[]> shadow_;  // for mappings where the host does not see the device's memory
  std::vector<Mapping> mappings_;
  std::vector<std::pair<DestructorCallback, void*>> destructor_callbacks_;
};

// Runs a command on a device and waits for it, lending this thread.
Status run_now(device::Device& device, device::Command command);

}  // namespace kiesel::runtime
