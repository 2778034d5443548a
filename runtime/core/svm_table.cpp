#include "runtime/core/svm_table.hpp"

#include <mutex>

#include "runtime/core/memory.hpp"

namespace kiesel::runtime {

// On the first device as `first` does it, shared with the others.
Outcome<Ref<SvmAllocation>> SvmAllocation::make(const std::vector<Ref<Device>>& devices, device::Owner owner,
                                                std::size_t size, const char* label, UsmInfo usm,
                                                const std::function<Make>& first) {
  Ref<SvmAllocation> made;
  for (const auto& device : devices) {
    if (!device->svm_capabilities()) continue;
    auto& implementation = device->implementation();
    if (made) {
      const auto shared = implementation.share(address_of(made->begin_), size, owner);
      if (!shared.ok()) return memory_error(shared.error());
      implementation.label(address_of(made->begin_), label);
    } else {
      const auto address = first(implementation);
      if (!address.ok() && address.error().code == Errc::kInvalidArgument)
        return ApiError{CL_INVALID_PROPERTY, address.error().reason};
      if (!address.ok()) return memory_error(address.error());
      made = Ref<SvmAllocation>::adopt(new SvmAllocation(implementation.host_pointer(*address), size, usm));
    }
    made->devices_.push_back(device);
  }
  if (!made) return ApiError{CL_INVALID_OPERATION, "no device of the context has shared virtual memory"};
  return made;
}

Outcome<Ref<SvmAllocation>> SvmAllocation::create(const std::vector<Ref<Device>>& devices,
                                                  device::Owner owner, std::size_t size,
                                                  std::size_t alignment, UsmInfo usm) {
  const char* label = usm.type == CL_MEM_TYPE_UNKNOWN_INTEL ? "SVM allocation" : "USM allocation";
  return make(devices, owner, size, label, std::move(usm),
              [&](device::Device& device) { return device.allocate(size, alignment, label, owner); });
}

Outcome<Ref<SvmAllocation>> SvmAllocation::import(const std::vector<Ref<Device>>& devices,
                                                  device::Owner owner, int file, std::size_t size) {
  const char* label = "external memory";
  return make(devices, owner, size, label, {},
              [&](device::Device& device) { return device.map_file(file, size, label, owner); });
}

SvmAllocation::~SvmAllocation() {
  for (auto device = devices_.rbegin(); device != devices_.rend(); ++device)
    (*device)->implementation().free(address_of(begin_));
}

bool SvmAllocation::contains(const void* pointer, std::size_t bytes) const {
  const auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(pointer) - begin_);
  return offset < size_ && bytes <= size_ - offset;
}

void SvmAllocation::wait_until_unused() {
  auto& device = devices_.front()->implementation();
  while (const auto uses = uses_.load())
    if (!device.help()) uses_.wait(uses);
}

void SvmUse::end() noexcept {
  try {
    if (auto* postponed = Postponed::current_) {
      postponed->ended_.push_back(of_);
      return;
    }
  } catch (const std::bad_alloc&) {  // then a little early
  }
  count_down(*of_);
}

void SvmTable::add(Ref<SvmAllocation> allocation) {
  std::lock_guard lock(mutex_);
  allocations_.emplace(allocation->begin(), allocation);
}

Ref<SvmAllocation> SvmTable::find(const void* pointer, std::size_t bytes) const {
  std::shared_lock lock(mutex_);
  const auto after = allocations_.upper_bound(static_cast<const std::byte*>(pointer));
  if (after == allocations_.begin()) return {};
  const auto& candidate = std::prev(after)->second;
  return candidate->contains(pointer, bytes) ? candidate : Ref<SvmAllocation>();
}

Ref<SvmAllocation> SvmTable::remove(const void* begin) {
  std::lock_guard lock(mutex_);
  const auto node = allocations_.extract(static_cast<const std::byte*>(begin));
  return node ? node.mapped() : Ref<SvmAllocation>();
}

std::vector<Ref<SvmAllocation>> SvmTable::of_types(std::uint32_t types) const {
  std::shared_lock lock(mutex_);
  std::vector<Ref<SvmAllocation>> out;
  for (const auto& [begin, allocation] : allocations_)
    if (allocation->is_usm() && (types >> (allocation->usm().type - CL_MEM_TYPE_HOST_INTEL) & 1))
      out.push_back(allocation);
  return out;
}

}  // namespace kiesel::runtime
