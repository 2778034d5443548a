// What nearly all calls of the shortest entry points come to, without an error, as parts of the wrappers that
// the loader calls (icd/entry.hpp): the whole function takes longer to be called than this takes. False:
// nothing was done, and the whole function says what is to be said. Threads: any.
#pragma once

#include <CL/cl.h>

#include <cstring>

#include "runtime/api/api.hpp"
#include "runtime/core/event.hpp"
#include "runtime/core/handle.hpp"
#include "runtime/core/kernel.hpp"

namespace kiesel::runtime::api {

template <auto function>
inline constexpr std::nullptr_t kQuick = nullptr;

// A value of the right size, or a buffer.
inline bool set_plain_argument(cl_kernel handle, cl_uint index, size_t size, const void* value) noexcept {
  Kernel* const kernel = find<Kernel>(handle);
  return kernel && kernel->set_plain_argument(index, size, value);
}

// Whether a command is done.
inline bool tell_event_status(cl_event handle, cl_event_info name, size_t size, void* value,
                              size_t* size_ret) noexcept {
  if (name != CL_EVENT_COMMAND_EXECUTION_STATUS || !value || size < sizeof(cl_int)) return false;
  const Event* const event = find<Event>(handle);
  if (!event) return false;
  const cl_int status = event->status();
  std::memcpy(value, &status, sizeof status);
  if (size_ret) *size_ret = sizeof status;
  return true;
}

template <>
inline constexpr auto kQuick<&clSetKernelArg> = &set_plain_argument;
template <>
inline constexpr auto kQuick<&clGetEventInfo> = &tell_event_status;

// Entry points for which the wrapper does not keep the thread from being cancelled, since that would be a
// good part of what they take. What may block in them does it by itself: waiting, the log, printf's text,
// files of the cache (support/uncancelled.hpp).
template <auto function>
inline constexpr bool kSeesToCancellation = false;
#define SEES_TO_CANCELLATION(name) \
  template <>                      \
  inline constexpr bool kSeesToCancellation<&name> = true;
SEES_TO_CANCELLATION(clSetKernelArg)
SEES_TO_CANCELLATION(clGetEventInfo)
SEES_TO_CANCELLATION(clCreateUserEvent)
SEES_TO_CANCELLATION(clSetUserEventStatus)
SEES_TO_CANCELLATION(clRetainEvent)
SEES_TO_CANCELLATION(clReleaseEvent)
SEES_TO_CANCELLATION(clCreateBuffer)
SEES_TO_CANCELLATION(clReleaseMemObject)
SEES_TO_CANCELLATION(clEnqueueNDRangeKernel)
SEES_TO_CANCELLATION(clEnqueueMarkerWithWaitList)
SEES_TO_CANCELLATION(clEnqueueReadBuffer)
SEES_TO_CANCELLATION(clEnqueueWriteBuffer)
SEES_TO_CANCELLATION(clEnqueueCopyBuffer)
SEES_TO_CANCELLATION(clEnqueueFillBuffer)
SEES_TO_CANCELLATION(clEnqueueMapBuffer)
SEES_TO_CANCELLATION(clEnqueueUnmapMemObject)
SEES_TO_CANCELLATION(clWaitForEvents)
SEES_TO_CANCELLATION(clFlush)
SEES_TO_CANCELLATION(clFinish)
#undef SEES_TO_CANCELLATION

}  // namespace kiesel::runtime::api
