// Markers and barriers (OpenCL 3.0 API 5.12).
#include "runtime/api/api.hpp"
#include "runtime/api/enqueue.hpp"
#include "runtime/core/transfer.hpp"

namespace kiesel::runtime::api {
namespace {

using Order = CommandQueue::Order;

Outcome<> synchronise(cl_command_queue handle, cl_command_type type, Order order, cl_uint num_events,
                      const cl_event* events, cl_event* event) {
  KIESEL_TRY(queue, valid<CommandQueue>(handle));
  KIESEL_TRY(waits, wait_list(queue->context(), num_events, events));
  return enqueue({*queue, type, std::move(waits), false, event, order}, no_work());
}

}  // namespace

cl_int clEnqueueMarkerWithWaitList(cl_command_queue queue, cl_uint num_events, const cl_event* events,
                                   cl_event* event) {
  return status(synchronise(queue, CL_COMMAND_MARKER, Order::kMarker, num_events, events, event));
}

cl_int clEnqueueBarrierWithWaitList(cl_command_queue queue, cl_uint num_events, const cl_event* events,
                                    cl_event* event) {
  return status(synchronise(queue, CL_COMMAND_BARRIER, Order::kBarrier, num_events, events, event));
}

// Deprecated since 1.2.
cl_int clEnqueueMarker(cl_command_queue handle, cl_event* event) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    KIESEL_REQUIRE(event, queue->context(), CL_INVALID_VALUE, "nowhere to return the event");
    return synchronise(handle, CL_COMMAND_MARKER, Order::kMarker, 0, nullptr, event);
  }());
}

cl_int clEnqueueBarrier(cl_command_queue queue) {
  return status(synchronise(queue, CL_COMMAND_BARRIER, Order::kBarrier, 0, nullptr, nullptr));
}

cl_int clEnqueueWaitForEvents(cl_command_queue handle, cl_uint num_events, const cl_event* events) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    KIESEL_REQUIRE(num_events > 0 && events, queue->context(), CL_INVALID_VALUE, "no events to wait for");
    for (cl_uint i = 0; i < num_events; ++i)
      KIESEL_REQUIRE(find<Event>(events[i]), queue->context(), CL_INVALID_EVENT,
                     fmt::format("number {} is no event", i));
    return synchronise(handle, CL_COMMAND_BARRIER, Order::kBarrier, num_events, events, nullptr);
  }());
}

}  // namespace kiesel::runtime::api
