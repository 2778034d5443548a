// Where buffers lie in the memory of a design. The model keeps each on pages of its own; a device's driver
// packs them, and caches and memory banks meet the packed addresses. Same allocations in the same order: same
// places. Threads: all members may be called from any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "device/model/memory/range.hpp"

namespace kiesel::model {

class Placement {
 public:
  // Of memory in this range.
  explicit Placement(Range memory);

  void add(Address address, std::uint64_t bytes);
  void remove(Address address);
  // The design's address of a byte; what was not added lies as far from the range's begin as in the model.
  std::uint64_t of(Address address) const;

 private:
  static constexpr std::uint64_t kPage = 4096, kChunkPages = 512;
  using Chunk = std::array<std::atomic<std::int64_t>, kChunkPages>;
  void set(Address address, std::uint64_t bytes, std::int64_t distance);
  std::uint64_t take(std::uint64_t bytes);

  const Range memory_;
  std::vector<std::atomic<Chunk*>> chunks_;
  std::mutex mutex_;  // guards what follows
  std::vector<std::unique_ptr<Chunk>> owned_;
  std::map<std::uint64_t, std::uint64_t> holes_;  // begin -> end
  struct Placed {
    std::uint64_t bytes, begin;
  };
  std::map<Address, Placed> placed_;
};

}  // namespace kiesel::model
