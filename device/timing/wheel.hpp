// Things that happen at known cycles, in the order of their cycles; of one cycle, in the order they were
// added.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace kiesel::timing {

// Event is a small type. Cycles lie less than kSpan ahead.
template <class Event>
class Wheel {
 public:
  static constexpr std::uint64_t kSpan = 1024;

  void add(std::uint64_t cycle, const Event& event) {
    const std::uint64_t at = cycle % kSpan;
    slots_[at].push_back(event);
    busy_[at / 64] |= std::uint64_t{1} << at % 64;
    ++count_;
  }

  // Calls f for each event of the cycle. It may add events, not for this cycle.
  template <class F>
  void take(std::uint64_t cycle, F f) {
    const std::uint64_t at = cycle % kSpan;
    auto& slot = slots_[at];
    if (slot.empty()) return;
    for (std::size_t i = 0; i < slot.size(); ++i) f(Event(slot[i]));
    count_ -= slot.size();
    slot.clear();
    busy_[at / 64] &= ~(std::uint64_t{1} << at % 64);
  }

  // The first cycle at or after this one that has an event, or ~0.
  std::uint64_t next(std::uint64_t cycle) const {
    if (!count_) return ~std::uint64_t{0};
    const std::uint64_t start = cycle % kSpan;
    std::uint64_t word = busy_[start / 64] & ~std::uint64_t{0} << start % 64;
    for (std::uint64_t i = 0; i <= kSpan / 64; ++i) {
      const std::uint64_t index = (start / 64 + i) % (kSpan / 64);
      if (i) word = busy_[index];
      if (i == kSpan / 64) word &= ~(~std::uint64_t{0} << start % 64);
      if (word)
        return cycle +
               (index * 64 + static_cast<std::uint64_t>(__builtin_ctzll(word)) + kSpan - start) % kSpan;
    }
    return ~std::uint64_t{0};
  }

 private:
  std::array<std::vector<Event>, kSpan> slots_;
  std::array<std::uint64_t, kSpan / 64> busy_{};
  std::uint64_t count_ = 0;
};

}  // namespace kiesel::timing
