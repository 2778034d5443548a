#include "runtime/core/handle.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "runtime/core/event.hpp"

using namespace kiesel::runtime;

namespace {

// An object that counts how many of its kind live.
class Probe : public Object {
 public:
  static constexpr Kind kKind = Kind::kBuffer;
  using ClType = cl_mem;
  static inline int alive = 0;

  explicit Probe(Object* parent = nullptr) : parent_(parent) { ++alive; }
  Object* parent() override { return parent_.get(); }
  void keep_parent() override { keeps_parent = true; }
  bool keeps_parent = false;

 private:
  ~Probe() override { --alive; }
  Ref<Object> parent_;
};

}  // namespace

TEST_CASE("an object lives while the application or the runtime holds it") {
  auto probe = make_ref<Probe>();
  const auto handle = hand_out(probe);
  REQUIRE(handle.ok());
  CHECK(find<Probe>(*handle) == probe.get());
  CHECK(find_object(*handle, Kind::kKernel) == nullptr);
  CHECK(find_object(*handle, Kind::kImage) == nullptr);
  CHECK(find_object(*handle, Kind::kMemory) == probe.get());
  retain_handle(*probe->handle());
  CHECK(release_handle(*probe->handle()));
  CHECK(find<Probe>(*handle) == probe.get());
  CHECK(release_handle(*probe->handle()));
  CHECK(find<Probe>(*handle) == nullptr);
  CHECK(Probe::alive == 1);
  probe = {};
  CHECK(Probe::alive == 0);
}

TEST_CASE("a parent's handle stays valid as long as its children's") {
  auto parent = make_ref<Probe>();
  auto child = make_ref<Probe>(parent.get());
  const auto parent_handle = *hand_out(parent), child_handle = *hand_out(child);
  Handle& of_parent = *parent->handle();
  Handle& of_child = *child->handle();
  parent = {};
  child = {};
  REQUIRE(release_handle(of_parent));
  CHECK_FALSE(release_handle(of_parent));
  CHECK(find<Probe>(parent_handle) != nullptr);
  CHECK(release_handle(of_child));
  CHECK(find<Probe>(child_handle) == nullptr);
  CHECK(find<Probe>(parent_handle) == nullptr);
  CHECK(Probe::alive == 0);
}

TEST_CASE("what outlives its handle hears of it, to keep its parent by itself") {
  auto shared = make_ref<Probe>();
  hand_out(shared).value();
  CHECK_FALSE(shared->keeps_parent);
  Handle& handle = *shared->handle();
  CHECK(release_handle(handle));
  CHECK(shared->keeps_parent);
  shared = {};
  CHECK(Probe::alive == 0);
}

TEST_CASE("a freed handle is not given out again soon, and keeps its dispatch pointer") {
  const int table = 0;
  set_dispatch_table(&table);
  std::set<const void*> used;
  for (int i = 0; i < 500; ++i) {
    auto probe = make_ref<Probe>();
    const auto handle = *hand_out(probe);
    CHECK(used.insert(handle).second);
    CHECK(release_handle(*probe->handle()));
    CHECK(*reinterpret_cast<const void* const*>(handle) == &table);
  }
  for (int i = 0; i < 100000; ++i) {
    auto probe = make_ref<Probe>();
    REQUIRE(hand_out(probe).ok());
    REQUIRE(release_handle(*probe->handle()));
    used.insert(probe->handle());
  }
  CHECK(used.size() < 3000);
}
