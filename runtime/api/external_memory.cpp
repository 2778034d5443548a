// Acquiring and releasing memory objects of external handles (OpenCL 3.0 API 5.8, cl_khr_external_memory).
// Host and devices see the bytes where they are, so the commands move nothing: they are points in the order.
#include "runtime/core/external_memory.hpp"

#include "runtime/api/api.hpp"
#include "runtime/api/enqueue.hpp"

namespace kiesel::runtime::api {
namespace {

bool contains(const std::vector<Ref<Device>>& devices, const Device& device) {
  for (const auto& own : devices)
    if (own.get() == &device) return true;
  return false;
}

Outcome<> enqueue_external(cl_command_queue handle, cl_command_type type, cl_uint count,
                           const cl_mem* objects, cl_uint num_events, const cl_event* events,
                           cl_event* event) {
  KIESEL_TRY(queue, valid<CommandQueue>(handle));
  Context& context = queue->context();
  KIESEL_REQUIRE((count == 0) == (objects == nullptr), context, CL_INVALID_VALUE,
                 "the memory objects and their number do not agree");
  std::vector<Ref<MemoryObject>> held;
  for (cl_uint i = 0; i < count; ++i) {
    auto* memory = find<MemoryObject>(objects[i]);
    KIESEL_REQUIRE(memory && memory->imported_for(), context, CL_INVALID_MEM_OBJECT,
                   fmt::format("number {} is no memory object of an external handle", i));
    KIESEL_REQUIRE(contains(*memory->imported_for(), queue->device()), context, CL_INVALID_COMMAND_QUEUE,
                   fmt::format("number {} is for other devices than the command-queue's", i));
    held.emplace_back(memory);
  }
  KIESEL_TRY(waits, wait_list(context, num_events, events));
  for (const auto& before : waits)
    KIESEL_REQUIRE(before->status() >= 0, context, CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST,
                   "a command of the wait list has failed");
  return enqueue({*queue, type, std::move(waits), false, event},
                 [held = std::move(held)](Event& self) { self.finish_now(); });
}

}  // namespace

cl_int clEnqueueAcquireExternalMemObjectsKHR(cl_command_queue queue, cl_uint count, const cl_mem* objects,
                                             cl_uint num_events, const cl_event* events, cl_event* event) {
  return status(enqueue_external(queue, CL_COMMAND_ACQUIRE_EXTERNAL_MEM_OBJECTS_KHR, count, objects,
                                 num_events, events, event));
}

cl_int clEnqueueReleaseExternalMemObjectsKHR(cl_command_queue queue, cl_uint count, const cl_mem* objects,
                                             cl_uint num_events, const cl_event* events, cl_event* event) {
  return status(enqueue_external(queue, CL_COMMAND_RELEASE_EXTERNAL_MEM_OBJECTS_KHR, count, objects,
                                 num_events, events, event));
}

}  // namespace kiesel::runtime::api
