// A range of device addresses, given out in parts: for plug-ins whose driver leaves that to them. First fit.
// Threads: any.
#pragma once

#include <cstdint>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>

namespace kiesel::device::plugin {

class AddressSpace {
 public:
  AddressSpace(std::uint64_t begin, std::uint64_t end) : begin_(begin), end_(end) {}

  // `wanted`: the address that it must have, or 0. Alignment is a power of two.
  std::optional<std::uint64_t> take(std::uint64_t bytes, std::uint64_t alignment, std::uint64_t wanted = 0) {
    std::lock_guard lock(mutex_);
    std::uint64_t at = wanted ? wanted : round_up(begin_, alignment);
    for (auto next = taken_.lower_bound(at);; ++next) {
      if (next != taken_.begin() && std::prev(next)->second > at) {
        if (wanted) return std::nullopt;
        at = round_up(std::prev(next)->second, alignment);
      }
      const std::uint64_t room_end = next == taken_.end() ? end_ : next->first;
      if (at >= begin_ && at <= room_end && room_end - at >= bytes) {
        taken_.emplace_hint(next, at, at + bytes);
        return at;
      }
      if (wanted || next == taken_.end()) return std::nullopt;
    }
  }
  void give_back(std::uint64_t address) {
    std::lock_guard lock(mutex_);
    taken_.erase(address);
  }

 private:
  static std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
    return (value + unit - 1) / unit * unit;
  }

  const std::uint64_t begin_, end_;
  std::mutex mutex_;
  std::map<std::uint64_t, std::uint64_t> taken_;  // begin -> end
};

}  // namespace kiesel::device::plugin
