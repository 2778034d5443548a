// Events (OpenCL 3.0 API 5.11 to 5.14).
#include "runtime/core/event.hpp"

#include "runtime/api/api.hpp"
#include "runtime/api/info.hpp"
#include "runtime/core/command_queue.hpp"

namespace kiesel::runtime::api {

cl_event clCreateUserEvent(cl_context handle, cl_int* errcode_ret) {
  return object<cl_event>(
      [&]() -> Outcome<cl_event> {
        KIESEL_TRY(context, valid<Context>(handle));
        return hand_out(make_ref<Event>(*context));  // its handle keeps the context's
      }(),
      errcode_ret);
}

cl_int clSetUserEventStatus(cl_event handle, cl_int execution_status) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(event, valid<Event>(handle));
    KIESEL_REQUIRE(event->type() == CL_COMMAND_USER, event->context(), CL_INVALID_EVENT, "not a user event");
    KIESEL_REQUIRE(execution_status <= CL_COMPLETE, event->context(), CL_INVALID_VALUE,
                   "a user event becomes CL_COMPLETE or negative");
    KIESEL_REQUIRE(event->set_user_status(execution_status), event->context(), CL_INVALID_OPERATION,
                   "the status was set before");
    return {};
  }());
}

cl_int clWaitForEvents(cl_uint count, const cl_event* handles) {
  return status([&]() -> Outcome<> {
    KIESEL_REQUIRE(count > 0 && handles, CL_INVALID_VALUE, "no events to wait for");
    std::vector<Ref<Event>> events;
    for (cl_uint i = 0; i < count; ++i) {
      KIESEL_TRY(event, valid<Event>(handles[i]));
      events.emplace_back(event);
    }
    for (const auto& event : events)
      KIESEL_REQUIRE(&event->context() == &events.front()->context(), event->context(), CL_INVALID_CONTEXT,
                     "events of several contexts");
    bool failed = false;
    for (const auto& event : events) {
      if (event->wait() >= 0) continue;
      failed = true;
      if (event->queue()) event->queue()->failure_was_told();
    }
    if (failed)
      return error(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, "a command that was waited for failed");
    return {};
  }());
}

cl_int clRetainEvent(cl_event event) { return retain<Event>(event); }
cl_int clReleaseEvent(cl_event event) { return release<Event>(event); }

cl_int clGetEventInfo(cl_event handle, cl_event_info name, size_t size, void* value, size_t* size_ret) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(event, valid<Event>(handle));
    const Answer answer(size, value, size_ret);
    switch (name) {
      case CL_EVENT_COMMAND_QUEUE:
        return answer.value(event->queue() ? cl_handle(*event->queue()) : cl_command_queue{nullptr});
      case CL_EVENT_CONTEXT:
        return answer.value(cl_handle(event->context()));
      case CL_EVENT_COMMAND_TYPE:
        return answer.value(event->type());
      case CL_EVENT_COMMAND_EXECUTION_STATUS:
        return answer.value(event->status());
      case CL_EVENT_REFERENCE_COUNT:
        return answer.value(reference_count(*event));
      default:
        return Answer::unknown(name);
    }
  }());
}

cl_int clSetEventCallback(cl_event handle, cl_int type, Event::Callback callback, void* user_data) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(event, valid<Event>(handle));
    KIESEL_REQUIRE(callback, event->context(), CL_INVALID_VALUE, "no callback");
    KIESEL_REQUIRE(type == CL_SUBMITTED || type == CL_RUNNING || type == CL_COMPLETE, event->context(),
                   CL_INVALID_VALUE, "callbacks are for CL_SUBMITTED, CL_RUNNING and CL_COMPLETE");
    event->add_callback(type, callback, user_data);
    return {};
  }());
}

cl_int clGetEventProfilingInfo(cl_event handle, cl_profiling_info name, size_t size, void* value,
                               size_t* size_ret) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(event, valid<Event>(handle));
    KIESEL_REQUIRE(event->queue() && event->queue()->profiling(), event->context(),
                   CL_PROFILING_INFO_NOT_AVAILABLE, "the event's queue has no CL_QUEUE_PROFILING_ENABLE");
    KIESEL_REQUIRE(event->status() == CL_COMPLETE, event->context(), CL_PROFILING_INFO_NOT_AVAILABLE,
                   "the command is not complete");
    const Answer answer(size, value, size_ret);
    const auto times = event->times();
    switch (name) {
      case CL_PROFILING_COMMAND_QUEUED:
        return answer.value(cl_ulong{times.queued});
      case CL_PROFILING_COMMAND_SUBMIT:
        return answer.value(cl_ulong{times.submitted});
      case CL_PROFILING_COMMAND_START:
        return answer.value(cl_ulong{times.started});
      case CL_PROFILING_COMMAND_END:
      case CL_PROFILING_COMMAND_COMPLETE:
        return answer.value(cl_ulong{times.ended});
      default:
        return Answer::unknown(name);
    }
  }());
}

}  // namespace kiesel::runtime::api
