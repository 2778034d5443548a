// Who may still use memory that was freed. Each free() of the process has a number, the epoch. A core
// remembers where its accesses went, so a kernel goes on in freed memory for a moment; the core says up to
// which epoch it has forgotten. The kernel has the address still: nothing else comes to that place while a
// launch runs that began before the free(), so that its next access is a fault. Of the whole process, since
// devices share memory.
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
  // It runs a launch that was made when this was the epoch.
  void begins(std::uint64_t epoch) { began_.store(epoch, std::memory_order_release); }
  // All that it remembers it has found since this was the epoch.
  void has_forgotten_until(std::uint64_t epoch) { forgotten_.store(epoch, std::memory_order_release); }

 private:
  static std::uint64_t lowest(std::atomic<std::uint64_t> Holder::*of);
  friend std::uint64_t outlived_by_none();
  friend std::uint64_t forgotten_by_all();

  std::atomic<bool> taken_{false};
  std::atomic<std::uint64_t> began_{0}, forgotten_{0};
  Holder *before_ = nullptr, *after_ = nullptr;  // in the process's list
};

// Grows with each free() of any device's memory: what was remembered is good while it stays the same.
std::uint64_t memory_epoch();
std::uint64_t next_memory_epoch();
// No launch runs that began before what was freed up to this epoch was.
std::uint64_t outlived_by_none();
// Nobody remembers what was freed up to this epoch.
std::uint64_t forgotten_by_all();
// Until that is this epoch, for 200 ms at most: cores look within their turns, milliseconds. False: it is not
// yet.
bool wait_until_forgotten(std::uint64_t epoch);

}  // namespace kiesel::model
