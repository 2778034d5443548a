// Which device memory is somebody's: what a plug-in gave is checked against it, and what commands use.
// Threads: any.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <mutex>

#include "device/device.hpp"
#include "support/short_mutex.hpp"

namespace kiesel::device::plugin {

class AddressTable {
 public:
  // Enters what a plug-in gave. kCrashed with a sentence where it cannot be.
  Status enter(Address address, std::uint64_t bytes, std::uint64_t alignment) {
    std::lock_guard lock(mutex_);
    if (address == 0 || address % alignment || address + bytes < address)
      return Error{Errc::kCrashed, fmt::format("it gave address {:#x} for {} bytes aligned to {}", address,
                                               bytes, alignment)};
    const auto after = ranges_.upper_bound(address);
    if ((after != ranges_.end() && after->first - address < bytes) ||
        (after != ranges_.begin() && address - std::prev(after)->first < std::prev(after)->second))
      return Error{Errc::kCrashed, fmt::format("it gave address {:#x} for {} bytes, where something else is",
                                               address, bytes)};
    ranges_.emplace(address, bytes);
    return {};
  }
  // Whether it was there.
  bool leave(Address address) {
    std::lock_guard lock(mutex_);
    return ranges_.erase(address);
  }
  bool contains(Address address, std::uint64_t bytes) const {
    std::lock_guard lock(mutex_);
    auto found = ranges_.upper_bound(address);
    if (found == ranges_.begin()) return false;
    --found;
    const std::uint64_t offset = address - found->first;
    return offset <= found->second && bytes <= found->second - offset;
  }

 private:
  mutable ShortMutex mutex_;
  std::map<Address, std::uint64_t> ranges_;
};

}  // namespace kiesel::device::plugin
