// Shared virtual memory (OpenCL 3.0 API 5.6).
#include "runtime/core/svm.hpp"

#include <bit>

#include "runtime/api/api.hpp"
#include "runtime/api/command.hpp"
#include "runtime/api/enqueue.hpp"
#include "runtime/api/memory_flags.hpp"
#include "runtime/core/callbacks.hpp"
#include "runtime/core/transfer.hpp"

namespace kiesel::runtime::api {
namespace {

constexpr std::size_t kLargestType = sizeof(cl_long16);
constexpr cl_svm_mem_flags kSvmFlags = CL_MEM_SVM_FINE_GRAIN_BUFFER | CL_MEM_SVM_ATOMICS;

using FreeFunction = void(CL_CALLBACK*)(cl_command_queue queue, cl_uint count, void* pointers[],
                                        void* user_data);

bool has_svm(const Context& context, cl_device_svm_capabilities wanted) {
  for (const auto& device : context.devices())
    if ((device->svm_capabilities() & wanted) != wanted) return false;
  return true;
}

Outcome<> check_allocation(Context& context, cl_svm_mem_flags flags, std::size_t size, cl_uint alignment) {
  KIESEL_REQUIRE((flags & ~(kDeviceAccess | kSvmFlags)) == 0 && std::popcount(flags & kDeviceAccess) <= 1,
                 context, CL_INVALID_VALUE,
                 fmt::format("flags {:#x} are not valid for shared virtual memory", flags));
  KIESEL_REQUIRE(!(flags & CL_MEM_SVM_ATOMICS) || (flags & CL_MEM_SVM_FINE_GRAIN_BUFFER), context,
                 CL_INVALID_VALUE, "CL_MEM_SVM_ATOMICS needs CL_MEM_SVM_FINE_GRAIN_BUFFER");
  KIESEL_REQUIRE(!(flags & CL_MEM_SVM_FINE_GRAIN_BUFFER) || has_svm(context, CL_DEVICE_SVM_FINE_GRAIN_BUFFER),
                 context, CL_INVALID_VALUE, "a device of the context has no fine-grain buffers");
  KIESEL_REQUIRE(!(flags & CL_MEM_SVM_ATOMICS) || has_svm(context, CL_DEVICE_SVM_ATOMICS), context,
                 CL_INVALID_VALUE, "a device of the context has no atomics in shared virtual memory");
  KIESEL_REQUIRE(size > 0, context, CL_INVALID_VALUE, "0 bytes of shared virtual memory");
  for (const auto& device : context.devices())
    KIESEL_REQUIRE(size <= device->description().max_allocation_bytes, context, CL_INVALID_VALUE,
                   fmt::format("{} bytes are more than CL_DEVICE_MAX_MEM_ALLOC_SIZE, {}", size,
                               device->description().max_allocation_bytes));
  KIESEL_REQUIRE(alignment == 0 || (std::has_single_bit(alignment) && alignment <= kLargestType), context,
                 CL_INVALID_VALUE,
                 fmt::format("alignment {} is not a power of two up to {}", alignment, kLargestType));
  return {};
}

// The queue, if its device has shared virtual memory.
Outcome<CommandQueue*> svm_queue(cl_command_queue handle) {
  KIESEL_TRY(queue, valid<CommandQueue>(handle));
  KIESEL_CHECK(check_svm(*queue));
  return queue;
}

// The bytes, with the allocation that they are of, if any.
SvmRange range_at(Context& context, const void* pointer) {
  return {SvmUse(context.svm().find(pointer)), static_cast<std::byte*>(const_cast<void*>(pointer))};
}

Outcome<SvmRange> allocation_at(Context& context, const void* pointer, std::size_t bytes) {
  KIESEL_REQUIRE(pointer, context, CL_INVALID_VALUE, "no pointer");
  auto owner = context.svm().find(pointer, bytes);
  KIESEL_REQUIRE(owner, context, CL_INVALID_VALUE,
                 fmt::format("{} bytes at {} are not of an allocation by clSVMAlloc", bytes, pointer));
  return SvmRange{SvmUse(std::move(owner)), static_cast<std::byte*>(const_cast<void*>(pointer))};
}

// A command that has nothing to move: host and devices see the same bytes. The allocations live until it is
// done.
Event::Work keep_work(std::vector<SvmUse> allocations) {
  return [allocations = std::move(allocations)](Event& event) { event.finish_now(); };
}

Event::Work free_work(CommandQueue& queue, std::vector<void*> pointers, FreeFunction function,
                      void* user_data) {
  if (function)
    return [pointers, function, user_data](Event& event) {
      post_callback([event = Ref<Event>(&event), pointers, function, user_data]() mutable {
        function(cl_handle(*event->queue()), static_cast<cl_uint>(pointers.size()), pointers.data(),
                 user_data);
        event->finish_now();
      });
    };
  return [context = Ref<Context>(&queue.context()), pointers](Event& event) {
    for (const void* pointer : pointers) context->svm().remove(pointer);
    event.finish_now();
  };
}

Outcome<> check_fill(Context& context, const void* target, const void* pattern, std::size_t pattern_size,
                     std::size_t size) {
  KIESEL_REQUIRE(target, context, CL_INVALID_VALUE, "no pointer");
  KIESEL_REQUIRE(pattern, context, CL_INVALID_VALUE, "no pattern");
  KIESEL_REQUIRE(std::has_single_bit(pattern_size) && pattern_size <= kLargestType, context, CL_INVALID_VALUE,
                 fmt::format("a pattern of {} bytes", pattern_size));
  KIESEL_REQUIRE(reinterpret_cast<std::uintptr_t>(target) % pattern_size == 0, context, CL_INVALID_VALUE,
                 fmt::format("{} is no multiple of the pattern's {} bytes", target, pattern_size));
  KIESEL_REQUIRE(size % pattern_size == 0, context, CL_INVALID_VALUE,
                 fmt::format("{} bytes are no multiple of the pattern's {}", size, pattern_size));
  return {};
}

}  // namespace

Outcome<> check_svm(const CommandQueue& queue) {
  KIESEL_REQUIRE(queue.device().svm_capabilities(), queue.context(), CL_INVALID_OPERATION,
                 "the device does not support shared virtual memory");
  return {};
}

Outcome<Event::Work> svm_memcpy(CommandQueue& queue, void* target, const void* source, size_t size) {
  KIESEL_CHECK(check_svm(queue));
  Context& context = queue.context();
  KIESEL_REQUIRE(target && source, context, CL_INVALID_VALUE, "no pointer");
  const auto to = reinterpret_cast<std::uintptr_t>(target), from = reinterpret_cast<std::uintptr_t>(source);
  KIESEL_REQUIRE(to - from >= size && from - to >= size, context, CL_MEM_COPY_OVERLAP,
                 "source and target overlap");
  return size ? svm_copy_work(range_at(context, target), range_at(context, source), size) : no_work();
}

Outcome<Event::Work> svm_memfill(CommandQueue& queue, void* target, const void* pattern, size_t pattern_size,
                                 size_t size) {
  KIESEL_CHECK(check_svm(queue));
  Context& context = queue.context();
  KIESEL_CHECK(check_fill(context, target, pattern, pattern_size, size));
  KIESEL_TRY(range, allocation_at(context, target, size));
  const auto* bytes = static_cast<const std::byte*>(pattern);
  return size ? svm_fill_work(range, size, {bytes, bytes + pattern_size}) : no_work();
}

void* clSVMAlloc(cl_context handle, cl_svm_mem_flags flags, size_t size, cl_uint alignment) {
  return object<void*>(
      [&]() -> Outcome<void*> {
        KIESEL_TRY(context, valid<Context>(handle));
        KIESEL_CHECK(check_allocation(*context, flags, size, alignment));
        auto made = SvmAllocation::create(context->roots(), context->owner(), size,
                                          alignment ? alignment : kLargestType);
        if (!made.ok()) return error(*context, made.error().code, made.error().reason);
        context->svm().add(*made);
        return static_cast<void*>((*made)->begin());
      }(),
      nullptr);
}

void clSVMFree(cl_context handle, void* pointer) {
  (void)status([&]() -> Outcome<> {
    KIESEL_TRY(context, valid<Context>(handle));
    const auto allocation = context->svm().find(pointer);
    KIESEL_REQUIRE(!pointer || (allocation && !allocation->is_usm() && context->svm().remove(pointer)),
                   *context, CL_INVALID_VALUE,
                   fmt::format("{} was not returned by clSVMAlloc of this context", pointer));
    return {};
  }());
}

cl_int clEnqueueSVMFree(cl_command_queue handle, cl_uint count, void* pointers[], FreeFunction function,
                        void* user_data, cl_uint num_events, const cl_event* events, cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, svm_queue(handle));
    Context& context = queue->context();
    KIESEL_REQUIRE((count == 0) == (pointers == nullptr), context, CL_INVALID_VALUE,
                   "number and list of pointers do not agree");
    KIESEL_TRY(waits, wait_list(context, num_events, events));
    return enqueue({*queue, CL_COMMAND_SVM_FREE, std::move(waits), false, event},
                   free_work(*queue, std::vector<void*>(pointers, pointers + count), function, user_data));
  }());
}

