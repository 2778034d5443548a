// What a command needs of memory objects before it can start on its device.
#pragma once

#include <array>
#include <functional>
#include <span>
#include <vector>

#include "runtime/core/command_queue.hpp"
#include "runtime/core/event.hpp"
#include "runtime/core/memory.hpp"

namespace kiesel::runtime {

// The command's work keeps the memory object.
struct MemoryUse {
  MemoryObject* memory;
  Access access;
  Range range;
};

// Brings the newest contents to the device of the event's queue, then runs `then` with the addresses, perhaps
// later and on a thread of a device. When that fails the event is over.
using Acquired = std::function<void(Event&, std::span<const device::Address>)>;
void acquire_in_turn(Event& event, std::vector<MemoryUse> uses, Acquired then);

// The same; costs nothing where all is there.
template <std::size_t count, class Then>
void acquire(Event& event, const std::array<MemoryUse, count>& uses, Then then) {
  std::array<device::Address, count> addresses;
  for (std::size_t i = 0; i < count; ++i) {
    const MemoryUse& use = uses[i];
    const auto address = use.memory->acquire_now(event.queue()->device(), use.access, use.range);
    if (!address) {
      acquire_in_turn(event, {uses.begin(), uses.end()}, std::move(then));
      return;
    }
    addresses[i] = *address;
  }
  then(event, std::span<const device::Address>(addresses));
}

}  // namespace kiesel::runtime
