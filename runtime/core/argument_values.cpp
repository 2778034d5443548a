#include "runtime/core/argument_values.hpp"

#include <algorithm>
#include <cstring>

#include "support/relax.hpp"

namespace kiesel::runtime {

ArgumentValues::ArgumentValues(const std::vector<compiler::KernelArgument>& declared) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  for (const auto& argument : declared) {
    offsets_.push_back(static_cast<std::uint32_t>(words_count_));
    words_count_ += 1 + std::max<std::size_t>((argument.size + kWord - 1) / kWord, 1);
  }
  words_ = std::make_unique<std::atomic<std::uint64_t>[]>(words_count_);
}

ArgumentValues::ArgumentValues(const ArgumentValues& other)
    : offsets_(other.offsets_),
      words_count_(other.words_count_),
      words_(std::make_unique<std::atomic<std::uint64_t>[]>(words_count_)) {
  Copy now;
  other.read(now);
  for (std::size_t i = 0; i < words_count_; ++i) words_[i].store(now.words_[i], std::memory_order_relaxed);
}

void ArgumentValues::set(Place place, ArgumentState state, const void* bytes, std::size_t size) {
  lock_.write([&] {
    auto* word = place;
    word++->store(static_cast<std::uint64_t>(state), std::memory_order_release);
    const auto* from = static_cast<const std::byte*>(bytes);
    for (const auto* const end = from + size; from < end; from += sizeof(std::uint64_t)) {
      std::uint64_t next = 0;
      std::memcpy(&next, from, std::min<std::size_t>(end - from, sizeof next));
      word++->store(next, std::memory_order_release);
    }
  });
}

// A function of its own, so that set_word() needs no address of the word.
void ArgumentValues::set_other_word(Place place, ArgumentState state, std::uint64_t word) {
  set(place, state, &word, sizeof word);
}

void ArgumentValues::read(Copy& out) const {
  out.of_ = this;
  out.words_.resize(words_count_);
  const auto read = [&] {
    for (std::size_t i = 0; i < words_count_; ++i) out.words_[i] = words_[i].load(std::memory_order_acquire);
  };
  while (!lock_.read(read)) relax();
}

}  // namespace kiesel::runtime
