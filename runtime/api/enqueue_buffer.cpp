// Read, write, copy, fill buffers; migrate memory objects (OpenCL 3.0 API 5.2.2, 5.2.3, 5.5.4).
#include <algorithm>
#include <bit>

#include "runtime/api/api.hpp"
#include "runtime/api/command.hpp"
#include "runtime/api/enqueue.hpp"
#include "runtime/core/transfer.hpp"

namespace kiesel::runtime::api {

Outcome<Event::Work> copy_buffer(CommandQueue& queue, cl_mem source_handle, cl_mem target_handle,
                                 size_t source_offset, size_t target_offset, size_t size) {
  KIESEL_TRY(source, buffer_of(queue, source_handle));
  KIESEL_TRY(target, buffer_of(queue, target_handle));
  KIESEL_CHECK(check_range(*source, source_offset, size));
  KIESEL_CHECK(check_range(*target, target_offset, size));
  if (&source->root() == &target->root()) {
    const std::size_t from = source->root_origin() + source_offset,
                      to = target->root_origin() + target_offset;
    KIESEL_REQUIRE(from + size <= to || to + size <= from, queue.context(), CL_MEM_COPY_OVERLAP,
                   "source and target overlap");
  }
  return size ? copy_work(*source, source_offset, *target, target_offset, flat_box(size)) : no_work();
}

Outcome<Event::Work> fill_buffer(CommandQueue& queue, cl_mem memory, const void* pattern, size_t pattern_size,
                                 size_t offset, size_t size) {
  KIESEL_TRY(buffer, buffer_of(queue, memory));
  KIESEL_CHECK(check_range(*buffer, offset, size));
  KIESEL_REQUIRE(pattern && std::has_single_bit(pattern_size) && pattern_size <= 128, queue.context(),
                 CL_INVALID_VALUE, "a pattern has 1, 2, 4, ... 128 bytes");
  KIESEL_REQUIRE(offset % pattern_size == 0 && size % pattern_size == 0, queue.context(), CL_INVALID_VALUE,
                 "offset and size must be multiples of the pattern's size");
  const auto* begin = static_cast<const std::byte*>(pattern);
  return size ? fill_work(*buffer, offset, size, {begin, begin + pattern_size}) : no_work();
}

cl_int clEnqueueReadBuffer(cl_command_queue handle, cl_mem memory, cl_bool blocking, size_t offset,
                           size_t size, void* target, cl_uint num_events, const cl_event* events,
                           cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    KIESEL_TRY(buffer, buffer_of(*queue, memory));
    KIESEL_CHECK(check_range(*buffer, offset, size));
    KIESEL_REQUIRE(target, queue->context(), CL_INVALID_VALUE, "no memory to read to");
    KIESEL_TRY(waits, wait_list(queue->context(), num_events, events));
    KIESEL_CHECK(check_host_access(*buffer, HostAccess::kRead));
    return enqueue({*queue, CL_COMMAND_READ_BUFFER, std::move(waits), blocking != CL_FALSE, event},
                   size ? read_work(*buffer, offset, target, flat_box(size)) : no_work());
  }());
}

cl_int clEnqueueWriteBuffer(cl_command_queue handle, cl_mem memory, cl_bool blocking, size_t offset,
                            size_t size, const void* source, cl_uint num_events, const cl_event* events,
                            cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    KIESEL_TRY(buffer, buffer_of(*queue, memory));
    KIESEL_CHECK(check_range(*buffer, offset, size));
    KIESEL_REQUIRE(source, queue->context(), CL_INVALID_VALUE, "no memory to write from");
    KIESEL_TRY(waits, wait_list(queue->context(), num_events, events));
    KIESEL_CHECK(check_host_access(*buffer, HostAccess::kWrite));
    return enqueue({*queue, CL_COMMAND_WRITE_BUFFER, std::move(waits), blocking != CL_FALSE, event},
                   size ? write_work(*buffer, offset, source, flat_box(size)) : no_work());
  }());
}

cl_int clEnqueueCopyBuffer(cl_command_queue handle, cl_mem source, cl_mem target, size_t source_offset,
                           size_t target_offset, size_t size, cl_uint num_events, const cl_event* events,
                           cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    KIESEL_TRY(work, copy_buffer(*queue, source, target, source_offset, target_offset, size));
    KIESEL_TRY(waits, wait_list(queue->context(), num_events, events));
    return enqueue({*queue, CL_COMMAND_COPY_BUFFER, std::move(waits), false, event}, std::move(work));
  }());
}

cl_int clEnqueueFillBuffer(cl_command_queue handle, cl_mem memory, const void* pattern, size_t pattern_size,
                           size_t offset, size_t size, cl_uint num_events, const cl_event* events,
                           cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    KIESEL_TRY(work, fill_buffer(*queue, memory, pattern, pattern_size, offset, size));
    KIESEL_TRY(waits, wait_list(queue->context(), num_events, events));
    return enqueue({*queue, CL_COMMAND_FILL_BUFFER, std::move(waits), false, event}, std::move(work));
  }());
}

cl_int clEnqueueMigrateMemObjects(cl_command_queue handle, cl_uint num_mem_objects, const cl_mem* mem_objects,
                                  cl_mem_migration_flags flags, cl_uint num_events, const cl_event* events,
                                  cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    KIESEL_REQUIRE(num_mem_objects > 0 && mem_objects, queue->context(), CL_INVALID_VALUE,
                   "no memory objects");
    constexpr cl_mem_migration_flags kKnown =
        CL_MIGRATE_MEM_OBJECT_HOST | CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED;
    KIESEL_REQUIRE((flags & ~kKnown) == 0, queue->context(), CL_INVALID_VALUE, "unknown migration flags");
    std::vector<Ref<MemoryObject>> objects;
    for (cl_uint i = 0; i < num_mem_objects; ++i) {
      KIESEL_TRY(memory, memory_of<MemoryObject>(*queue, mem_objects[i]));
      objects.emplace_back(memory);
    }
    KIESEL_TRY(waits, wait_list(queue->context(), num_events, events));
    return enqueue({*queue, CL_COMMAND_MIGRATE_MEM_OBJECTS, std::move(waits), false, event},
                   migrate_work(std::move(objects)));
  }());
}

}  // namespace kiesel::runtime::api
