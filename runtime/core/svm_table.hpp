// Shared virtual memory: allocations that the host and the devices of a context reach under one address.
#pragma once

#include <CL/cl.h>
#include <CL/cl_ext.h>

#include <atomic>
#include <functional>
#include <map>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "runtime/core/device.hpp"
#include "runtime/core/error.hpp"
#include "runtime/core/object.hpp"
#include "support/fast_thread_local.hpp"

namespace kiesel::runtime {

// Host and devices have the same addresses.
inline device::Address address_of(const std::byte* pointer) {
  return reinterpret_cast<device::Address>(pointer);
}

// What cl_intel_unified_shared_memory knows of an allocation.
struct UsmInfo {
  cl_unified_shared_memory_type_intel type = CL_MEM_TYPE_UNKNOWN_INTEL;  // of clSVMAlloc
  Ref<Device> device{};                                                  // or none
  cl_mem_alloc_flags_intel flags = 0;
};

class SvmAllocation final : public Object {
 public:
  // Made on the first of the devices that has SVM, shared with the others that have it. Alignment is a power
  // of two.
  static Outcome<Ref<SvmAllocation>> create(const std::vector<Ref<Device>>& devices, device::Owner owner,
                                            std::size_t size, std::size_t alignment, UsmInfo usm = {});

  // The first bytes of a file, which stays the caller's, likewise. CL_INVALID_PROPERTY: it cannot be mapped.
  static Outcome<Ref<SvmAllocation>> import(const std::vector<Ref<Device>>& devices, device::Owner owner,
                                            int file, std::size_t size);

  std::byte* begin() const { return begin_; }
  std::size_t size() const { return size_; }
  const UsmInfo& usm() const { return usm_; }
  bool is_usm() const { return usm_.type != CL_MEM_TYPE_UNKNOWN_INTEL; }
  bool contains(const void* pointer, std::size_t bytes) const;
  // Until no command has it that was enqueued before, lending this thread.
  void wait_until_unused();

 private:
  friend class SvmUse;
  SvmAllocation(std::byte* begin, std::size_t size, UsmInfo usm)
      : begin_(begin), size_(size), usm_(std::move(usm)) {}
  ~SvmAllocation() override;

  std::byte* const begin_;
  const std::size_t size_;
  const UsmInfo usm_;
  using Make = Result<device::Address>(device::Device& device);
  static Outcome<Ref<SvmAllocation>> make(const std::vector<Ref<Device>>& devices, device::Owner owner,
                                          std::size_t size, const char* label, UsmInfo usm,
                                          const std::function<Make>& first);

  std::vector<Ref<Device>> devices_;  // that reach it, its own first
  std::atomic<std::uint32_t> uses_{0};
};

// A command's hold of an allocation that it may use.
class SvmUse {
 public:
  // While one lives, the holds that this thread lets go of still count: whoever waits for them shall find
  // that the command has its last status.
  class Postponed {
   public:
    Postponed() : outer_(std::exchange(current_, this)) {}
    Postponed(const Postponed&) = delete;
    ~Postponed() {
      current_ = outer_;
      for (const auto& allocation : ended_) count_down(*allocation);
    }

   private:
    friend class SvmUse;
    KIESEL_FAST_THREAD_LOCAL static inline Postponed* current_ = nullptr;
    Postponed* const outer_;
    std::vector<Ref<SvmAllocation>> ended_;
  };

  SvmUse() = default;
  explicit SvmUse(Ref<SvmAllocation> of) : of_(std::move(of)) { begin(); }
  SvmUse(const SvmUse& other) : SvmUse(other.of_) {}
  SvmUse(SvmUse&& other) noexcept : of_(std::move(other.of_)) {}
  SvmUse& operator=(SvmUse other) noexcept {
    std::swap(of_, other.of_);
    return *this;
  }
  ~SvmUse() {
    if (of_) end();
  }
  explicit operator bool() const { return bool{of_}; }

 private:
  void begin() {
    if (of_) of_->uses_.fetch_add(1);
  }
  void end() noexcept;
  static void count_down(SvmAllocation& allocation) {
    if (allocation.uses_.fetch_sub(1) == 1) allocation.uses_.notify_all();
  }
  Ref<SvmAllocation> of_;
};

// The allocations of a context. Threads: any.
class SvmTable {
 public:
  void add(Ref<SvmAllocation> allocation);
  // The allocation that all these bytes are of, or none.
  Ref<SvmAllocation> find(const void* pointer, std::size_t bytes = 1) const;
  // Takes the one that starts at `begin` out. Commands that use it keep it until they are done.
  Ref<SvmAllocation> remove(const void* begin);
  // Unified shared memory of these types, as bits 1 << (type - CL_MEM_TYPE_HOST_INTEL).
  std::vector<Ref<SvmAllocation>> of_types(std::uint32_t types) const;

 private:
  mutable std::shared_mutex mutex_;
  std::map<const std::byte*, Ref<SvmAllocation>> allocations_;
};

}  // namespace kiesel::runtime
