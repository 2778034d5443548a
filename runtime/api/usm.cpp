// Unified shared memory (cl_intel_unified_shared_memory 1.1): pointers as shared virtual memory has them,
// with an owner. On devices whose memory the host sees, all three types are the same memory.
#include <CL/cl_ext.h>

#include <bit>

#include "runtime/api/api.hpp"
#include "runtime/api/command.hpp"
#include "runtime/api/enqueue.hpp"
#include "runtime/api/info.hpp"
#include "runtime/core/transfer.hpp"

namespace kiesel::runtime::api {
namespace {

constexpr std::size_t kLargestType = sizeof(cl_long16);
// Beyond the largest type, which is all that the extension's text has: programs that give pinned memory to
// others ask for pages.
constexpr std::size_t kPage = 4096;
constexpr cl_mem_alloc_flags_intel kPlacement =
    CL_MEM_ALLOC_INITIAL_PLACEMENT_DEVICE_INTEL | CL_MEM_ALLOC_INITIAL_PLACEMENT_HOST_INTEL;

// CL_INVALID_PROPERTY.
Outcome<cl_mem_alloc_flags_intel> read_flags(Context& context, const cl_mem_properties_intel* properties,
                                             bool shared) {
  cl_mem_alloc_flags_intel flags = 0;
  bool seen = false;
  for (const auto* at = properties; at && *at; at += 2) {
    KIESEL_REQUIRE(at[0] == CL_MEM_ALLOC_FLAGS_INTEL && !seen, context, CL_INVALID_PROPERTY,
                   fmt::format("there is no allocation property {:#x}, or it is given twice", at[0]));
    seen = true;
    flags = at[1];
    const auto allowed = CL_MEM_ALLOC_WRITE_COMBINED_INTEL | (shared ? kPlacement : 0);
    KIESEL_REQUIRE((flags & ~allowed) == 0 && (flags & kPlacement) != kPlacement, context,
                   CL_INVALID_PROPERTY, fmt::format("allocation flags {:#x}", flags));
  }
  return flags;
}

struct Request {
  cl_context context;
  cl_unified_shared_memory_type_intel type;
  cl_device_id device;
  const cl_mem_properties_intel* properties;
  std::size_t size;
  cl_uint alignment;
};

Outcome<Ref<Device>> device_of(Context& context, const Request& request) {
  const bool needed = request.type == CL_MEM_TYPE_DEVICE_INTEL;
  if (!request.device && !needed) return Ref<Device>();
  auto* device = find<Device>(request.device);
  KIESEL_REQUIRE(device && context.has(*device), context, CL_INVALID_DEVICE, "no device of the context");
  return Ref<Device>(device);
}

Outcome<void*> allocate(const Request& request) {
  KIESEL_TRY(context, valid<Context>(request.context));
  KIESEL_TRY(device, device_of(*context, request));
  // A device's own allocation is made there; the others are shared with all.
  const auto devices = request.type == CL_MEM_TYPE_DEVICE_INTEL
                           ? std::vector<Ref<Device>>{Ref<Device>(&device->root())}
                           : context->roots();
  const auto supports = [](const Ref<Device>& one) { return one->svm_capabilities() != 0; };
  KIESEL_REQUIRE(device ? supports(device) : std::any_of(devices.begin(), devices.end(), supports), *context,
                 CL_INVALID_OPERATION, "the device does not support unified shared memory");
  KIESEL_REQUIRE(
      request.alignment == 0 || (std::has_single_bit(request.alignment) && request.alignment <= kPage),
      *context, CL_INVALID_VALUE,
      fmt::format("alignment {} is not a power of two up to {}", request.alignment, kPage));
  KIESEL_TRY(flags, read_flags(*context, request.properties, request.type == CL_MEM_TYPE_SHARED_INTEL));
  KIESEL_REQUIRE(request.size > 0, *context, CL_INVALID_BUFFER_SIZE, "0 bytes");
  for (const auto& one : devices)
    KIESEL_REQUIRE(request.size <= one->description().max_allocation_bytes, *context, CL_INVALID_BUFFER_SIZE,
                   fmt::format("{} bytes are more than CL_DEVICE_MAX_MEM_ALLOC_SIZE, {}", request.size,
                               one->description().max_allocation_bytes));
  auto made = SvmAllocation::create(devices, context->owner(), request.size,
                                    request.alignment ? request.alignment : kLargestType,
                                    {request.type, device, flags});
  if (!made.ok()) return error(*context, CL_OUT_OF_RESOURCES, made.error().reason);
  context->svm().add(*made);
  return static_cast<void*>((*made)->begin());
}

// Takes an allocation of this extension out of the context.
Outcome<> remove(Context& context, const void* pointer) {
  const auto allocation = context.svm().find(pointer);
  KIESEL_REQUIRE(allocation && allocation->is_usm() && context.svm().remove(pointer), context,
                 CL_INVALID_VALUE,
                 fmt::format("{} was not returned by an allocation of unified shared memory", pointer));
  return {};
}

// Hints: all memory is where it is wanted.
Outcome<> enqueue_hint(CommandQueue& queue, cl_command_type type, cl_uint num_events, const cl_event* events,
                       cl_event* event) {
  KIESEL_TRY(waits, wait_list(queue.context(), num_events, events));
  return enqueue({queue, type, std::move(waits), false, event}, no_work());
}

}  // namespace

void* clHostMemAllocINTEL(cl_context context, const cl_mem_properties_intel* properties, size_t size,
                          cl_uint alignment, cl_int* errcode_ret) {
  return object<void*>(allocate({context, CL_MEM_TYPE_HOST_INTEL, nullptr, properties, size, alignment}),
                       errcode_ret);
}

void* clDeviceMemAllocINTEL(cl_context context, cl_device_id device,
                            const cl_mem_properties_intel* properties, size_t size, cl_uint alignment,
                            cl_int* errcode_ret) {
  return object<void*>(allocate({context, CL_MEM_TYPE_DEVICE_INTEL, device, properties, size, alignment}),
                       errcode_ret);
}

void* clSharedMemAllocINTEL(cl_context context, cl_device_id device,
                            const cl_mem_properties_intel* properties, size_t size, cl_uint alignment,
                            cl_int* errcode_ret) {
  return object<void*>(allocate({context, CL_MEM_TYPE_SHARED_INTEL, device, properties, size, alignment}),
                       errcode_ret);
}

cl_int clMemFreeINTEL(cl_context handle, void* pointer) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(context, valid<Context>(handle));
    return pointer ? remove(*context, pointer) : Outcome<>();
  }());
}

