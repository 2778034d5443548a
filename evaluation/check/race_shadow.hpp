// Who used a piece of memory last: a record of the last store and one of loads since, for each word, or each
// byte where a page is used in smaller pieces.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "evaluation/check/pages.hpp"

namespace kiesel::check {

// Time is counted in segments: a warp's stretch between two points at which something may come into order.
// A later segment of the same warp has a larger number, and so has every segment of a later work-group.
struct Record {
  static constexpr unsigned kFlagBits = 4, kPlaceBits = 22, kLaneBits = 6;
  enum Flag : std::uint64_t { kAtomic = 1, kMany = 2, kGroupScope = 4 };

  std::uint64_t bits = 0;

  static Record make(std::uint32_t segment, unsigned lane, std::size_t instruction, std::uint64_t flags) {
    return {std::uint64_t{segment} << 32 | std::uint64_t{lane} << (kFlagBits + kPlaceBits) |
            (instruction & ((1U << kPlaceBits) - 1)) << kFlagBits | flags};
  }
  std::uint32_t segment() const { return static_cast<std::uint32_t>(bits >> 32); }  // 0: nobody
  std::uint64_t item() const { return bits >> (kFlagBits + kPlaceBits); }           // segment and lane
  unsigned lane() const { return static_cast<unsigned>(item() & ((1U << kLaneBits) - 1)); }
  std::size_t instruction() const { return bits >> kFlagBits & ((1U << kPlaceBits) - 1); }
  bool has(Flag flag) const { return bits & flag; }
};

struct Use {
  Record store, load;
};

class RacePage {
 public:
  static constexpr unsigned kShift = 12;

  RacePage() : uses_((1U << kShift) / 4) {}
  // Of words, or of bytes.
  unsigned shift() const { return shift_; }
  Use* at(std::uint64_t address) { return &uses_[(address & ((1U << kShift) - 1)) >> shift_]; }
  void forget(std::uint64_t begin, std::uint64_t bytes) {
    Use* const first = at(begin);
    std::fill(first, at(begin + bytes - 1) + 1, Use());
  }
  void split() {
    std::vector<Use> bytes;
    bytes.reserve(uses_.size() * 4);
    for (const Use& use : uses_) bytes.insert(bytes.end(), 4, use);
    uses_ = std::move(bytes);
    shift_ = 0;
  }

 private:
  std::vector<Use> uses_;
  unsigned shift_ = 2;
};

using RaceShadow = Pages<RacePage, RacePage::kShift>;

}  // namespace kiesel::check
