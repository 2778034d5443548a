// Mapping buffers and images (OpenCL 3.0 API 5.2.4, 5.3.6, 5.5.3).
#include "runtime/api/api.hpp"
#include "runtime/api/enqueue.hpp"
#include "runtime/core/transfer.hpp"

namespace kiesel::runtime::api {
namespace {

Outcome<void*> map_now(Enqueue command, MemoryObject& memory, cl_map_flags flags, std::size_t offset,
                       const device::Box& box) {
  KIESEL_TRY(mapping, memory.map(command.queue.device(), flags, offset, box));
  void* const pointer = mapping.pointer;
  const auto done = enqueue(std::move(command), map_work(memory, mapping));
  if (!done.ok()) {
    memory.unmap(pointer, mapping);
    return done.error();
  }
  return pointer;
}

}  // namespace

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
        KIESEL_CHECK(check_map_flags(*buffer, flags));
        return map_now({*queue, CL_COMMAND_MAP_BUFFER, std::move(waits), blocking != CL_FALSE, event},
                       *buffer, flags, offset, flat_box(size));
      }(),
      errcode_ret);
}

void* clEnqueueMapImage(cl_command_queue handle, cl_mem memory, cl_bool blocking, cl_map_flags flags,
                        const size_t* origin, const size_t* region, size_t* row_pitch, size_t* slice_pitch,
                        cl_uint num_events, const cl_event* events, cl_event* event, cl_int* errcode_ret) {
  return object<void*>(
      [&]() -> Outcome<void*> {
        KIESEL_TRY(queue, valid<CommandQueue>(handle));
        KIESEL_TRY(image, image_of(*queue, memory));
        Context& context = queue->context();
        const auto& shape = image->shape();
        KIESEL_TRY(where, region_of(*image, origin, region));
        KIESEL_REQUIRE(row_pitch && (slice_pitch || !shape.has_slice_pitch()), context, CL_INVALID_VALUE,
                       "nowhere to return the pitches");
        KIESEL_TRY(waits, wait_list(context, num_events, events));
        KIESEL_CHECK(check_map_flags(*image, flags));
        KIESEL_TRY(
            pointer,
            map_now({*queue, CL_COMMAND_MAP_IMAGE, std::move(waits), blocking != CL_FALSE, event}, *image,
                    flags, where.side.offset, box_of(where.size.data(), where.side, where.side)));
        *row_pitch = shape.row_pitch;
        if (slice_pitch) *slice_pitch = shape.slice_pitch;
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