cl_int clEnqueueSVMMemcpy(cl_command_queue handle, cl_bool blocking, void* target, const void* source,
                          size_t size, cl_uint num_events, const cl_event* events, cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    KIESEL_TRY(work, svm_memcpy(*queue, target, source, size));
    KIESEL_TRY(waits, wait_list(queue->context(), num_events, events));
    return enqueue({*queue, CL_COMMAND_SVM_MEMCPY, std::move(waits), blocking != CL_FALSE, event},
                   std::move(work));
  }());
}

cl_int clEnqueueSVMMemFill(cl_command_queue handle, void* target, const void* pattern, size_t pattern_size,
                           size_t size, cl_uint num_events, const cl_event* events, cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    KIESEL_TRY(work, svm_memfill(*queue, target, pattern, pattern_size, size));
    KIESEL_TRY(waits, wait_list(queue->context(), num_events, events));
    return enqueue({*queue, CL_COMMAND_SVM_MEMFILL, std::move(waits), false, event}, std::move(work));
  }());
}

cl_int clEnqueueSVMMap(cl_command_queue handle, cl_bool blocking, cl_map_flags flags, void* pointer,
                       size_t size, cl_uint num_events, const cl_event* events, cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, svm_queue(handle));
    Context& context = queue->context();
    KIESEL_REQUIRE(size > 0, context, CL_INVALID_VALUE, "a mapping of 0 bytes");
    KIESEL_REQUIRE(valid_map_flags(flags), context, CL_INVALID_VALUE, "map flags that do not go together");
    KIESEL_TRY(range, allocation_at(context, pointer, size));
    KIESEL_TRY(waits, wait_list(context, num_events, events));
    return enqueue({*queue, CL_COMMAND_SVM_MAP, std::move(waits), blocking != CL_FALSE, event},
                   keep_work({range.owner}));
  }());
}

