#include "runtime/core/memory.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <mutex>

#include "runtime/core/callbacks.hpp"
#include "runtime/core/handle.hpp"
#include "support/checked.hpp"
#include "support/uncancelled.hpp"

namespace kiesel::runtime {
namespace {

using Mapping = MemoryObject::Mapping;

bool writes(const Mapping& mapping) {
  return mapping.flags & (CL_MAP_WRITE | CL_MAP_WRITE_INVALIDATE_REGION);
}

// Of mappings of one memory object, whose boxes have the same pitches.
bool overlap(const Mapping& a, const Mapping& b) {
  const auto origin = [](const Mapping& mapping) {
    const auto slice = mapping.box.source_slice_pitch, row = mapping.box.source_row_pitch;
    std::array<std::uint64_t, 3> out{mapping.offset, 0, 0};
    if (slice) out[2] = out[0] / slice, out[0] %= slice;
    if (row) out[1] = out[0] / row, out[0] %= row;
    return out;
  };
  const auto from = origin(a), to = origin(b);
  for (int i = 0; i < 3; ++i)
    if (from[i] + a.box.size[i] <= to[i] || to[i] + b.box.size[i] <= from[i]) return false;
  return true;
}

}  // namespace

ApiError memory_error(const Error& error) {
  return {error.code == Errc::kOutOfMemory ? CL_MEM_OBJECT_ALLOCATION_FAILURE : CL_OUT_OF_RESOURCES,
          error.reason};
}

device::Box flat_box(std::size_t bytes) {
  device::Box box;
  box.size = {bytes, 1, 1};
  return box;
}

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

MemoryObject::MemoryObject(Context& context, MemoryObject* associated, Description&& description)
    : context_(&context),
      associated_(associated),
      properties_(std::move(description.properties)),
      flags_(description.flags),
      origin_(description.origin),
      size_(description.size),
      external_(std::move(description.external)),
      user_memory_(external_ ? external_->bytes->begin()
                   : !associated && (flags_ & CL_MEM_USE_HOST_PTR)
                       ? static_cast<std::byte*>(description.host_pointer)
                       : nullptr),
      uses_svm_(description.uses_svm),
      svm_(external_ ? external_->bytes : std::move(description.svm)),
      residence_(size_) {}

MemoryObject::~MemoryObject() {
  // The callbacks tell that USE_HOST_PTR's memory may be reused, so storage goes first.
  if (first_.device) first_.device->implementation().free(first_.address);
  for (const auto& storage : others_) storage.device->implementation().free(storage.address);
  if (destructor_callbacks_.empty()) return;
  auto call = [callbacks = std::move(destructor_callbacks_), handle = cl_handle(*this)] {
    const Uncancelled until_the_end;
    for (auto it = callbacks.rbegin(); it != callbacks.rend(); ++it) it->first(handle, it->second);
  };
  if (OnDeviceThread::active())
    post_callback(std::move(call));
  else
    call();
}

Object* MemoryObject::parent() {
  if (associated_) return associated_.get();
  return context_;
}

void MemoryObject::keep_parent() { kept_context_ = Ref<Context>(context_); }

void* MemoryObject::host_pointer() const {
  if (associated_) {
    auto* base = static_cast<std::byte*>(associated_->host_pointer());
    return base ? base + origin_ : nullptr;
  }
  return external_ ? nullptr : user_memory_;
}

cl_uint MemoryObject::map_count() const {
  std::lock_guard lock(mutex_);
  return static_cast<cl_uint>(mappings_.size());
}

Outcome<MemoryObject::Storage*> MemoryObject::storage(Device& root) {
  if (first_.device == &root) return &first_;
  for (auto& known : others_)
    if (known.device == &root) return &known;
  auto address = root.implementation().allocate(size_, kBufferAlignment, label(), context_->owner());
  if (!address) return memory_error(address.error());
  if (context_->roots().size() == 1) only_address_.store(*address, std::memory_order_release);
  Storage& made = first_.device ? others_.emplace_back() : first_;
  made = {&root, *address};
  return &made;
}

Outcome<device::Address> MemoryObject::svm_address(const Device& device) const {
  if (device.svm_capabilities()) return address_of(user_memory_);
  return ApiError{CL_INVALID_OPERATION, "the device does not reach the memory", Ref<Object>(context_)};
}

Outcome<device::Address> MemoryObject::address(Device& device) {
  if (const auto known = only_address_.load(std::memory_order_acquire)) return known;
  if (associated_) {
    KIESEL_TRY(base, associated_->address(device));
    return base + origin_;
  }
  if (svm_) return svm_address(device);
  std::lock_guard lock(mutex_);
  KIESEL_TRY(place, storage(device.root()));
  return place->address;
}

std::optional<device::Address> MemoryObject::acquire_now(Device& device, Access access, Range range) {
  if (const auto known = only_address_.load(std::memory_order_acquire)) return known;
  if (associated_) {
    const auto base = associated_->acquire_now(device, access, in_parent(range));
    return base ? std::optional(*base + origin_) : std::nullopt;
  }
  if (svm_) {
    const auto address = svm_address(device);
    return address.ok() ? std::optional(*address) : std::nullopt;
  }
  Device& root = device.root();
  std::lock_guard lock(mutex_);
  if (moving_) return std::nullopt;
  const auto place = storage(root);
  if (!place.ok() || !residence_.missing(access, range, root.number()).empty()) return std::nullopt;
  residence_.begin(access, range, root.number());
  return (*place)->address;
}

void MemoryObject::acquire(Device& device, Access access, Range range, Acquired then) {
  if (associated_) {
    associated_->acquire(device, access, in_parent(range),
                         [origin = origin_, then = std::move(then)](const Outcome<device::Address>& base) {
                           then(base.ok() ? Outcome<device::Address>(*base + origin) : base);
                         });
    return;
  }
  if (svm_)
    then(svm_address(device));
  else
    begin({&device.root(), access, range, std::move(then)});
}

// Whoever wants the memory keeps it until `then` has run.
void MemoryObject::begin(Acquisition wanted) {
  std::vector<Relocation> list;
  Outcome<device::Address> address = device::Address{0};
  {
    std::lock_guard lock(mutex_);
    if (moving_) {
      waiting_.push_back(std::move(wanted));
      return;
    }
    const auto place = storage(*wanted.root);
    if (place.ok()) {
      address = (*place)->address;
      list = relocations(wanted, **place);
    } else {
      address = place.error();
    }
    moving_ = true;
  }
  relocate(std::move(list), [this, wanted = std::move(wanted), address](const Status& moved) {
    end(wanted, moved.ok() ? address : memory_error(moved.error()));
  });
}

std::vector<Relocation> MemoryObject::relocations(const Acquisition& wanted, const Storage& to) {
  std::vector<Relocation> out;
  for (const auto& move : residence_.missing(wanted.access, wanted.range, wanted.root->number())) {
    const auto is_there = [&](const Storage& storage) { return storage.device->number() == move.from; };
    const Storage& from = is_there(first_) ? first_ : *std::find_if(others_.begin(), others_.end(), is_there);
    out.push_back({&from.device->implementation(), from.address + move.range.begin,
                   &to.device->implementation(), to.address + move.range.begin,
                   move.range.end - move.range.begin});
  }
  return out;
}

// The memory may be gone once the last one that wanted it was told.
void MemoryObject::end(const Acquisition& wanted, const Outcome<device::Address>& address) {
  std::vector<Acquisition> next;
  {
    std::lock_guard lock(mutex_);
    if (address.ok()) residence_.begin(wanted.access, wanted.range, wanted.root->number());
    moving_ = false;
    next.swap(waiting_);
  }
  wanted.then(address);
  for (auto& other : next) begin(std::move(other));
}

Outcome<> MemoryObject::allocate(const void* contents, const device::Box& box) {
  if (svm_) return {};
  Device& first = *context_->roots().front();
  KIESEL_TRY(place, storage(first));  // nobody else knows this yet: no lock
  if (!contents) return {};
  residence_.begin(Access::kOverwrite, {0, size_}, first.number());
  auto written = run_now(first.implementation(), device::Write{contents, place->address, box});
  if (!written.ok()) return memory_error(written.error());
  return {};
}

// Zeros where the host wrote nothing. Aligned as buffers are: calloc touches no page, but knows no alignment.
Outcome<std::byte*> MemoryObject::shadow() {
  if (!shadow_) {
    const auto bytes = checked_sum(size_, kBufferAlignment);
    shadow_.reset(bytes ? static_cast<std::byte*>(std::calloc(*bytes, 1)) : nullptr);
  }
  if (!shadow_) return ApiError{CL_MAP_FAILURE, "no memory of the host for a mapping"};
  const auto address = reinterpret_cast<std::uintptr_t>(shadow_.get());
  return shadow_.get() + (kBufferAlignment - address % kBufferAlignment) % kBufferAlignment;
}

Outcome<MemoryObject::Mapping> MemoryObject::host_view(Device& device, std::size_t offset) {
  if (associated_) return associated_->host_view(device, origin_ + offset);
  if (svm_) return Mapping{.pointer = user_memory_ + offset};
  std::lock_guard lock(mutex_);
  KIESEL_TRY(place, storage(device.root()));
  if (user_memory_) return Mapping{.pointer = user_memory_ + offset, .copied = true};
  // With several devices the newest contents may move while the region is mapped, so that only a copy stays
  // put.
  std::byte* visible =
      context_->roots().size() == 1 ? device.implementation().host_pointer(place->address) : nullptr;
  if (visible) return Mapping{.pointer = visible + offset};
  KIESEL_TRY(copy, shadow());
  return Mapping{.pointer = copy + offset, .copied = true};
}

Outcome<MemoryObject::Mapping> MemoryObject::map(Device& device, cl_map_flags flags, std::size_t offset,
                                                 const device::Box& box) {
  auto view = host_view(device, offset);
  if (!view.ok()) return ApiError{CL_MAP_FAILURE, view.error().reason, Ref<Object>(context_)};
  auto mapping = *view;
  mapping.offset = offset;
  mapping.box = box;
  mapping.flags = flags;
  std::lock_guard lock(mutex_);
  for (const auto& other : mappings_)
    if (writes(mapping) && writes(other) && overlap(mapping, other))
      return ApiError{CL_INVALID_OPERATION, "the region is mapped for writing already",
                      Ref<Object>(context_)};
  mappings_.push_back(mapping);
  return mapping;
}

bool MemoryObject::unmap(const void* pointer, Mapping& mapping) {
  std::lock_guard lock(mutex_);
  const auto found = std::find_if(mappings_.begin(), mappings_.end(),
                                  [&](const Mapping& entry) { return entry.pointer == pointer; });
  if (found == mappings_.end()) return false;
  mapping = *found;
  mappings_.erase(found);
  return true;
}

void MemoryObject::add_destructor_callback(DestructorCallback callback, void* user_data) {
  std::lock_guard lock(mutex_);
  destructor_callbacks_.emplace_back(callback, user_data);
}

}  // namespace kiesel::runtime
