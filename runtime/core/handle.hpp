// Handles: what the application holds. They live in one table that is never unmapped, so that any pointer the
// application passes can be judged without reading memory that is not ours, and a released handle stays
// harmless (a loader reads its dispatch pointer before we are asked). Threads: everything here may be called
// from any thread.
#pragma once

#include <CL/cl.h>

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "runtime/core/error.hpp"
#include "runtime/core/object.hpp"

namespace kiesel::runtime {

struct alignas(64) Handle {
  const void* dispatch;         // the loader's: first, see cl_khr_icd
  void* dispatch_data;          // the loader's too, cl_khr_icd 2.0
  std::atomic<Object*> object;  // null while free
  std::atomic<Kind> kind;
  std::atomic<bool> minds_abandoning;  // Object::abandoned() is to be called
  // In one word, so that one step tells who lets go last: references of the application's, and handles whose
  // object has this one as parent or callbacks that are due.
  std::atomic<std::uint64_t> counts;
  Handle* next_free;

  static constexpr std::uint64_t kReference = 1, kAttached = std::uint64_t{1} << 32;
  static constexpr std::uint32_t references_in(std::uint64_t counts) {
    return static_cast<std::uint32_t>(counts);
  }
};
static_assert(offsetof(Handle, dispatch) == 0 && offsetof(Handle, dispatch_data) == 8, "cl_khr_icd");

// The table that new handles point to; the icd folder sets it before anything else happens.
void set_dispatch_table(const void* table);
// cl_khr_icd 2.0: new handles carry it.
void set_dispatch_data(void* data);

// The table: all that find_object() needs. It has no entries before the first handle is made.
[[gnu::visibility("hidden")]] extern std::atomic<Handle*> table_begin;
[[gnu::visibility("hidden")]] extern std::atomic<std::size_t> table_entries;  // set after it

// Makes the handle of an object, with one reference of the application's. CL_OUT_OF_HOST_MEMORY.
Outcome<Handle*> publish(Ref<Object> object, Kind kind);
// The object behind a handle of one of these kinds, or null for anything else.
inline Object* find_object(const void* handle, Kind kinds) {
  const auto entries = table_entries.load(std::memory_order_acquire);
  const auto* begin = table_begin.load(std::memory_order_relaxed);
  const auto offset = reinterpret_cast<std::uintptr_t>(handle) - reinterpret_cast<std::uintptr_t>(begin);
  // The number of the entry; of an address within one, or before the table, it is larger than any.
  const auto number = std::rotr(offset, std::countr_zero(sizeof(Handle)));
  if (number >= entries) return nullptr;
  const auto* candidate = static_cast<const Handle*>(handle);
  if (!is_one_of(candidate->kind.load(std::memory_order_acquire), kinds)) return nullptr;
  return candidate->object.load(std::memory_order_relaxed);
}
void retain_handle(Handle& handle);
// Keeps a handle valid without a reference of the application's: while a callback that will be given it is
// due.
void keep_handle(Handle& handle);
void let_go_handle(Handle& handle);
// False when the application holds no reference (the handle is still valid for what its children return).
bool release_handle(Handle& handle);

// While one lives, the object's handle stays valid: for objects whose queries name others than their parent.
class HandleKeeper {
 public:
  explicit HandleKeeper(Object& object);
  HandleKeeper(HandleKeeper&& other) noexcept : object_(std::move(other.object_)) {}
  HandleKeeper& operator=(HandleKeeper&&) = delete;
  ~HandleKeeper();

 private:
  Ref<Object> object_;
};

template <class T>
T* find(typename T::ClType handle) {
  return static_cast<T*>(find_object(handle, T::kKind));
}

template <class T>
typename T::ClType cl_handle(const T& object) {
  return reinterpret_cast<typename T::ClType>(object.handle());
}

// Makes the application's handle of a new object.
template <class T>
Outcome<typename T::ClType> hand_out(Ref<T> object) {
  auto handle = publish(Ref<Object>(std::move(object)), T::kKind);
  if (!handle) return handle.error();
  return reinterpret_cast<typename T::ClType>(*handle);
}

}  // namespace kiesel::runtime
