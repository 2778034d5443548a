// Something that can be had once a cycle: a port, a bus.
#pragma once

#include <array>
#include <cstdint>

namespace kiesel::timing {

class Calendar {
 public:
  // The first free cycle from this one on, which is taken. Cycles lie less than kSpan apart.
  std::uint64_t take(std::uint64_t cycle) {
    while (taken_[cycle % kSpan] == cycle) ++cycle;
    return taken_[cycle % kSpan] = cycle;
  }

 private:
  static constexpr std::uint64_t kSpan = 1024;
  std::array<std::uint64_t, kSpan> taken_{};
};

}  // namespace kiesel::timing
