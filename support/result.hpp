// Result<T>: a value, or the error that explains why there is none. No exception crosses a folder.
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace kiesel {

// What went wrong, for layers that do not speak OpenCL (support, device, compiler).
// The runtime turns these into cl_int codes in one place.
enum class Errc {
  kInvalidArgument,
  kOutOfMemory,
  kNotFound,
  kInvalidBinary,  // not an ELF of ours, damaged, or of another format version
  kUnsupported,
  kIo,
  kFault,  // a kernel did something that the machine does not allow
  kTimeout,
  kCrashed,  // another process died
};

const char* to_string(Errc code);

struct Error {
  Errc code;
  std::string reason;  // one sentence in words, for people
};

template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    assert(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  const E& error() const {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<T, E> state_;
};

template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  Result() = default;
  Result(E error) : error_(std::move(error)) {}
  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  const E& error() const {
    assert(error_);
    return *error_;
  }

 private:
  std::optional<E> error_;
};

using Status = Result<void>;

}  // namespace kiesel
