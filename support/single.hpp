// The one object of its kind in a process: made on first use, never destroyed, since threads of the
// application may use it while the process ends. A function's static variable would do, but for a child of
// fork(): where another thread was making it the child would wait for that thread for ever.
#pragma once

#include <atomic>
#include <mutex>

namespace kiesel {

// Held while one is made, for all kinds, as making one may use another; a child of fork() has a new one.
std::recursive_mutex& making_singles();

template <class T>
class Single {
 public:
  constexpr Single() = default;
  Single(const Single&) = delete;

  // `make` returns a pointer to the new object.
  template <class Make>
  T& get(Make make) {
    if (T* made = made_.load(std::memory_order_acquire)) return *made;
    const std::lock_guard lock(making_singles());
    T* made = made_.load(std::memory_order_relaxed);
    if (!made) made_.store(made = make(), std::memory_order_release);
    return *made;
  }
  T& get() {
    return get([] { return new T; });
  }
  T* if_made() const { return made_.load(std::memory_order_acquire); }
  // The next get() makes another one: for what has threads, which a child of fork() has not.
  void forget() { made_.store(nullptr, std::memory_order_relaxed); }

 private:
  std::atomic<T*> made_{nullptr};
};

}  // namespace kiesel
