#include "runtime/core/handle.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <new>

#include "support/fast_thread_local.hpp"
#include "support/fork.hpp"
#include "support/short_mutex.hpp"
#include "support/single.hpp"

namespace kiesel::runtime {
namespace {

constexpr std::size_t kTableHandles = std::size_t{1} << 22, kTableBytes = kTableHandles * sizeof(Handle);

const void* dispatch_table = nullptr;
std::atomic<void*> dispatch_data{nullptr};

constexpr std::size_t kBatch = 8;

// What a thread has of the table, so that it locks it once for many handles.
struct Share {
  std::array<Handle*, kBatch> free, freed;
  std::size_t free_count, freed_count;
};
KIESEL_FAST_THREAD_LOCAL Share share{};

// Freed handles are taken again in the order they were freed, so that a stale one is found out for long.
class Table {
 public:
  Table() {
    void* memory = ::mmap(nullptr, kTableBytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return;
    begin_ = static_cast<Handle*>(memory);
    table_begin.store(begin_, std::memory_order_relaxed);
    table_entries.store(kTableHandles, std::memory_order_release);
  }

  // From the thread's share, and to it: mostly without a call.
  static Handle* take() {
    if (share.free_count == 0) [[unlikely]]
      the_one().refill();
    return share.free_count ? share.free[--share.free_count] : nullptr;
  }

  static void give_back(Handle& handle) {
    if (share.freed_count == kBatch) [[unlikely]]
      the_one().flush();
    share.freed[share.freed_count++] = &handle;
  }

  static Table& the_one();

  // In a child of fork(): what other handles than the platform's and the root devices' name is the parent's,
  // perhaps in the middle of something.
  void renew() {
    new (&mutex_) ShortMutex;
    first_free_ = last_free_ = nullptr;
    free_count_ = 0;
    for (std::size_t i = 0; i < used_; ++i)
      if (begin_[i].object.load() && !outlives_fork(begin_[i])) {
        begin_[i].object = nullptr;
        begin_[i].kind = Kind::kNone;
      }
  }

  void end_share() {
    flush();
    std::lock_guard lock(mutex_);
    while (share.free_count) add_free(*share.free[--share.free_count]);
  }

 private:
  static constexpr std::size_t kQuarantine = 1024;

  struct AtThreadEnd;
  static void watch_thread();

  static bool outlives_fork(const Handle& handle) {
    const Kind kind = handle.kind.load();
    return kind == Kind::kPlatform || (kind == Kind::kDevice && !handle.object.load()->parent());
  }

  [[gnu::noinline]] void refill() {
    watch_thread();
    std::lock_guard lock(mutex_);
    while (share.free_count < kBatch)
      if (Handle* handle = take_one())
        share.free[share.free_count++] = handle;
      else
        return;
    std::reverse(share.free.begin(), share.free.end());  // the oldest first
  }

  [[gnu::noinline]] void flush() {
    watch_thread();
    std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < share.freed_count; ++i) add_free(*share.freed[i]);
    share.freed_count = 0;
  }

  Handle* take_one() {
    if (free_count_ > kQuarantine || (used_ == kTableHandles && first_free_)) {
      Handle* handle = first_free_;
      first_free_ = handle->next_free;
      --free_count_;
      return handle;
    }
    if (!begin_ || used_ == kTableHandles) return nullptr;
    return &begin_[used_++];
  }

  void add_free(Handle& handle) {
    handle.next_free = nullptr;
    if (free_count_++ == 0)
      first_free_ = &handle;
    else
      last_free_->next_free = &handle;
    last_free_ = &handle;
  }

  Handle* begin_ = nullptr;
  std::size_t used_ = 0;
  ShortMutex mutex_;
  Handle* first_free_ = nullptr;
  Handle* last_free_ = nullptr;
  std::size_t free_count_ = 0;
};

constinit Single<Table> the_table;
const InForkedChild renews{[] {
  if (Table* const table = the_table.if_made()) table->renew();
}};

Table& Table::the_one() { return the_table.get(); }

struct Table::AtThreadEnd {
  ~AtThreadEnd() { Table::the_one().end_share(); }
};
void Table::watch_thread() { static thread_local AtThreadEnd at_end; }

void let_go(Handle& handle, std::uint64_t what);

// Frees the handle, as nobody can name the object any more, and lets go of its parent's handle likewise.
void retire(Handle& handle) {
  Object* const object = handle.object.load(std::memory_order_relaxed);
  if (!object) return;
  handle.object.store(nullptr, std::memory_order_relaxed);
  handle.kind.store(Kind::kNone, std::memory_order_relaxed);
  // The parent's handle is valid until it is detached from, whatever the object kept of it.
  const Object* parent = object->parent();
  Handle* const above = parent ? parent->handle() : nullptr;
  if (object->is_shared()) object->keep_parent();
  object->release();
  Table::give_back(handle);
  if (above) let_go(*above, Handle::kAttached);
}

void let_go(Handle& handle, std::uint64_t what) {
  if (handle.counts.fetch_sub(what) == what) retire(handle);
}

}  // namespace

constinit std::atomic<Handle*> table_begin{nullptr};
constinit std::atomic<std::size_t> table_entries{0};

void set_dispatch_table(const void* table) { dispatch_table = table; }
void set_dispatch_data(void* data) { dispatch_data.store(data); }

Outcome<Handle*> publish(Ref<Object> owned, Kind kind) {
  Object& object = *owned;
  Handle* handle = Table::take();
  if (!handle) return ApiError{CL_OUT_OF_HOST_MEMORY, "there is no room for another handle"};
  handle->dispatch = dispatch_table;
  handle->dispatch_data = dispatch_data.load(std::memory_order_relaxed);
  handle->counts.store(Handle::kReference, std::memory_order_relaxed);
  handle->minds_abandoning.store(object.minds_being_abandoned(), std::memory_order_relaxed);
  object.set_handle(handle);
  if (Object* parent = object.parent(); parent && parent->handle()) keep_handle(*parent->handle());
  handle->object.store(owned.give_up(), std::memory_order_relaxed);
  handle->kind.store(kind, std::memory_order_release);
  return handle;
}

HandleKeeper::HandleKeeper(Object& object) : object_(&object) {
  if (object.handle()) keep_handle(*object.handle());
}

HandleKeeper::~HandleKeeper() {
  if (object_ && object_->handle()) let_go_handle(*object_->handle());
}

void retain_handle(Handle& handle) { handle.counts.fetch_add(Handle::kReference); }

void keep_handle(Handle& handle) { handle.counts.fetch_add(Handle::kAttached); }

void let_go_handle(Handle& handle) { let_go(handle, Handle::kAttached); }

bool release_handle(Handle& handle) {
  auto counts = handle.counts.load();
  std::uint64_t left = 0;
  bool tells = false;
  do {
    const auto references = Handle::references_in(counts);
    if (references == 0) return false;
    tells = references == 1 && handle.minds_abandoning.load(std::memory_order_relaxed);
    left = counts - Handle::kReference + (tells ? Handle::kAttached : 0);
  } while (!handle.counts.compare_exchange_weak(counts, left));
  if (tells) {
    // The reference that the handle itself has keeps the object meanwhile.
    if (Object* object = handle.object.load()) object->abandoned();
    let_go(handle, Handle::kAttached);
  } else if (left == 0) {
    retire(handle);
  }
  return true;
}

}  // namespace kiesel::runtime
