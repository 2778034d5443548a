// Errors as OpenCL names them, each with its reason in words.
#pragma once

#include <CL/cl.h>

#include <string>
#include <utility>

#include "runtime/core/object.hpp"
#include "support/result.hpp"

namespace kiesel::runtime {

class Context;

struct ApiError {
  cl_int code = CL_SUCCESS;
  std::string reason;
  Ref<Object> context{};  // whose pfn_notify hears of it, or none
};

template <class T = void>
using Outcome = Result<T, ApiError>;

// The one place where lower layers' errors become OpenCL's.
inline cl_int to_cl(Errc code) {
  switch (code) {
    case Errc::kInvalidArgument:
      return CL_INVALID_VALUE;
    case Errc::kOutOfMemory:
      return CL_MEM_OBJECT_ALLOCATION_FAILURE;
    case Errc::kInvalidBinary:
      return CL_INVALID_BINARY;
    case Errc::kUnsupported:
      return CL_INVALID_OPERATION;
    case Errc::kNotFound:
    case Errc::kIo:
      return CL_OUT_OF_HOST_MEMORY;
    case Errc::kFault:
    case Errc::kTimeout:
    case Errc::kCrashed:
      return CL_OUT_OF_RESOURCES;
  }
  return CL_OUT_OF_RESOURCES;
}

}  // namespace kiesel::runtime

// Gives up with the error of `outcome`, else declares `name` as its value.
#define KIESEL_TRY(name, outcome)                          \
  auto name##_outcome = (outcome);                         \
  if (!name##_outcome.ok()) return name##_outcome.error(); \
  auto name = *std::move(name##_outcome)
#define KIESEL_CHECK(outcome)                                            \
  do {                                                                   \
    if (auto checked = (outcome); !checked.ok()) return checked.error(); \
  } while (0)
