// A file descriptor that closes itself, unless its number has become somebody else's meanwhile.
#pragma once

#include <unistd.h>

#include <optional>
#include <utility>

#include "support/file_identity.hpp"

namespace kiesel {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int value) : value_(value), identity_(FileIdentity::of(value)) {}
  Descriptor(Descriptor&& other) noexcept
      : value_(std::exchange(other.value_, -1)), identity_(std::exchange(other.identity_, std::nullopt)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      reset();
      value_ = std::exchange(other.value_, -1);
      identity_ = std::exchange(other.identity_, std::nullopt);
    }
    return *this;
  }
  ~Descriptor() { reset(); }
  int get() const { return value_; }
  // The number, which is the caller's to close from here on.
  int release() {
    identity_.reset();
    return std::exchange(value_, -1);
  }
  explicit operator bool() const { return value_ >= 0; }
  // Whether it is open and what it was at first.
  bool intact() const { return value_ >= 0 && identity_ && identity_ == FileIdentity::of(value_); }
  void reset() {
    if (intact()) ::close(value_);
    release();
  }

 private:
  int value_ = -1;
  std::optional<FileIdentity> identity_;
};

}  // namespace kiesel