cl_int clEnqueueSVMUnmap(cl_command_queue handle, void* pointer, cl_uint num_events, const cl_event* events,
                         cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, svm_queue(handle));
    KIESEL_TRY(range, allocation_at(queue->context(), pointer, 1));
    KIESEL_TRY(waits, wait_list(queue->context(), num_events, events));
    return enqueue({*queue, CL_COMMAND_SVM_UNMAP, std::move(waits), false, event}, keep_work({range.owner}));
  }());
}

cl_int clEnqueueSVMMigrateMem(cl_command_queue handle, cl_uint count, const void** pointers,
                              const size_t* sizes, cl_mem_migration_flags flags, cl_uint num_events,
                              const cl_event* events, cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, svm_queue(handle));
    Context& context = queue->context();
    KIESEL_REQUIRE(count && pointers, context, CL_INVALID_VALUE, "no pointers");
    KIESEL_REQUIRE((flags & ~(CL_MIGRATE_MEM_OBJECT_HOST | CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED)) == 0,
                   context, CL_INVALID_VALUE, fmt::format("migration flags {:#x}", flags));
    std::vector<SvmUse> allocations;
    for (cl_uint i = 0; i < count; ++i) {
      KIESEL_TRY(range, allocation_at(context, pointers[i], sizes && sizes[i] ? sizes[i] : 1));
      allocations.push_back(range.owner);
    }
    KIESEL_TRY(waits, wait_list(context, num_events, events));
    return enqueue({*queue, CL_COMMAND_SVM_MIGRATE_MEM, std::move(waits), false, event},
                   keep_work(std::move(allocations)));
  }());
}

}  // namespace kiesel::runtime::api
