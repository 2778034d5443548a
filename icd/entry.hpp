// The wrapper around every entry point: call log, no exception leaves the library, and no thread is cancelled
// in it. For some it does what most calls are by itself (runtime/api/quick.hpp).
#pragma once

#include <CL/cl.h>
#include <fmt/format.h>

#include <exception>
#include <string>
#include <type_traits>

#include "runtime/api/quick.hpp"
#include "support/log.hpp"
#include "support/uncancelled.hpp"

namespace kiesel::icd {

template <class T>
std::string show(T value) {
  if constexpr (std::is_same_v<T, const char*>)
    return value ? fmt::format("\"{}\"", value) : "NULL";
  else if constexpr (std::is_pointer_v<T>)
    return value ? fmt::format("{:#x}", reinterpret_cast<std::uintptr_t>(value)) : "NULL";
  else
    return fmt::format("{}", value);
}

template <class... A>
std::string show_all(A... arguments) {
  std::string out;
  ((out += (out.empty() ? "" : ", ") + show(arguments)), ...);
  return out;
}

// The error of a call that ran out of memory: the result, or through errcode_ret, always the last parameter.
inline void set_error(cl_int* errcode_ret) {
  if (errcode_ret) *errcode_ret = CL_OUT_OF_HOST_MEMORY;
}
template <class T>
void set_error(T) {}

template <auto function, const char* name>
struct Entry;

template <class R, class... A, R (*function)(A...), const char* name>
struct Entry<function, name> {
  static R CL_API_CALL call(A... arguments) {
    constexpr auto quick = runtime::api::kQuick<function>;
    // Not `quick != nullptr`: under -fsanitize=undefined that is no constant expression for GCC.
    if constexpr (!std::is_null_pointer_v<decltype(quick)>) {
      const bool is_logged = log::may_be_enabled(log::Group::kApi, log::Level::kDebug);
      if (!is_logged && quick(arguments...)) [[likely]]
        return CL_SUCCESS;
      return call_in_full(arguments...);
    } else {
      return whole(arguments...);
    }
  }

 private:
  [[gnu::always_inline]] static R whole(A... arguments) {
    if constexpr (runtime::api::kSeesToCancellation<function>) {
      return guarded(arguments...);
    } else {
      const Uncancelled until_the_end;
      return guarded(arguments...);
    }
  }

  [[gnu::always_inline]] static R guarded(A... arguments) {
    try {
      if (log::may_be_enabled(log::Group::kApi, log::Level::kDebug)) [[unlikely]]
        return logged(arguments...);
      return function(arguments...);
    } catch (const std::exception& failure) {
      return failed(arguments...);
    }
  }

  [[gnu::noinline]] static R call_in_full(A... arguments) { return whole(arguments...); }

  // A function of its own: the shortest calls take as long as saving the registers that it needs.
  [[gnu::cold, gnu::noinline]] static R logged(A... arguments) {
    if (!log::enabled(log::Group::kApi, log::Level::kDebug)) return function(arguments...);
    const auto text = show_all(arguments...);
    if constexpr (std::is_void_v<R>) {
      KIESEL_LOG(kApi, kDebug, "{}({})", name, text);
      function(arguments...);
    } else {
      const R result = function(arguments...);
      KIESEL_LOG(kApi, kDebug, "{}({}) = {}", name, text, show(result));
      return result;
    }
  }

  static R failed(A... arguments) {
    if constexpr (sizeof...(A) > 0) (set_error(arguments), ...);
    if constexpr (std::is_same_v<R, cl_int>) return CL_OUT_OF_HOST_MEMORY;
    if constexpr (std::is_pointer_v<R>) return nullptr;
  }
};

}  // namespace kiesel::icd
