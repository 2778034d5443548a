// The payload of a semaphore that others share by a file descriptor: an eventfd that counts signals.
#pragma once

#include "runtime/core/error.hpp"
#include "runtime/core/event.hpp"

namespace kiesel::runtime {

class SharedPayload {
 public:
  // CL_OUT_OF_RESOURCES.
  static Outcome<SharedPayload> create();
  // Takes the descriptor over. CL_INVALID_PROPERTY for one that no export gave: then it stays the caller's.
  static Outcome<SharedPayload> import(int file);
  SharedPayload(SharedPayload&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  SharedPayload& operator=(SharedPayload&&) = delete;
  ~SharedPayload();

  int file() const { return file_; }
  // Another descriptor of the payload, for the application. CL_OUT_OF_RESOURCES.
  Outcome<int> duplicate() const;
  void signal() const;
  bool signalled() const;
  // False when it is not signalled.
  bool take() const;

 private:
  explicit SharedPayload(int file) : file_(file) {}
  int file_;
};

// Completes the user event `gate` once a signal could be taken; of those that wait for one payload, in their
// order. One thread of the process waits for all; it is started at first use and ends with the process.
// `owner` keeps the payload meanwhile.
void take_later(const SharedPayload& payload, Ref<Object> owner, Ref<Event> gate);

}  // namespace kiesel::runtime
