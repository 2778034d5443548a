// Who may still use memory that was freed. A core remembers where its accesses went, so a kernel that runs
// while the application frees what it uses goes on there for a moment. Nothing else comes to such a place
// before every core has forgotten it: each free() of the process has a number, and each core says up to which
// one it has forgotten. Of the whole process, since devices share memory.
#pragma once

#include <atomic>
#include <cstdint>

namespace kiesel::model {

// A core, as those who free memory see it. Its thread takes it before it uses memory, which orders that after
// whatever was freed before; so nothing else is needed where it is free.
class alignas(64) Holder {
 public:
  Holder();
  ~Holder();
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  bool take() { return !taken_.load() && !taken_.exchange(true); }
  void leave() { taken_.store(false); }
  // All that it remembers it has found since this was the epoch.
  void has_forgotten_until(std::uint64_t epoch) { forgotten_.store(epoch, std::memory_order_release); }

 private:
  friend std::uint64_t forgotten_by_all();

  std::atomic<bool> taken_{false};
  std::atomic<std::uint64_t> forgotten_{0};
  Holder *before_ = nullptr, *after_ = nullptr;  // in the process's list
};

// Grows with each free() of any device's memory: what was remembered is good while it stays the same.
std::uint64_t memory_epoch();
std::uint64_t next_memory_epoch();
// Nobody remembers what was freed up to this epoch.
std::uint64_t forgotten_by_all();
// Until that is this epoch, for 200 ms at most: cores look within their turns, milliseconds. False: it is not
// yet.
bool wait_until_forgotten(std::uint64_t epoch);

}  // namespace kiesel::model
