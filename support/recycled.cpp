#include "support/recycled.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <mutex>
#include <new>
#include <utility>

#include "support/fast_thread_local.hpp"
#include "support/fork.hpp"
#include "support/short_mutex.hpp"

namespace kiesel {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kRecycles = false;
#elif defined(__has_feature)
constexpr bool kRecycles = !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer);
#else
constexpr bool kRecycles = true;
#endif

// Blocks of 64, 128, ... 1024 bytes.
constexpr unsigned kSmallestBits = 6, kSizes = 5;
constexpr std::size_t kBatch = 32;         // blocks that change threads at a time
constexpr std::size_t kMostBatches = 256;  // that wait for a thread; what is more goes back to malloc

constexpr std::size_t bytes_of(unsigned size) { return std::size_t{1} << (kSmallestBits + size); }
constexpr unsigned size_for(std::size_t bytes) {
  return bytes <= bytes_of(0) ? 0 : static_cast<unsigned>(std::bit_width(bytes - 1)) - kSmallestBits;
}

// Free blocks. Not a list through them: they may be in the cache of another processor.
struct Batch {
  std::size_t count = 0;
  std::array<void*, kBatch> blocks;
  Batch* next = nullptr;  // in an exchange
};

void free_all(Batch* batch) {
  if (!batch) return;
  while (batch->count) ::operator delete(batch->blocks[--batch->count]);
  delete batch;
}

// Batches between threads, mostly full.
class Exchange {
 public:
  Batch* take() {
    std::lock_guard lock(mutex_);
    Batch* batch = batches_;
    if (!batch) return nullptr;
    batches_ = batch->next;
    --count_;
    return batch;
  }
  void put(Batch* batch) {
    {
      std::lock_guard lock(mutex_);
      if (count_ < kMostBatches) {
        batch->next = batches_;
        batches_ = batch;
        ++count_;
        return;
      }
    }
    free_all(batch);
  }

 private:
  ShortMutex mutex_;
  Batch* batches_ = nullptr;
  std::size_t count_ = 0;
};

constinit std::array<Exchange, kSizes> exchanges;
// What the threads of the parent process had there is lost to the child.
const InForkedChild renews{[] {
  for (Exchange& exchange : exchanges) new (&exchange) Exchange;
}};

// What a thread keeps of a size: up to two batches, so that one block to and fro moves none.
struct Kept {
  Batch *in_use, *spare;
};
KIESEL_FAST_THREAD_LOCAL std::array<Kept, kSizes> kept{};

// What a thread has when it ends other threads take.
struct AtThreadEnd {
  ~AtThreadEnd() {
    for (unsigned size = 0; size < kSizes; ++size)
      for (Batch** own : {&kept[size].in_use, &kept[size].spare})
        if (Batch* batch = std::exchange(*own, nullptr); batch && batch->count)
          exchanges[size].put(batch);
        else
          delete batch;
  }
};

void watch_thread() { static thread_local AtThreadEnd at_end; }

// After the batch in use was found empty. A function of its own, so that taking a block mostly saves no
// registers; so is give_slowly().
[[gnu::noinline]] void* take_slowly(unsigned size) {
  watch_thread();
  Kept& own = kept[size];
  if (!own.spare || !own.spare->count) {
    if (Batch* full = exchanges[size].take()) {
      free_all(own.spare);
      own.spare = full;
    }
  }
  std::swap(own.in_use, own.spare);
  return own.in_use && own.in_use->count ? own.in_use->blocks[--own.in_use->count]
                                         : ::operator new(bytes_of(size));
}

// False when there is no memory for another batch.
bool make_room(Kept& own, unsigned size) {
  watch_thread();
  std::swap(own.in_use, own.spare);
  if (own.in_use && own.in_use->count < kBatch) return true;
  auto* empty = new (std::nothrow) Batch;
  if (!empty) return false;
  if (own.in_use) exchanges[size].put(own.in_use);
  own.in_use = empty;
  return true;
}

// After the batch in use was found full, or for a block that is not kept.
[[gnu::noinline]] void give_slowly(void* block, unsigned size) noexcept {
  if (!block) return;
  if (kRecycles && size < kSizes && make_room(kept[size], size))
    kept[size].in_use->blocks[kept[size].in_use->count++] = block;
  else
    ::operator delete(block);
}

}  // namespace

void* take_recycled(std::size_t bytes) {
  const unsigned size = size_for(bytes);
  if (!kRecycles || size >= kSizes) return ::operator new(bytes);
  Batch* const batch = kept[size].in_use;
  return batch && batch->count ? batch->blocks[--batch->count] : take_slowly(size);
}

void give_recycled(void* block, std::size_t bytes) noexcept {
  const unsigned size = size_for(bytes);
  Batch* const batch = kRecycles && size < kSizes ? kept[size].in_use : nullptr;
  if (batch && block && batch->count < kBatch)
    batch->blocks[batch->count++] = block;
  else
    give_slowly(block, size);
}

}  // namespace kiesel
