// The values of a kernel object's arguments. Room for all of them is there from the start, so that setting
// one is a few stores: no lock, no memory. Threads: one at a time may set ("undefined if called from multiple
// host threads on the same cl_kernel object at the same time", API 5.9.2: the values are then any mixture);
// any number may read meanwhile, and see all of a value or nothing of it. Which of several arguments they see
// changed is a race of the application's (API, appendix A.2).
#pragma once

#include <CL/cl.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "compiler/program/program.hpp"
#include "support/sequence_lock.hpp"

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

  std::size_t count() const { return offsets_.size(); }
  // Where an argument's state and bytes are, while this lives.
  using Place = std::atomic<std::uint64_t>*;
  Place place(std::size_t index) { return &words_[offsets_[index]]; }
  // No more bytes than the argument's type has, or 8.
  void set(Place place, ArgumentState state, const void* bytes, std::size_t size);
  // The same for up to 8 bytes, the others zero.
  void set_word(Place place, ArgumentState state, std::uint64_t word) {
    // One store is seen whole without the lock.
    if (place[0].load(std::memory_order_relaxed) == static_cast<std::uint64_t>(state)) [[likely]]
      place[1].store(word, std::memory_order_release);
    else
      set_other_word(place, state, word);
  }

  // The values of all arguments, each whole.
  class Copy {
   public:
    ArgumentState state(std::size_t index) const {
      return static_cast<ArgumentState>(words_[of_->offsets_[index]]);
    }
    const void* bytes(std::size_t index) const { return &words_[of_->offsets_[index] + 1]; }
    std::uint64_t word(std::size_t index) const { return words_[of_->offsets_[index] + 1]; }

   private:
    friend class ArgumentValues;
    const ArgumentValues* of_ = nullptr;
    std::vector<std::uint64_t> words_;
  };
  void read(Copy& out) const;

 private:
  void set_other_word(Place place, ArgumentState state, std::uint64_t word);  // of another state than before

  std::vector<std::uint32_t> offsets_;  // of each one's state in words_; its bytes follow
  std::size_t words_count_ = 0;
  std::unique_ptr<std::atomic<std::uint64_t>[]> words_;
  SequenceLock lock_;
};

}  // namespace kiesel::runtime
