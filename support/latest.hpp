// A small value of which threads read the latest version, without a lock: they see all of one version. A
// version that is stored while another thread stores one is lost, so this is for values that can be found
// again.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>

#include "support/sequence_lock.hpp"

namespace kiesel {

template <class T>
class Latest {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % sizeof(std::uint64_t) == 0);

 public:
  // Nothing while there is none, or one is being stored.
  std::optional<T> load() const {
    Words words;
    const auto read = [&] {
      for (std::size_t i = 0; i < kWords; ++i) words[i] = words_[i].load(std::memory_order_acquire);
    };
    if (!lock_.was_written() || !lock_.read(read)) return std::nullopt;
    T out;
    std::memcpy(static_cast<void*>(&out), words.data(), sizeof out);
    return out;
  }

  void store(const T& value) {
    Words words;
    std::memcpy(words.data(), &value, sizeof value);
    lock_.try_write([&] {
      for (std::size_t i = 0; i < kWords; ++i) words_[i].store(words[i], std::memory_order_release);
    });
  }

 private:
  static constexpr std::size_t kWords = sizeof(T) / sizeof(std::uint64_t);
  using Words = std::array<std::uint64_t, kWords>;

  SequenceLock lock_;
  std::array<std::atomic<std::uint64_t>, kWords> words_{};
};

}  // namespace kiesel
