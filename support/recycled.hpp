// Memory of objects that come and go by the thousand and are often made by one thread and ended by another,
// where malloc's locks and the way back to the first thread's arena would be most of their cost. Each thread
// keeps some free blocks of each size; whole batches of them change threads under one lock.
// With a sanitizer it is malloc, so that uses of freed memory are found.
// Threads: any.
#pragma once

#include <cstddef>

namespace kiesel {

// `bytes` is what was asked for, both times. Aligned for every fundamental type. Throws std::bad_alloc.
void* take_recycled(std::size_t bytes);
void give_recycled(void* block, std::size_t bytes) noexcept;

// Base of classes whose objects live there.
struct Recycled {
  static void* operator new(std::size_t bytes) { return take_recycled(bytes); }
  static void operator delete(void* block, std::size_t bytes) { give_recycled(block, bytes); }
};

// For containers that belong to such objects.
template <class T>
struct RecyclingAllocator {
  using value_type = T;
  RecyclingAllocator() = default;
  template <class U>
  RecyclingAllocator(const RecyclingAllocator<U>&) {}
  T* allocate(std::size_t count) { return static_cast<T*>(take_recycled(count * sizeof(T))); }
  void deallocate(T* block, std::size_t count) noexcept { give_recycled(block, count * sizeof(T)); }
  template <class U>
  bool operator==(const RecyclingAllocator<U>&) const {
    return true;
  }
};

}  // namespace kiesel
