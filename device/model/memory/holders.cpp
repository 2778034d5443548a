#include "device/model/memory/holders.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <new>
#include <thread>

#include "support/fork.hpp"
#include "support/short_mutex.hpp"

namespace kiesel::model {
namespace {

constinit std::atomic<std::uint64_t> epoch{1};
constinit ShortMutex mutex;  // guards the list
constinit Holder* first = nullptr;

// The cores of the parent process have no threads here that will ever leave them.
const InForkedChild renews{[] {
  new (&mutex) ShortMutex;
  first = nullptr;
}};

}  // namespace

Holder::Holder() {
  std::lock_guard lock(mutex);
  after_ = first;
  if (first) first->before_ = this;
  first = this;
}

Holder::~Holder() {
  std::lock_guard lock(mutex);
  if (before_)
    before_->after_ = after_;
  else if (first == this)
    first = after_;
  if (after_) after_->before_ = before_;
}

std::uint64_t memory_epoch() { return epoch.load(); }
std::uint64_t next_memory_epoch() { return epoch.fetch_add(1) + 1; }

// Of those that are taken.
std::uint64_t Holder::lowest(std::atomic<std::uint64_t> Holder::*of) {
  std::uint64_t all = memory_epoch();  // before it looks: who is not seen taken will see at least this
  std::lock_guard lock(mutex);
  for (const Holder* holder = first; holder; holder = holder->after_)
    if (holder->taken_.load()) all = std::min(all, (holder->*of).load(std::memory_order_acquire));
  return all;
}

std::uint64_t outlived_by_none() { return Holder::lowest(&Holder::began_); }
std::uint64_t forgotten_by_all() { return Holder::lowest(&Holder::forgotten_); }

bool wait_until_forgotten(std::uint64_t epoch) {
  constexpr std::chrono::microseconds kLook{50}, kLongest{200'000};
  const auto end = std::chrono::steady_clock::now() + kLongest;
  while (forgotten_by_all() < epoch) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(kLook);
  }
  return true;
}

}  // namespace kiesel::model
