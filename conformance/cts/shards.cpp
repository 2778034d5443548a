#include "conformance/cts/shards.hpp"

#include <algorithm>
#include <numeric>

namespace kiesel::conformance {

std::vector<unsigned> divide(const std::vector<double>& seconds, unsigned parts) {
  std::vector<std::size_t> order(seconds.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](auto a, auto b) { return seconds[a] > seconds[b]; });
  std::vector<double> sums(std::max(parts, 1U));
  std::vector<unsigned> part_of(seconds.size());
  for (const auto piece : order) {
    const auto least = std::ranges::min_element(sums);
    *least += seconds[piece];
    part_of[piece] = static_cast<unsigned>(least - sums.begin());
  }
  return part_of;
}

}  // namespace kiesel::conformance
