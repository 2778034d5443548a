// Long runs that are asked to end (SIGINT, SIGTERM) say how far they came, and where to go on.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <mutex>

namespace kiesel::conformance {

inline std::atomic<bool> interruption = false;
static_assert(std::atomic<bool>::is_always_lock_free);

// The first signal is noted, the next one ends the process.
inline void note_interruptions() {
  struct sigaction action {};
  action.sa_handler = [](int) { interruption = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int number : {SIGINT, SIGTERM}) ::sigaction(number, &action, nullptr);
}

inline bool interrupted() { return interruption; }

// The lowest seed that was not done. Threads take seeds in their order, and end in any.
class Undone {
 public:
  void add(std::uint64_t seed) {
    const std::lock_guard lock(mutex_);
    lowest_ = std::min(lowest_, seed);
  }
  void tell() const {
    if (lowest_ != UINT64_MAX) fmt::print("stopped: --seed {} goes on\n", lowest_);
  }

 private:
  std::mutex mutex_;
  std::uint64_t lowest_ = UINT64_MAX;
};

}  // namespace kiesel::conformance
