#include "runtime/core/work.hpp"

#include <catch2/catch.hpp>

#include "runtime/core/event.hpp"

using namespace kiesel::runtime;

namespace {

// Counts how many of its kind live.
struct Counted {
  static inline int alive = 0;
  Counted() { ++alive; }
  Counted(const Counted&) { ++alive; }
  Counted(Counted&&) noexcept { ++alive; }
  ~Counted() { --alive; }
};

}  // namespace

TEST_CASE("copies of a work share what it holds, and the last one lets go of it") {
  int calls = 0;
  {
    Work work = [held = Counted(), &calls](Event&) { ++calls; };
    CHECK(Counted::alive == 1);
    Work copy = work;
    CHECK(Counted::alive == 1);
    work = nullptr;
    CHECK_FALSE(static_cast<bool>(work));
    CHECK(Counted::alive == 1);
    alignas(Event) static std::byte nobody[sizeof(Event)];  // not looked at
    auto* none = reinterpret_cast<Event*>(nobody);
    copy(*none);
    const Work moved = std::move(copy);
    moved(*none);
    CHECK_FALSE(static_cast<bool>(copy));
    CHECK(calls == 2);
  }
  CHECK(Counted::alive == 0);
}
