// What all OpenCL objects share. Two reference counts keep them:
//   - the application's, kept in the handle (handle.hpp): the handle is invalid once it and every object that
//     the application can still ask for this one are gone;
//   - the runtime's, kept here: the object lives on while commands use it.
#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "support/recycled.hpp"

namespace kiesel::runtime {

struct Handle;

// Bits: a handle type of the API may stand for several kinds of object.
enum class Kind : std::uint32_t {
  kNone = 0,
  kPlatform = 1 << 0,
  kDevice = 1 << 1,
  kContext = 1 << 2,
  kCommandQueue = 1 << 3,
  kBuffer = 1 << 4,
  kImage = 1 << 5,
  kPipe = 1 << 6,
  kMemory = kBuffer | kImage | kPipe,  // cl_mem
  kSampler = 1 << 7,
  kProgram = 1 << 8,
  kKernel = 1 << 9,
  kEvent = 1 << 10,
  kCommandBuffer = 1 << 11,
  kMutableCommand = 1 << 12,
  kSemaphore = 1 << 13,
};

constexpr bool is_one_of(Kind kind, Kind kinds) {
  return (static_cast<std::uint32_t>(kind) & static_cast<std::uint32_t>(kinds)) != 0;
}

class Object : public Recycled {
 public:
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  void retain() { references_.fetch_add(1, std::memory_order_relaxed); }
  // False when the last reference has gone: for lists that hold none, of objects that said so.
  bool retain_if_alive() {
    auto count = references_.load(std::memory_order_relaxed);
    while (count && !references_.compare_exchange_weak(count, count + 1, std::memory_order_relaxed)) {
    }
    return count != 0;
  }
  void release() {
    // Whoever has the only reference can do without a change that all processors agree on: nobody else can
    // make another one of it.
    const bool only = !is_listed_ && references_.load(std::memory_order_acquire) == 1;
    if (only || references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  // The object that this one's info queries name, whose handle therefore stays valid as long as this handle.
  virtual Object* parent() { return nullptr; }

  // The handle is gone, and with it what kept the parent: called while something else has a reference of
  // this. For objects that have none of their parent's until then, as a short life costs less so.
  virtual void keep_parent() {}
  bool is_shared() const { return references_.load(std::memory_order_acquire) > 1; }

  // The application let go of its last reference; the handle is still valid where something else keeps it.
  // Called only for objects that mind when their handle is made.
  virtual bool minds_being_abandoned() const { return false; }
  virtual void abandoned() {}

  Handle* handle() const { return handle_; }
  void set_handle(Handle* handle) { handle_ = handle; }

 protected:
  Object() = default;
  virtual ~Object() = default;

  // Some list names it without a reference and calls retain_if_alive(). Before it gets there.
  void will_be_listed() { is_listed_ = true; }

 private:
  std::atomic<std::uint32_t> references_{1};
  bool is_listed_ = false;
  Handle* handle_ = nullptr;  // set before the application sees the object
};

// A counted pointer to an Object.
template <class T>
class Ref {
 public:
  Ref() = default;
  explicit Ref(T* object) : object_(object) {
    if (object_) object_->retain();
  }
  Ref(const Ref& other) : Ref(other.object_) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  template <class U>
  requires std::is_convertible_v<U*, T*> Ref(const Ref<U>& other) : Ref(static_cast<T*>(other.get())) {}
  template <class U>
  requires std::is_convertible_v<U*, T*> Ref(Ref<U>&& other) : object_(other.give_up()) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_) object_->release();
  }

  // Takes over the reference that a new object starts with.
  static Ref adopt(T* object) {
    Ref out;
    out.object_ = object;
    return out;
  }

  // Leaves the reference to the caller.
  T* give_up() { return std::exchange(object_, nullptr); }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }
  friend bool operator==(const Ref& a, const Ref& b) { return a.object_ == b.object_; }

 private:
  T* object_ = nullptr;
};

template <class T, class... Arguments>
Ref<T> make_ref(Arguments&&... arguments) {
  return Ref<T>::adopt(new T(std::forward<Arguments>(arguments)...));
}

}  // namespace kiesel::runtime
