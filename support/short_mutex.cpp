#include "support/short_mutex.hpp"

#include "support/futex.hpp"
#include "support/relax.hpp"

namespace kiesel {

// Whoever sleeps leaves the mark behind when it takes the mutex, since others may sleep too.
void ShortMutex::wait_for_it() {
  constexpr int kLooks = 50;
  for (int i = 0; i < kLooks; ++i) {
    relax();
    if (state_.load(std::memory_order_relaxed) == kFree && try_lock()) return;
  }
  while (state_.exchange(kWaitedFor, std::memory_order_acquire) != kFree) sleep_while(state_, kWaitedFor);
}

void ShortMutex::wake_sleeper() { wake_one(state_); }

}  // namespace kiesel
