// The values of a kernel object's arguments. Room for all of them is there from the start, so that setting
// one is a few stores: no lock, no memory. Threads: one at a time may set ("undefined if called from multiple
// host threads on the same cl_kernel object at the same time", API 5.9.2: the values are then any mixture);
// any number may read meanwhile, and see all of a value or nothing of it.
#pragma once

#include <CL/cl.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "compiler/program/program.hpp"

namespace kiesel::runtime {

// What the bytes of a value are.
enum class ArgumentState : std::uint64_t {
  kUnset,
  kBytes,       // the value; of a sampler its bits
  kMemory,      // a cl_mem or null: clSetKernelArg holds no reference
  kLocal,       // a number of bytes of local memory
  kSvm,         // a pointer into an allocation of clSVMAlloc, or null
  kAnyPointer,  // need not be of an allocation: clSetKernelArgMemPointerINTEL
};

class ArgumentValues {
 public:
  explicit ArgumentValues(const std::vector<compiler::KernelArgument>& declared);
  ArgumentValues(const ArgumentValues& other);

  std::size_t count() const { return places_.size(); }
  // No more bytes than the argument's type has, or 8.
  void set(std::size_t index, ArgumentState state, const void* bytes, std::size_t size) {
    set_at(places_[index], state, bytes, size);
  }
  // The same for who knows the place.
  using Place = std::uint32_t;
  Place place(std::size_t index) const { return places_[index]; }
  void set_at(Place place, ArgumentState state, const void* bytes, std::size_t size);

  // All values as they are at one moment.
  class Copy {
   public:
    ArgumentState state(std::size_t index) const {
      return static_cast<ArgumentState>(words_[of_->places_[index]]);
    }
    const void* bytes(std::size_t index) const { return &words_[of_->places_[index] + 1]; }
    std::uint64_t word(std::size_t index) const { return words_[of_->places_[index] + 1]; }

   private:
    friend class ArgumentValues;
    const ArgumentValues* of_ = nullptr;
    std::vector<std::uint64_t> words_;
  };
  void read(Copy& out) const;

 private:
  std::vector<Place> places_;  // of each one's state; its bytes follow
  std::size_t words_count_ = 0;
  std::unique_ptr<std::atomic<std::uint64_t>[]> words_;
  std::atomic<std::uint64_t> turn_{0};  // odd while one is being set
};

inline void ArgumentValues::set_at(Place place, ArgumentState state, const void* bytes, std::size_t size) {
  auto* word = &words_[place];
  const std::uint64_t turn = turn_.load(std::memory_order_relaxed) | 1;
  turn_.store(turn, std::memory_order_relaxed);
  // Each store is a release, so that who sees one of them sees the odd turn too.
  word++->store(static_cast<std::uint64_t>(state), std::memory_order_release);
  const auto* from = static_cast<const std::byte*>(bytes);
  if (std::uint32_t half = 0; size == sizeof half) {  // most values
    std::memcpy(&half, from, sizeof half);
    word->store(half, std::memory_order_release);
  } else {
    for (; size >= sizeof(std::uint64_t); size -= sizeof(std::uint64_t), from += sizeof(std::uint64_t)) {
      std::uint64_t whole = 0;
      std::memcpy(&whole, from, sizeof whole);
      word++->store(whole, std::memory_order_release);
    }
    if (std::uint64_t rest = 0; size) {
      for (std::size_t i = size; i-- > 0;) rest = rest << 8 | std::to_integer<std::uint64_t>(from[i]);
      word->store(rest, std::memory_order_release);
    }
  }
  turn_.store(turn + 1, std::memory_order_release);
}

}  // namespace kiesel::runtime
