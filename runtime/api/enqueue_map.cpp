// Mapping buffers (OpenCL 3.0 API 5.2.4, 5.5.3).
#include "runtime/api/api.hpp"
#include "runtime/api/enqueue.hpp"
#include "runtime/core/transfer.hpp"

namespace kiesel::runtime::api {

void* clEnqueueMapBuffer(cl_command_queue handle, cl_mem memory, cl_bool blocking, cl_map_flags flags,
                         size_t offset, size_t size, cl_uint num_events, const cl_event* events,
                         cl_event* event, cl_int* errcode_ret) {
  return object<void*>(
      [&]() -> Outcome<void*> {
        KIESEL_TRY(queue, valid<CommandQueue>(handle));
        KIESEL_TRY(buffer, buffer_of(*queue, memory));
        Context& context = queue->context();
        KIESEL_TRY(waits, wait_list(context, num_events, events));
        KIESEL_REQUIRE(size > 0, context, CL_INVALID_VALUE, "a mapping of 0 bytes");
        KIESEL_CHECK(check_range(*buffer, offset, size));
        constexpr cl_map_flags kWrites = CL_MAP_WRITE | CL_MAP_WRITE_INVALIDATE_REGION;
        KIESEL_REQUIRE(
            (flags & ~(CL_MAP_READ | kWrites)) == 0 &&
                !((flags & CL_MAP_WRITE_INVALIDATE_REGION) && (flags & (CL_MAP_READ | CL_MAP_WRITE))),
            context, CL_INVALID_VALUE, "map flags that do not go together");
        if (flags & CL_MAP_READ) KIESEL_CHECK(check_host_access(*buffer, HostAccess::kRead));
        if (flags & kWrites) KIESEL_CHECK(check_host_access(*buffer, HostAccess::kWrite));
        auto mapping = buffer->map(queue->device(), flags, offset, flat_box(size));
        KIESEL_REQUIRE(mapping.ok(), context, CL_MAP_FAILURE, mapping.error().reason);
        void* const pointer = mapping->pointer;
        const auto done =
            enqueue({*queue, CL_COMMAND_MAP_BUFFER, std::move(waits), blocking != CL_FALSE, event},
                    map_work(*buffer, *mapping));
        if (!done.ok()) {
          buffer->unmap(pointer, *mapping);
          return done.error();
        }
        return pointer;
      }(),
      errcode_ret);
}

cl_int clEnqueueUnmapMemObject(cl_command_queue handle, cl_mem memory, void* pointer, cl_uint num_events,
                               const cl_event* events, cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    KIESEL_TRY(object, memory_of<MemoryObject>(*queue, memory));
    KIESEL_TRY(waits, wait_list(queue->context(), num_events, events));
    MemoryObject::Mapping mapping;
    KIESEL_REQUIRE(pointer && object->unmap(pointer, mapping), queue->context(), CL_INVALID_VALUE,
                   "the pointer was not returned by mapping this memory object");
    return enqueue({*queue, CL_COMMAND_UNMAP_MEM_OBJECT, std::move(waits), false, event},
                   unmap_work(*object, mapping));
  }());
}

}  // namespace kiesel::runtime::api
