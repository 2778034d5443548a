// Device memory: one reserved range of the process, so that a device address is the host address too.
// Pages are committed when first allocated over and given back on free(); a guard page follows every
// allocation, so that no two of them touch. Whoever executes loads and stores asks find(); signals matter to
// mapped files only (shared_file.hpp). What was freed is used again when every core has forgotten it
// (holders.hpp), and a mapped file is gone from its place at once. Threads: all members may be called from
// any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "device/model/memory/holders.hpp"
#include "device/model/memory/range.hpp"
#include "device/model/memory/shared_file.hpp"
#include "support/result.hpp"
#include "support/short_mutex.hpp"

namespace kiesel::model {

enum class MemoryKind : std::uint8_t {
  kData,      // a buffer
  kReadOnly,  // code and constants of a module: stores fault
  kLocal,     // local memory of one core
  kLaunch,    // a launch block: stores fault, and so does what is not of that launch
  kShared,    // somebody else's, bounds exact
};

inline bool takes_stores(MemoryKind kind) {
  return kind != MemoryKind::kReadOnly && kind != MemoryKind::kLaunch;
}

struct Allocation {
  Range range;  // as asked for; find() widens it to the bounds
  MemoryKind kind;
  Owner owner = 0;
};

class Memory {
 public:
  using Kind = MemoryKind;
  // Where an access leaves a buffer: at its last byte, or at the end of its last page, as on GPUs, where
  // applications get away with small overruns.
  enum class Bounds : std::uint8_t { kExact, kPages };
  using Allocation = model::Allocation;

  // `capacity`: most bytes that may be allocated at a time. `private_window`: bytes of address space, never
  // backed here, in which every lane sees memory of its own. `near`: where it should lie, if that can be.
  static Result<std::unique_ptr<Memory>> create(std::uint64_t capacity, std::uint64_t private_window,
                                                Bounds bounds = Bounds::kExact, Address near = 0);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // Alignment is a power of two. What has an owner is zero. `at`: the address that it must have, or 0.
  // kOutOfMemory, kInvalidArgument.
  Result<Address> allocate(std::uint64_t bytes, std::uint64_t alignment, Kind kind = Kind::kData,
                           std::string_view label = {}, Owner owner = 0, Address at = 0);
  // The first bytes of a file, which stays the caller's. kInvalidArgument, kOutOfMemory.
  Result<Address> map_file(int file, std::uint64_t bytes, std::string_view label = {}, Owner owner = 0);
  // Memory of somebody else under its host address; free() of its address ends it. kInvalidArgument when
  // something of that range is known already.
  Status share(Address address, std::uint64_t bytes, Owner owner = 0);
  // Of 0 it does nothing. Returns the epoch of what was a file's memory, else 0.
  std::uint64_t free(Address address);
  void label(Address address, std::string_view text);

  // Bytes of the process's own memory as zero; whole pages of many take no memory until somebody uses them.
  static void clear(Address address, std::uint64_t bytes);

  std::optional<Allocation> find(Address address) const;  // that contains the address, and is not lost
  // All bytes are of one allocation as it was asked for, whatever the bounds: for the host's transfers.
  bool contains(Address address, std::uint64_t bytes) const;
  // "12 bytes past the end of buffer 3 (4096 bytes at 0x...)"; for messages.
  std::string describe(Address address) const;

  // A file's memory of that owner was lost after this epoch.
  bool lost_since(std::uint64_t epoch, Owner owner) const;

  // Makes an allocation a set of parts with gaps that belong to nobody: the segments of a module.
  void divide(Address address, std::vector<Allocation> parts);

  Bounds bounds() const { return bounds_; }
  // Its end is where stacks start.
  Range private_window() const { return private_window_; }
  // Where allocations lie, those of others but for shared ones.
  Range all() const { return {private_window_.end, base_ + reserved_}; }
  std::uint64_t capacity() const { return capacity_; }
  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  // Grows with each free(): a cached Range is good while it stays the same.
  std::uint64_t epoch() const { return memory_epoch(); }

 private:
  struct Block {
    Allocation allocation;
    std::string label;
    std::vector<Allocation> parts;
    Range taken;  // address space it holds: rounding and guard page included; none of shared memory
    std::unique_ptr<SharedFile> file;
  };
  using Blocks = std::map<Address, Block>;
  struct Freed {
    Blocks::node_type block;
    std::uint64_t epoch;
  };

  Memory() = default;
  Result<Address> allocate_block(std::uint64_t bytes, std::uint64_t alignment, Kind kind,
                                 std::string_view label, Owner owner, Address at);
  Range bounded(const Allocation& allocation) const;
  // More bytes in use, or less; with the lock held.
  void count(std::uint64_t bytes) {
    used_.store(used_.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
  }
  std::optional<Range> take(std::uint64_t bytes, std::uint64_t alignment);
  std::optional<Range> take_at(Range range);
  std::optional<Range> find_room(std::uint64_t bytes, std::uint64_t alignment, Address at = 0);
  void give_back(Range range);
  void use_again(Blocks::node_type block);
  void take_back(std::uint64_t until);  // what was freed up to this epoch
  static bool is_lost(const Block& block);
  void add_free(Range range);
  void remove_free(Range range);
  bool commit(Range range);
  Blocks::const_iterator block_at(Address address) const;  // with the lock held
  // Small blocks that were freed keep their place, for the next of that size; all with the lock held.
  std::vector<Blocks::node_type>* kept_of(std::uint64_t space);
  Block* take_kept(std::uint64_t space, std::uint64_t alignment);
  void give_back_kept();

  Address base_ = 0;
  std::uint64_t reserved_ = 0, capacity_ = 0;
  Range private_window_;
  Bounds bounds_ = Bounds::kExact;
  mutable ShortMutex mutex_;         // guards all below but the atomics
  Blocks blocks_;                    // by first address
  std::map<Address, Address> free_;  // begin -> end
  std::set<std::pair<std::uint64_t, Address>> free_by_size_;
  std::vector<bool> committed_;  // by chunk
  std::deque<Freed> freed_;      // that a core may remember
  static constexpr std::size_t kKeptSizes = 16, kMostKept = 32;
  std::array<std::vector<Blocks::node_type>, kKeptSizes> kept_;  // by pages
  std::atomic<std::uint64_t> used_{0};
};

}  // namespace kiesel::model
