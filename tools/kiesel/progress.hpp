// Progress on a terminal: one line that is written again and again, once something takes longer than two
// seconds.
#pragma once

#include <cstdint>
#include <string>

#include "support/clock.hpp"

namespace kiesel::tools {

class Progress {
 public:
  explicit Progress(std::string what);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // So much of it is done: of `all`, or of an unknown amount where that is 0. As often as one likes.
  void show(std::uint64_t done, std::uint64_t all, const std::string& unit);
  // Takes the line away, before something else is written.
  void clear() const;

 private:
  const std::string what_;
  const bool terminal_;
  const std::uint64_t start_ = now_ns();
  std::uint64_t shown_ = 0;
};

}  // namespace kiesel::tools
