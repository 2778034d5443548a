#include "runtime/core/handle.hpp"

#include <sys/mman.h>

#include <mutex>

namespace kiesel::runtime {
namespace {

constexpr std::size_t kTableHandles = std::size_t{1} << 22;
constexpr std::size_t kTableBytes = kTableHandles * sizeof(Handle);

const void* dispatch_table = nullptr;
std::atomic<void*> dispatch_data{nullptr};

// Freed handles are taken again in the order they were freed, so that a stale one is found out for long.
class Table {
 public:
  Table() {
    void* memory = ::mmap(nullptr, kTableBytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory != MAP_FAILED) begin_ = static_cast<Handle*>(memory);
  }

  bool contains(const void* pointer) const {
    const auto offset = reinterpret_cast<std::uintptr_t>(pointer) - reinterpret_cast<std::uintptr_t>(begin_);
    return begin_ && offset < kTableBytes && offset % sizeof(Handle) == 0;
  }

  Handle* take() {
    std::lock_guard lock(mutex_);
    if (free_count_ > kQuarantine || (used_ == kTableHandles && first_free_)) {
      Handle* handle = first_free_;
      first_free_ = handle->next_free;
      --free_count_;
      return handle;
    }
    if (!begin_ || used_ == kTableHandles) return nullptr;
    return &begin_[used_++];
  }

  void give_back(Handle& handle) {
    std::lock_guard lock(mutex_);
    handle.next_free = nullptr;
    if (free_count_++ == 0)
      first_free_ = &handle;
    else
      last_free_->next_free = &handle;
    last_free_ = &handle;
  }

 private:
  static constexpr std::size_t kQuarantine = 1024;

  Handle* begin_ = nullptr;
  std::size_t used_ = 0;
  std::mutex mutex_;
  Handle* first_free_ = nullptr;
  Handle* last_free_ = nullptr;
  std::size_t free_count_ = 0;
};

Table& table() {
  static Table& instance = *new Table;  // never destroyed: handles outlive everything
  return instance;
}

void retire_if_unused(Handle& handle);

void detach_from(Handle& handle) {
  handle.attached.fetch_sub(1);
  retire_if_unused(handle);
}

// Frees the handle once nobody can name the object any more, and lets go of its parent's handle likewise.
void retire_if_unused(Handle& handle) {
  if (handle.references.load() != 0 || handle.attached.load() != 0) return;
  Object* object = handle.object.exchange(nullptr);
  if (!object) return;  // another thread was first
  handle.kind.store(Kind::kNone);
  const Ref<Object> parent(object->parent());
  object->release();
  table().give_back(handle);
  if (parent && parent->handle()) detach_from(*parent->handle());
}

}  // namespace

void set_dispatch_table(const void* table) { dispatch_table = table; }
void set_dispatch_data(void* data) { dispatch_data.store(data); }

Outcome<Handle*> publish(Object& object, Kind kind) {
  Handle* handle = table().take();
  if (!handle) return ApiError{CL_OUT_OF_HOST_MEMORY, "there is no room for another handle"};
  handle->dispatch = dispatch_table;
  handle->dispatch_data = dispatch_data.load();
  handle->references.store(1);
  handle->attached.store(0);
  object.retain();
  object.set_handle(handle);
  if (Object* parent = object.parent(); parent && parent->handle()) parent->handle()->attached.fetch_add(1);
  handle->object.store(&object);
  handle->kind.store(kind, std::memory_order_release);
  return handle;
}

Object* find_object(const void* handle, Kind kinds) {
  if (!table().contains(handle)) return nullptr;
  const auto* candidate = static_cast<const Handle*>(handle);
  if (!is_one_of(candidate->kind.load(std::memory_order_acquire), kinds)) return nullptr;
  return candidate->object.load(std::memory_order_relaxed);
}

HandleKeeper::HandleKeeper(Object& object) : object_(&object) {
  if (object.handle()) object.handle()->attached.fetch_add(1);
}

HandleKeeper::~HandleKeeper() {
  if (object_ && object_->handle()) detach_from(*object_->handle());
}

void retain_handle(Handle& handle) { handle.references.fetch_add(1); }

void keep_handle(Handle& handle) { handle.attached.fetch_add(1); }

void let_go_handle(Handle& handle) {
  handle.attached.fetch_sub(1);
  retire_if_unused(handle);
}

bool release_handle(Handle& handle) {
  auto count = handle.references.load();
  do {
    if (count == 0) return false;
  } while (!handle.references.compare_exchange_weak(count, count - 1));
  if (count != 1) return true;
  // The reference that the handle itself has keeps the object meanwhile.
  if (handle.kind.load() == Kind::kEvent) {
    keep_handle(handle);
    if (Object* object = handle.object.load()) object->abandoned();
    handle.attached.fetch_sub(1);
  }
  retire_if_unused(handle);
  return true;
}

}  // namespace kiesel::runtime
