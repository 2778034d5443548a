// What validation shares: error reports, handles, lists of properties and events.
#pragma once

#include <CL/cl.h>
#include <fmt/format.h>

#include <concepts>
#include <string>
#include <vector>

#include "runtime/core/context.hpp"
#include "runtime/core/error.hpp"
#include "runtime/core/event.hpp"
#include "runtime/core/handle.hpp"

namespace kiesel::runtime::api {

// Logs the reason, tells the context's pfn_notify, and returns the code.
cl_int report(const ApiError& error);

inline ApiError error(cl_int code, std::string reason) { return {code, std::move(reason)}; }
inline ApiError error(Context& context, cl_int code, std::string reason) {
  return {code, std::move(reason), Ref<Object>(&context)};
}

inline cl_int status(const Outcome<>& outcome) { return outcome.ok() ? CL_SUCCESS : report(outcome.error()); }

// For functions that return an object and its error through a pointer.
template <class T>
T object(const Outcome<T>& outcome, cl_int* errcode_ret) {
  const cl_int code = outcome.ok() ? CL_SUCCESS : report(outcome.error());
  if (errcode_ret) *errcode_ret = code;
  return outcome.ok() ? *outcome : T{};
}

[[gnu::cold]] ApiError invalid_handle(cl_int code, const void* handle);

// The object behind a handle, or the error that OpenCL has for an invalid one. Like an Outcome, but no more
// than a pointer until somebody asks for the error.
template <class T>
class Valid {
 public:
  explicit Valid(typename T::ClType handle) : handle_(handle), object_(find<T>(handle)) {}
  bool ok() const { return object_ != nullptr; }
  ApiError error() const { return invalid_handle(T::kInvalid, handle_); }
  T* operator*() const { return object_; }

 private:
  const void* handle_;
  T* object_;
};

template <class T>
Valid<T> valid(typename T::ClType handle) {
  return Valid<T>(handle);
}

template <class T>
cl_int retain(typename T::ClType handle) {
  T* found = find<T>(handle);
  if (!found) return report(error(T::kInvalid, "retain of an invalid handle"));
  retain_handle(*found->handle());
  return CL_SUCCESS;
}

template <class T>
cl_int release(typename T::ClType handle) {
  T* found = find<T>(handle);
  if (!found || !release_handle(*found->handle()))
    return report(error(T::kInvalid, "release of an invalid handle"));
  return CL_SUCCESS;
}

template <class T>
cl_uint reference_count(const T& object) {
  return Handle::references_in(object.handle()->counts.load());
}

// The application's list of names and values with its final zero; empty when it gave none.
template <class T>
std::vector<T> property_list(const T* properties) {
  std::vector<T> list;
  for (const auto* at = properties; at && *at; at += 2) list.insert(list.end(), {at[0], at[1]});
  if (properties) list.push_back(0);
  return list;
}

// CL_INVALID_EVENT_WAIT_LIST, CL_INVALID_CONTEXT.
Outcome<std::vector<Ref<Event>>> wait_list(Context& context, cl_uint count, const cl_event* events);

// Gives the command's event to the application, if it wants it.
Outcome<> give_event(Event& event, cl_event* out);

}  // namespace kiesel::runtime::api

// One check, one line: gives up with the error unless the condition holds.
#define KIESEL_REQUIRE(condition, ...)           \
  do {                                           \
    if (!(condition)) return error(__VA_ARGS__); \
  } while (0)
