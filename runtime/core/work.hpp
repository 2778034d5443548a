// What a command does when it starts: a function object, shared by its copies. Copying one and calling it
// costs no allocation, making one costs one.
#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "support/recycled.hpp"

namespace kiesel::runtime {

class Event;

class Work {
 public:
  Work() = default;
  Work(std::nullptr_t) {}
  template <class F>
  requires(!std::is_same_v<std::decay_t<F>, Work> && std::is_invocable_v<std::decay_t<F>&, Event&>)
      Work(F&& function)
      : body_(new Function<std::decay_t<F>>(std::forward<F>(function))) {}
  Work(const Work& other) : body_(other.body_) {
    if (body_) body_->references.fetch_add(1, std::memory_order_relaxed);
  }
  Work(Work&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
  Work& operator=(Work other) noexcept {
    std::swap(body_, other.body_);
    return *this;
  }
  ~Work() {
    if (!body_) return;
    // Nobody can copy what only this one has.
    const bool only = body_->references.load(std::memory_order_acquire) == 1;
    if (only || body_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete body_;
  }

  explicit operator bool() const { return body_ != nullptr; }
  // Another processor has written it, and this one will read it soon.
  void prefetch() const {
    constexpr int kLine = 64, kLines = 4;
    for (int line = 0; body_ && line < kLines; ++line)
      __builtin_prefetch(reinterpret_cast<const char*>(body_) + line * kLine, 1);
  }
  void operator()(Event& event) const { body_->run(event); }

 private:
  struct Body : Recycled {
    virtual ~Body() = default;
    virtual void run(Event& event) = 0;
    std::atomic<std::uint32_t> references{1};
  };
  template <class F>
  struct Function final : Body {
    explicit Function(F&& from) : function(std::move(from)) {}
    explicit Function(const F& from) : function(from) {}
    void run(Event& event) override { function(event); }
    F function;
  };

  Body* body_ = nullptr;
};

}  // namespace kiesel::runtime
