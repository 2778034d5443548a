#include "device/timing/shared_memory.hpp"

#include <algorithm>
#include <tuple>

namespace kiesel::timing {

SharedMemory::SharedMemory(const Design& design) : dram_(design, design.data_cache.line_bytes) {
  if (design.has_l2) levels_.push_back(std::make_unique<Cache>(design.l2, 0));
  if (design.has_l3)
    levels_.push_back(std::make_unique<Cache>(design.l3, static_cast<std::uint32_t>(levels_.size())));
}

void SharedMemory::begin() {
  dram_.counts = {};
  for (const auto& level : levels_) level->counts = {};
}

// At a level, or at memory behind the last one.
void SharedMemory::enter(std::size_t level, const MemoryRequest& request) {
  if (level < levels_.size()) {
    levels_[level]->bank_of(request.line).add(request);
    return;
  }
  const std::uint64_t done = dram_.take(request);
  if (request.write) return;
  if (levels_.empty())
    answers.push_back({done, request.line, request.source, request.tag});
  else
    levels_.back()->fill(done, request.line);
}

void SharedMemory::step() {
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    Cache& cache = *levels_[level];
    cache.step(now_);
    for (const MemoryRequest& request : cache.below) enter(level + 1, request);
    cache.below.clear();
    for (const Answer& answer : cache.answers)
      if (level)
        levels_[level - 1]->fill(answer.cycle, answer.line);
      else
        answers.push_back(answer);
    cache.answers.clear();
  }
}

// Cores run side by side: what they ask for gets one order here.
void SharedMemory::run(std::uint64_t until) {
  const auto order = [](const MemoryRequest& r) { return std::tuple(r.cycle, r.source, r.tag); };
  std::stable_sort(arriving_.begin(), arriving_.end(), [&](auto& a, auto& b) { return order(a) < order(b); });
  const auto later =
      std::find_if(arriving_.begin(), arriving_.end(), [&](auto& r) { return r.cycle >= until; });
  for (auto at = arriving_.begin(); at != later; ++at) enter(0, *at);
  arriving_.erase(arriving_.begin(), later);
  for (now_ = std::min(until, next()); now_ < until; now_ = std::min(until, next())) {
    step();
    ++now_;
  }
}

std::uint64_t SharedMemory::next() const {
  std::uint64_t at = ~std::uint64_t{0};
  for (const auto& level : levels_) at = std::min(at, level->next(now_));
  for (const MemoryRequest& request : arriving_) at = std::min(at, request.cycle);
  return at;
}

}  // namespace kiesel::timing
