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
template <>
inline constexpr bool kSeesToCancellation<&clSetKernelArg> = true;
template <>
inline constexpr bool kSeesToCancellation<&clGetEventInfo> = true;
template <>
inline constexpr bool kSeesToCancellation<&clCreateUserEvent> = true;
template <>
inline constexpr bool kSeesToCancellation<&clSetUserEventStatus> = true;
template <>
inline constexpr bool kSeesToCancellation<&clRetainEvent> = true;
template <>
inline constexpr bool kSeesToCancellation<&clReleaseEvent> = true;
template <>
inline constexpr bool kSeesToCancellation<&clEnqueueNDRangeKernel> = true;
template <>
inline constexpr bool kSeesToCancellation<&clEnqueueMarkerWithWaitList> = true;
template <>
inline constexpr bool kSeesToCancellation<&clWaitForEvents> = true;
template <>
inline constexpr bool kSeesToCancellation<&clFlush> = true;
template <>
inline constexpr bool kSeesToCancellation<&clFinish> = true;

}  // namespace kiesel::runtime::api
