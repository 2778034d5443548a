#include "runtime/core/memory.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "runtime/core/callbacks.hpp"
#include "runtime/core/handle.hpp"

namespace kiesel::runtime {
namespace {

ApiError memory_error(const Error& error) {
  return {error.code == Errc::kOutOfMemory ? CL_MEM_OBJECT_ALLOCATION_FAILURE : CL_OUT_OF_RESOURCES,
          error.reason};
}

device::Box row(std::size_t bytes) {
  device::Box box;
  box.size = {bytes, 1, 1};
  return box;
}

}  // namespace

Status run_now(device::Device& device, device::Command command) {
  struct Waiting {
    std::atomic<int> done{0};
    Status status;
  };
  auto waiting = std::make_shared<Waiting>();
  device.submit(std::move(command), [waiting](const device::Completion& completion) {
    waiting->status = completion.status;
    waiting->done.store(1, std::memory_order_release);
    waiting->done.notify_all();
  });
  while (!waiting->done.load(std::memory_order_acquire))
    if (!device.help()) waiting->done.wait(0, std::memory_order_acquire);
  return waiting->status;
}

Buffer::Buffer(Context& context, Buffer* parent, std::vector<cl_mem_properties> properties,
               cl_mem_flags flags, std::size_t origin, std::size_t size, void* host_pointer)
    : context_(&context),
      parent_(parent),
      properties_(std::move(properties)),
      flags_(flags),
      origin_(origin),
      size_(size),
      user_memory_(flags & CL_MEM_USE_HOST_PTR ? static_cast<std::byte*>(host_pointer) : nullptr) {}

Outcome<Ref<Buffer>> Buffer::create(Context& context, std::vector<cl_mem_properties> properties,
                                    cl_mem_flags flags, std::size_t size, void* host_pointer) {
  auto buffer =
      Ref<Buffer>::adopt(new Buffer(context, nullptr, std::move(properties), flags, 0, size, host_pointer));
  Device& first = *context.devices().front();
  KIESEL_CHECK(buffer->address(first));
  if (flags & (CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR))
    KIESEL_CHECK(buffer->write_initial(first, host_pointer));
  return buffer;
}

Ref<Buffer> Buffer::create_sub_buffer(Buffer& parent, cl_mem_flags flags, std::size_t origin,
                                      std::size_t size) {
  return Ref<Buffer>::adopt(
      new Buffer(parent.context(), &parent, {}, flags, origin, size, parent.host_pointer()));
}

Buffer::~Buffer() {
  // The callbacks tell that USE_HOST_PTR's memory may be reused, so storage goes first.
  for (const auto& storage : storage_) storage.device->implementation().free(storage.address);
  auto call = [callbacks = std::move(destructor_callbacks_), handle = cl_handle(*this)] {
    for (auto it = callbacks.rbegin(); it != callbacks.rend(); ++it) it->first(handle, it->second);
  };
  if (OnDeviceThread::active())
    post_callback(std::move(call));
  else
    call();
}

Object* Buffer::parent() {
  if (parent_) return parent_.get();
  return context_.get();
}

void* Buffer::host_pointer() const {
  if (parent_) {
    auto* base = static_cast<std::byte*>(parent_->host_pointer());
    return base ? base + origin_ : nullptr;
  }
  return user_memory_;
}

cl_uint Buffer::map_count() const {
  std::lock_guard lock(mutex_);
  return static_cast<cl_uint>(mappings_.size());
}

Outcome<Buffer::Storage*> Buffer::storage(Device& device) {
  for (auto& storage : storage_)
    if (storage.device.get() == &device) return &storage;
  auto address = device.implementation().allocate(size_, kBufferAlignment);
  if (!address) return memory_error(address.error());
  device.implementation().label(*address, "buffer");  // for messages about wild addresses
  storage_.push_back({Ref<Device>(&device), *address});
  return &storage_.back();
}

Outcome<device::Address> Buffer::address(Device& device) {
  if (parent_) {
    KIESEL_TRY(base, parent_->address(device));
    return base + origin_;
  }
  std::lock_guard lock(mutex_);
  KIESEL_TRY(place, storage(device));
  if (!owner_) owner_ = &device;
  return place->address;
}

Outcome<device::Address> Buffer::acquire(Device& device) {
  if (parent_) {
    KIESEL_TRY(base, parent_->acquire(device));
    return base + origin_;
  }
  std::lock_guard lock(mutex_);
  KIESEL_TRY(place, storage(device));
  const auto owner = std::find_if(storage_.begin(), storage_.end(),
                                  [&](const Storage& entry) { return entry.device.get() == owner_; });
  if (owner_ != &device && owner != storage_.end()) KIESEL_CHECK(move_contents(*owner, *place));
  owner_ = &device;
  return place->address;
}

Outcome<> Buffer::move_contents(const Storage& from, const Storage& to) {
  const auto passage = std::make_unique_for_overwrite<std::byte[]>(size_);
  auto read = run_now(from.device->implementation(), device::Read{from.address, passage.get(), row(size_)});
  if (!read.ok()) return memory_error(read.error());
  auto write = run_now(to.device->implementation(), device::Write{passage.get(), to.address, row(size_)});
  if (!write.ok()) return memory_error(write.error());
  return {};
}

Outcome<> Buffer::write_initial(Device& device, const void* from) {
  KIESEL_TRY(target, address(device));
  auto written = run_now(device.implementation(), device::Write{from, target, row(size_)});
  if (!written.ok()) return memory_error(written.error());
  return {};
}

Outcome<Buffer::Mapping> Buffer::host_view(Device& device, std::size_t offset) {
  if (parent_) return parent_->host_view(device, origin_ + offset);
  std::lock_guard lock(mutex_);
  KIESEL_TRY(place, storage(device));
  if (user_memory_) return Mapping{.pointer = user_memory_ + offset, .copied = true};
  // With several devices the owner may change while the region is mapped, so that only a copy stays put.
  std::byte* visible =
      context_->devices().size() == 1 ? device.implementation().host_pointer(place->address) : nullptr;
  if (visible) return Mapping{.pointer = visible + offset};
  if (!shadow_) shadow_ = std::make_unique_for_overwrite<std::byte[]>(size_);
  return Mapping{.pointer = shadow_.get() + offset, .copied = true};
}

Outcome<Buffer::Mapping> Buffer::map(Device& device, cl_map_flags flags, std::size_t offset,
                                     std::size_t size) {
  KIESEL_TRY(mapping, host_view(device, offset));
  mapping.offset = offset;
  mapping.size = size;
  mapping.flags = flags;
  std::lock_guard lock(mutex_);
  mappings_.push_back(mapping);
  return mapping;
}

bool Buffer::unmap(const void* pointer, Mapping& mapping) {
  std::lock_guard lock(mutex_);
  const auto found = std::find_if(mappings_.begin(), mappings_.end(),
                                  [&](const Mapping& entry) { return entry.pointer == pointer; });
  if (found == mappings_.end()) return false;
  mapping = *found;
  mappings_.erase(found);
  return true;
}

void Buffer::add_destructor_callback(DestructorCallback callback, void* user_data) {
  std::lock_guard lock(mutex_);
  destructor_callbacks_.emplace_back(callback, user_data);
}

}  // namespace kiesel::runtime
