#include "device/timing/team.hpp"

#include "support/futex.hpp"
#include "support/relax.hpp"

namespace kiesel::timing {
namespace {

constexpr unsigned kSpins = 4000;  // before a thread sleeps, or leaves the processor to others

}  // namespace

Team::Team(unsigned members) {
  for (unsigned member = 1; member < members; ++member)
    threads_.emplace_back([this, member] { work(member); });
}

Team::~Team() {
  ends_ = true;
  round_.fetch_add(1);
  wake_all(round_);
  for (std::thread& thread : threads_) thread.join();
}

void Team::run(const std::function<void(unsigned)>& part) {
  part_ = &part;
  left_.store(static_cast<std::uint32_t>(threads_.size()));
  round_.fetch_add(1);
  if (sleeping_.load()) wake_all(round_);
  part(0);
  for (unsigned spins = 0; left_.load(); ++spins) spins < kSpins ? relax() : std::this_thread::yield();
}

void Team::work(unsigned member) {
  for (std::uint32_t seen = 0;;) {
    for (unsigned spins = 0; spins < kSpins && round_.load() == seen; ++spins) relax();
    if (round_.load() == seen) {
      ++sleeping_;
      sleep_while(round_, seen);
      --sleeping_;
      continue;
    }
    ++seen;
    if (ends_) return;
    (*part_)(member);
    left_.fetch_sub(1);
  }
}

}  // namespace kiesel::timing
