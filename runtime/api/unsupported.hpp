// Answers of entry points whose feature no device has: the checks that come first, then the feature's own
// error.
#pragma once

#include "runtime/api/check.hpp"
#include "runtime/core/command_queue.hpp"

namespace kiesel::runtime::api {

inline cl_int unsupported(cl_context handle, cl_int code, const char* reason) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(context, valid<Context>(handle));
    return error(*context, code, reason);
  }());
}

inline cl_int unsupported(cl_command_queue handle, cl_int code, const char* reason) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(queue, valid<CommandQueue>(handle));
    return error(queue->context(), code, reason);
  }());
}

// For functions that return an object: null, and the error through the pointer.
inline std::nullptr_t unsupported_object(cl_context handle, cl_int code, const char* reason,
                                         cl_int* errcode_ret) {
  const cl_int result = unsupported(handle, code, reason);
  if (errcode_ret) *errcode_ret = result;
  return nullptr;
}

}  // namespace kiesel::runtime::api
