#include "runtime/core/acquisition.hpp"

#include <memory>

namespace kiesel::runtime {
namespace {

struct Acquiring {
  Ref<Event> event;
  std::vector<MemoryUse> uses;
  Acquired then;
  std::vector<device::Address> addresses{};
};

void go_on(const std::shared_ptr<Acquiring>& all);

void take(const std::shared_ptr<Acquiring>& all, const Outcome<device::Address>& address) {
  if (!address.ok()) {
    all->event->fail(address.error().code, address.error().reason);
    return;
  }
  try {
    all->addresses.push_back(*address);
    go_on(all);
  } catch (const std::exception& error) {
    all->event->fail(CL_OUT_OF_HOST_MEMORY, error.what());
  }
}

void go_on(const std::shared_ptr<Acquiring>& all) {
  Device& device = all->event->queue()->device();
  while (all->addresses.size() < all->uses.size()) {
    const MemoryUse& next = all->uses[all->addresses.size()];
    const auto address = next.memory->acquire_now(device, next.access, next.range);
    if (!address) {
      next.memory->acquire(device, next.access, next.range,
                           [all](const Outcome<device::Address>& there) { take(all, there); });
      return;
    }
    all->addresses.push_back(*address);
  }
  all->then(*all->event, all->addresses);
}

}  // namespace

void acquire_in_turn(Event& event, std::vector<MemoryUse> uses, Acquired then) {
  go_on(std::make_shared<Acquiring>(Acquiring{Ref<Event>(&event), std::move(uses), std::move(then)}));
}

}  // namespace kiesel::runtime
