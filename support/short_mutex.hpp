// A mutex for sections of some instructions: four bytes, taken and given back without a call; a thread that
// finds it taken looks again for a moment before it sleeps. For std::lock_guard and std::unique_lock.
#pragma once

#include <atomic>
#include <cstdint>

namespace kiesel {

class ShortMutex {
 public:
  ShortMutex() = default;
  ShortMutex(const ShortMutex&) = delete;
  ShortMutex& operator=(const ShortMutex&) = delete;

  bool try_lock() {
    std::uint32_t free = kFree;
    return state_.compare_exchange_strong(free, kTaken, std::memory_order_acquire, std::memory_order_relaxed);
  }
  void lock() {
    if (!try_lock()) wait_for_it();
  }
  void unlock() {
    if (state_.exchange(kFree, std::memory_order_release) == kWaitedFor) wake_sleeper();
  }

 private:
  static constexpr std::uint32_t kFree = 0, kTaken = 1, kWaitedFor = 2;

  void wait_for_it();
  void wake_sleeper();

  std::atomic<std::uint32_t> state_{kFree};
};

}  // namespace kiesel
