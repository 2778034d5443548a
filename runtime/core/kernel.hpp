// A kernel object: a kernel of a built program and its arguments.
// The program may be built anew only without kernels, so what a kernel names stays as it is.
#pragma once

#include <CL/cl.h>

#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/core/argument_values.hpp"
#include "runtime/core/buffer.hpp"
#include "runtime/core/executable.hpp"
#include "runtime/core/handle.hpp"
#include "runtime/core/program.hpp"
#include "support/latest.hpp"
#include "support/short_mutex.hpp"

namespace kiesel::runtime {

class Kernel final : public Object {
 public:
  static constexpr Kind kKind = Kind::kKernel;
  static constexpr cl_int kInvalid = CL_INVALID_KERNEL;
  using ClType = cl_kernel;

  struct Build {
    Ref<Device> device;
    Ref<Executable> executable;
    const compiler::Kernel* kernel;  // in the executable's table

    std::uint32_t sub_group_size() const {
      const auto required = kernel->required_sub_group_size;
      return required ? required : device->target().lanes;
    }
    std::uint32_t max_sub_groups() const { return device->target().max_work_group_size() / sub_group_size(); }
  };

  // CL_INVALID_PROGRAM_EXECUTABLE, CL_INVALID_KERNEL_NAME, CL_INVALID_KERNEL_DEFINITION.
  static Outcome<Ref<Kernel>> create(Program& program, std::string_view name);
  Ref<Kernel> clone() const;

  Object* parent() override { return program_.get(); }
  // Keeps the executables for a command. A count for each processor: threads that launch at the same time do
  // not change each other's.
  Ref<Object> keep_executables() const;
  Program& program() const { return *program_; }
  const std::vector<Build>& builds() const { return builds_; }
  // The device's own build, or that of the device that it is a part of; null: neither.
  const Build* build_for(const Device& device) const;
  const compiler::Kernel& info() const { return *builds_.front().kernel; }  // what all devices agree on

  Outcome<> set_argument(cl_uint index, std::size_t size, const void* value);
  // The same for what nearly all calls are: a value of the right size, or a buffer. False: nothing was done.
  bool set_plain_argument(cl_uint index, std::size_t size, const void* value);
  Outcome<> set_svm_argument(cl_uint index, const void* pointer);
  Outcome<> set_pointer_argument(cl_uint index, const void* pointer);
  // Allocations of shared virtual memory that it may use without having them as arguments.
  Outcome<> set_svm_pointers(std::vector<const void*> pointers);
  // The same of unified shared memory, where any pointer will do.
  void set_usm_pointers(std::vector<const void*> pointers);
  // All allocations of a type, or not.
  void set_usm_type(cl_unified_shared_memory_type_intel type, bool used);
  // Addresses in buffers (cl_ext_buffer_device_address) that it may use.
  void set_device_pointers(std::vector<device::Address> addresses);
  // The allocations and addresses that it may use without having them as arguments.
  struct Pointers {
    std::vector<const void*> svm{}, usm{};
    std::vector<device::Address> device{};
    std::uint32_t usm_types = 0;  // all allocations of these, see SvmTable::of_types()
  };
  Pointers pointers() const;
  bool has_pointers() const { return has_pointers_.load(std::memory_order_acquire); }  // or had
  const ArgumentValues& arguments() const { return arguments_; }
  bool has_all_arguments() const;

  // The last answer for a NULL local_work_size: the choice is costlier than an empty launch.
  struct ChosenSize {
    const Build* build = nullptr;
    std::uint32_t cores = 0;
    std::array<std::uint64_t, 3> global{};
    std::array<std::uint32_t, 3> local{};
    bool uniform = false;
  };
  std::optional<ChosenSize> chosen() const { return chosen_.load(); }
  void remember(const ChosenSize& chosen) { chosen_.store(chosen); }

 private:
  Kernel(Program& program, std::vector<Build> builds);
  Kernel(const Kernel& from);
  ~Kernel() override;
  void find_plain_arguments();
  // `set` gets the argument's place. CL_INVALID_ARG_INDEX.
  template <class Set>
  Outcome<> set(cl_uint index, Set set);

  struct Executables final : Object {
    std::vector<Ref<Executable>> all;
  };

  struct Plain {  // what set_plain_argument() must know of an argument
    compiler::ArgumentKind kind;
    std::uint32_t size;
    ArgumentValues::Place place;
  };

  static constexpr std::size_t kProcessors = 16;  // more share

  Ref<Program> program_;
  const std::vector<Build> builds_;
  Context* const context_;
  cl_uint plain_count_;
  std::unique_ptr<Plain[]> plain_;
  ArgumentValues arguments_;
  Latest<ChosenSize> chosen_;
  mutable std::array<std::atomic<Executables*>, kProcessors> executables_{};  // made at first use
  std::atomic<bool> has_pointers_{false};
  mutable ShortMutex mutex_;  // guards what follows
  Pointers pointers_;
};

inline bool Kernel::set_plain_argument(cl_uint index, std::size_t size, const void* value) {
  if (index >= plain_count_ || !value) return false;
  const Plain& plain = plain_[index];
  if (size != plain.size) return false;
  if (plain.kind == compiler::ArgumentKind::kValue) {
    if (std::uint32_t word = 0; size == sizeof word) {  // most values
      std::memcpy(&word, value, sizeof word);
      arguments_.set_word(plain.place, ArgumentState::kBytes, word);
    } else {
      arguments_.set(plain.place, ArgumentState::kBytes, value, size);
    }
    return true;
  }
  if (plain.kind != compiler::ArgumentKind::kPointer) return false;
  cl_mem handle = nullptr;
  std::memcpy(&handle, value, sizeof handle);
  const auto* buffer = find<Buffer>(handle);
  if (!buffer || &buffer->context() != context_) return false;
  arguments_.set_word(plain.place, ArgumentState::kMemory, reinterpret_cast<std::uintptr_t>(handle));
  return true;
}

}  // namespace kiesel::runtime
