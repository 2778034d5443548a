#include "runtime/core/argument_values.hpp"

#include <algorithm>

#include "support/relax.hpp"

namespace kiesel::runtime {

ArgumentValues::ArgumentValues(const std::vector<compiler::KernelArgument>& declared) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  for (const auto& argument : declared) {
    places_.push_back(static_cast<std::uint32_t>(words_count_));
    words_count_ += 1 + std::max<std::size_t>((argument.size + kWord - 1) / kWord, 1);
  }
  words_ = std::make_unique<std::atomic<std::uint64_t>[]>(words_count_);
}

ArgumentValues::ArgumentValues(const ArgumentValues& other)
    : places_(other.places_),
      words_count_(other.words_count_),
      words_(std::make_unique<std::atomic<std::uint64_t>[]>(words_count_)) {
  Copy now;
  other.read(now);
  for (std::size_t i = 0; i < words_count_; ++i) words_[i].store(now.words_[i], std::memory_order_relaxed);
}

void ArgumentValues::read(Copy& out) const {
  out.of_ = this;
  out.words_.resize(words_count_);
  for (;; relax()) {
    const auto before = turn_.load(std::memory_order_acquire);
    for (std::size_t i = 0; i < words_count_; ++i) out.words_[i] = words_[i].load(std::memory_order_acquire);
    if (before % 2 == 0 && turn_.load(std::memory_order_relaxed) == before) return;
  }
}

}  // namespace kiesel::runtime