// Waits for the commands that were enqueued with the allocation, and for command-buffers, whose commands are
// not looked through.
cl_int clMemBlockingFreeINTEL(cl_context handle, void* pointer) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(context, valid<Context>(handle));
    if (!pointer) return {};
    const Ref<Context> keep(context);
    const auto allocation = context->svm().find(pointer);
    KIESEL_REQUIRE(allocation && allocation->is_usm() && allocation->begin() == pointer, *context,
                   CL_INVALID_VALUE,
                   fmt::format("{} was not returned by an allocation of unified shared memory", pointer));
    allocation->wait_until_unused();
    for (const auto& queue : context->queues()) queue->wait_for_all(CL_COMMAND_COMMAND_BUFFER_KHR);
    return remove(*context, pointer);
  }());
}

cl_int clGetMemAllocInfoINTEL(cl_context handle, const void* pointer, cl_mem_info_intel name, size_t size,
                              void* value, size_t* size_ret) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(context, valid<Context>(handle));
    auto allocation = context->svm().find(pointer);
    if (allocation && !allocation->is_usm()) allocation = {};
    const auto usm = allocation ? allocation->usm() : UsmInfo();
    const Answer answer(size, value, size_ret);
    switch (name) {
      case CL_MEM_ALLOC_TYPE_INTEL:
        return answer.value(usm.type);
      case CL_MEM_ALLOC_BASE_PTR_INTEL:
        return answer.value(allocation ? static_cast<void*>(allocation->begin()) : nullptr);
      case CL_MEM_ALLOC_SIZE_INTEL:
        return answer.value(allocation ? allocation->size() : std::size_t{0});
      case CL_MEM_ALLOC_DEVICE_INTEL:
        return answer.value(usm.device ? cl_handle(*usm.device) : cl_device_id{nullptr});
      case CL_MEM_ALLOC_FLAGS_INTEL:
        return answer.value(usm.flags);
      default:
        return Answer::unknown(name);
    }
  }());
}

cl_int clSetKernelArgMemPointerINTEL(cl_kernel handle, cl_uint index, const void* pointer) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(kernel, valid<Kernel>(handle));
    return kernel->set_pointer_argument(index, pointer);
  }());
}

cl_int clEnqueueMemFillINTEL(cl_command_queue handle, void* target, const void* pattern, size_t pattern_size,
                             size_t size, cl_uint num_events, const cl_event* events, cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    KIESEL_TRY(work, svm_memfill(*queue, target, pattern, pattern_size, size));
    KIESEL_TRY(waits, wait_list(queue->context(), num_events, events));
    return enqueue({*queue, CL_COMMAND_MEMFILL_INTEL, std::move(waits), false, event}, std::move(work));
  }());
}

// Deprecated: a pattern of one byte.
cl_int clEnqueueMemsetINTEL(cl_command_queue queue, void* target, cl_int value, size_t size,
                            cl_uint num_events, const cl_event* events, cl_event* event) {
  const auto byte = static_cast<unsigned char>(value);
  return api::clEnqueueMemFillINTEL(queue, target, &byte, 1, size, num_events, events, event);
}

cl_int clEnqueueMemcpyINTEL(cl_command_queue handle, cl_bool blocking, void* target, const void* source,
                            size_t size, cl_uint num_events, const cl_event* events, cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    KIESEL_TRY(work, svm_memcpy(*queue, target, source, size));
    KIESEL_TRY(waits, wait_list(queue->context(), num_events, events));
    return enqueue({*queue, CL_COMMAND_MEMCPY_INTEL, std::move(waits), blocking != CL_FALSE, event},
                   std::move(work));
  }());
}

cl_int clEnqueueMigrateMemINTEL(cl_command_queue handle, const void*, size_t, cl_mem_migration_flags flags,
                                cl_uint num_events, const cl_event* events, cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    KIESEL_REQUIRE((flags & ~(CL_MIGRATE_MEM_OBJECT_HOST | CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED)) == 0,
                   queue->context(), CL_INVALID_VALUE, fmt::format("migration flags {:#x}", flags));
    return enqueue_hint(*queue, CL_COMMAND_MIGRATEMEM_INTEL, num_events, events, event);
  }());
}

cl_int clEnqueueMemAdviseINTEL(cl_command_queue handle, const void*, size_t, cl_mem_advice_intel,
                               cl_uint num_events, const cl_event* events, cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    return enqueue_hint(*queue, CL_COMMAND_MEMADVISE_INTEL, num_events, events, event);
  }());
}

}  // namespace kiesel::runtime::api
