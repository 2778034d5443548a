// A sequence lock: any number of threads read values without a write, and see them as they were between two
// writes. The values are atomics: read with acquire order and stored with release order, so that who sees one
// that is being written sees that it is.
#pragma once

#include <atomic>
#include <cstdint>

namespace kiesel {

class SequenceLock {
 public:
  // False when a write was under way: what was read is any mixture.
  template <class Read>
  bool read(Read read) const {
    const auto turn = turn_.load(std::memory_order_acquire);
    if (turn % 2) return false;
    read();
    return turn_.load(std::memory_order_relaxed) == turn;
  }

  // One thread at a time; of several the values are any mixture.
  template <class Write>
  void write(Write write) {
    const auto turn = turn_.load(std::memory_order_relaxed) | 1;
    turn_.store(turn, std::memory_order_relaxed);
    write();
    turn_.store(turn + 1, std::memory_order_release);
  }

  // Any thread; does nothing while another one writes.
  template <class Write>
  void try_write(Write write) {
    auto turn = turn_.load(std::memory_order_relaxed);
    if (turn % 2 || !turn_.compare_exchange_strong(turn, turn + 1, std::memory_order_acquire)) return;
    write();
    turn_.store(turn + 2, std::memory_order_release);
  }

  bool was_written() const { return turn_.load(std::memory_order_relaxed) > 1; }

 private:
  std::atomic<std::uint64_t> turn_{0};  // odd while one writes
};

}  // namespace kiesel
