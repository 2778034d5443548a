// Memory objects: what buffers, images and pipes share. Each is a number of bytes with storage on each device
// that used it; a command that starts on a device brings the newest contents of its bytes over first
// (residence.hpp). A memory object made from another one is a view of that one's bytes.
#pragma once

#include <CL/cl.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "runtime/core/context.hpp"
#include "runtime/core/error.hpp"
#include "runtime/core/external_memory.hpp"
#include "runtime/core/object.hpp"
#include "runtime/core/relocation.hpp"
#include "runtime/core/residence.hpp"
#include "support/short_mutex.hpp"

namespace kiesel::runtime {

class MemoryObject : public Object {
 public:
  static constexpr Kind kKind = Kind::kMemory;
  static constexpr cl_int kInvalid = CL_INVALID_MEM_OBJECT;
  using ClType = cl_mem;
  using DestructorCallback = void(CL_CALLBACK*)(cl_mem memory, void* user_data);

  virtual cl_mem_object_type type() const = 0;
  virtual const char* label() const = 0;  // for messages: "buffer"
  Object* parent() override;
  Context& context() const { return *context_; }
  MemoryObject* associated() const { return associated_.get(); }  // what this is a view of, or null
  const MemoryObject& root() const { return associated_ ? associated_->root() : *this; }
  cl_mem_flags flags() const { return flags_; }
  std::size_t size() const { return size_; }
  std::size_t origin() const { return origin_; }  // bytes from the start of associated()
  std::size_t root_origin() const { return associated_ ? origin_ + associated_->root_origin() : 0; }
  const std::vector<cl_mem_properties>& properties() const { return properties_; }
  void* host_pointer() const;  // as CL_MEM_HOST_PTR wants it
  bool uses_svm() const { return root().uses_svm_; }
  // The devices for which it was made from an external handle; null: it was not.
  const std::vector<Ref<Device>>* imported_for() const { return external_ ? &external_->devices : nullptr; }
  cl_uint map_count() const;

  // Its address on a device, with storage made on first use.
  Outcome<device::Address> address(Device& device);
  // The same for a command that starts now, if the newest contents of the range are there already; else null.
  std::optional<device::Address> acquire_now(Device& device, Access access, Range range);
  // The same once they are there: `then` runs now or on a thread of a device.
  using Acquired = std::function<void(const Outcome<device::Address>&)>;
  void acquire(Device& device, Access access, Range range, Acquired then);
  // The 8 bytes that a kernel gets for it.
  virtual Outcome<device::Address> argument(Device& device) { return address(device); }

  // Mapping. The region's host memory is the device's own where the host sees it, else a copy that is read on
  // map and written back on unmap.
  struct Mapping {
    std::byte* pointer = nullptr;
    std::size_t offset = 0;  // of the box
    device::Box box{};       // both sides alike
    cl_map_flags flags = 0;
    bool copied = false;  // pointer is not the device's memory
  };
  // CL_MAP_FAILURE; CL_INVALID_OPERATION: a mapping for writing overlaps another one.
  Outcome<Mapping> map(Device& device, cl_map_flags flags, std::size_t offset, const device::Box& box);
  // False when nothing is mapped there.
  bool unmap(const void* pointer, Mapping& mapping);

  void add_destructor_callback(DestructorCallback callback, void* user_data);

 protected:
  struct Description {
    std::vector<cl_mem_properties> properties{};
    cl_mem_flags flags = 0;
    std::size_t origin = 0, size = 0;
    void* host_pointer = nullptr;  // USE_HOST_PTR's memory or what COPY_HOST_PTR copies
    bool uses_svm = false;         // USE_HOST_PTR's memory is of an SVM allocation
    Ref<SvmAllocation> svm{};      // of this one, which all devices reach
    std::optional<ExternalMemory> external{};
  };
  MemoryObject(Context& context, MemoryObject* associated, Description&& description);
  ~MemoryObject() override;
  // Storage on the first device; `contents`, unless null, is put into `box`.
  Outcome<> allocate(const void* contents, const device::Box& box);

 private:
  struct Storage {
    Device* device;  // a root device, which lives for ever: its parts have its memory
    device::Address address;
  };
  struct Acquisition {
    Device* root;
    Access access;
    Range range;
    Acquired then;
  };

  Range in_parent(Range range) const { return {range.begin + origin_, range.end + origin_}; }
  Outcome<Storage*> storage(Device& root);  // mutex_ held; made on first use
  Outcome<device::Address> svm_address(const Device& device) const;
  void begin(Acquisition wanted);
  void end(const Acquisition& wanted, const Outcome<device::Address>& address);
  std::vector<Relocation> relocations(const Acquisition& wanted, const Storage& to);  // mutex_ held
  Outcome<std::byte*> shadow();                                                       // mutex_ held
  Outcome<Mapping> host_view(Device& device, std::size_t offset);

  void keep_parent() override;

  Ref<Context> kept_context_;  // once this has no handle any more, which keeps it before
  Context* const context_;
  Ref<MemoryObject> associated_;
  const std::vector<cl_mem_properties> properties_;
  const cl_mem_flags flags_;
  const std::size_t origin_;
  const std::size_t size_;
  const std::optional<ExternalMemory> external_;
  std::byte* const user_memory_;  // USE_HOST_PTR, or external
  const bool uses_svm_;
  const Ref<SvmAllocation> svm_;  // which user_memory_ is of: then it is the storage on all devices
  std::atomic<device::Address> only_address_{0};  // of its storage, where there can be but one
  mutable ShortMutex mutex_;                      // guards what follows; device calls are made under it
  Storage first_{};                               // most have no more
  std::vector<Storage> others_;
  Residence residence_;
  bool moving_ = false;               // contents are on their way, and others wait
  std::vector<Acquisition> waiting_;  // for their end
  // For mappings where the host does not see the device's memory.
  struct Freed {
    void operator()(std::byte* memory) const { std::free(memory); }
  };
  std::unique_ptr<std::byte, Freed> shadow_;
  std::vector<Mapping> mappings_;
  std::vector<std::pair<DestructorCallback, void*>> destructor_callbacks_;
};

// `bytes` in a row.
device::Box flat_box(std::size_t bytes);

// Runs a command on a device and waits for it, lending this thread.
Status run_now(device::Device& device, device::Command command);

// An error of a device as one about memory objects.
ApiError memory_error(const Error& error);

}  // namespace kiesel::runtime
