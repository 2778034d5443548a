// Handles: what the application holds. They live in one table that is never unmapped, so that any pointer the
// application passes can be judged without reading memory that is not ours, and a released handle stays
// harmless (a loader reads its dispatch pointer before we are asked). Threads: everything here may be called
// from any thread.
#pragma once

#include <CL/cl.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "runtime/core/error.hpp"
#include "runtime/core/object.hpp"

namespace kiesel::runtime {

struct Handle {
  const void* dispatch;         // the loader's: first, see cl_khr_icd
  void* dispatch_data;          // the loader's too, cl_khr_icd 2.0
  std::atomic<Object*> object;  // null while free
  std::atomic<Kind> kind;
  std::atomic<std::uint32_t> references;  // the application's
  std::atomic<std::uint32_t> attached;  // handles whose object has this one as parent, callbacks that are due
  Handle* next_free;
};
static_assert(offsetof(Handle, dispatch) == 0 && offsetof(Handle, dispatch_data) == 8, "cl_khr_icd");

// The table that new handles point to; the icd folder sets it before anything else happens.
void set_dispatch_table(const void* table);
// cl_khr_icd 2.0: new handles carry it.
void set_dispatch_data(void* data);

// Makes the handle of an object, with one reference of the application's. CL_OUT_OF_HOST_MEMORY.
Outcome<Handle*> publish(Object& object, Kind kind);
// The object behind a handle of one of these kinds, or null for anything else.
Object* find_object(const void* handle, Kind kinds);
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
Outcome<typename T::ClType> hand_out(T& object) {
  auto handle = publish(object, T::kKind);
  if (!handle) return handle.error();
  return reinterpret_cast<typename T::ClType>(*handle);
}

}  // namespace kiesel::runtime
