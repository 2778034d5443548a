#include "runtime/core/svm_table.hpp"

#include <sys/mman.h>

#include <mutex>

#include "runtime/core/memory.hpp"

namespace kiesel::runtime {

Outcome<Ref<SvmAllocation>> SvmAllocation::create(const std::vector<Ref<Device>>& devices, std::size_t size,
                                                  std::size_t alignment, UsmInfo usm) {
  Ref<SvmAllocation> made;
  for (const auto& device : devices) {
    if (!device->svm_capabilities()) continue;
    auto& implementation = device->implementation();
    if (made) {
      const auto shared = implementation.share(address_of(made->begin_), size);
      if (!shared.ok()) return memory_error(shared.error());
    } else {
      const auto address = implementation.allocate(size, alignment);
      if (!address.ok()) return memory_error(address.error());
      made = Ref<SvmAllocation>::adopt(new SvmAllocation(implementation.host_pointer(*address), size, usm));
    }
    implementation.label(address_of(made->begin_), made->is_usm() ? "USM allocation" : "SVM allocation");
    made->devices_.push_back(device);
  }
  if (!made) return ApiError{CL_INVALID_OPERATION, "no device of the context has shared virtual memory"};
  return made;
}

Outcome<Ref<SvmAllocation>> SvmAllocation::import(const std::vector<Ref<Device>>& devices, std::byte* mapped,
                                                  std::size_t size) {
  auto made = Ref<SvmAllocation>::adopt(new SvmAllocation(mapped, size, {}));
  made->mapped_ = true;
  for (const auto& device : devices) {
    const auto shared = device->implementation().share(address_of(mapped), size);
    if (!shared.ok()) return ApiError{CL_OUT_OF_RESOURCES, shared.error().reason};
    made->devices_.push_back(device);
    device->implementation().label(address_of(mapped), "external memory");
  }
  return made;
}

SvmAllocation::~SvmAllocation() {
  for (auto device = devices_.rbegin(); device != devices_.rend(); ++device)
    (*device)->implementation().free(address_of(begin_));
  if (mapped_) ::munmap(begin_, size_);
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
