// The allocations of a device, with names, for checks and messages. Threads: any.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "device/device.hpp"

namespace kiesel::check {

struct Allocation {
  device::Address begin = 0;
  std::uint64_t bytes = 0;
  std::string label;         // "buffer"
  std::string made;          // by what in the application
  std::uint64_t number = 0;  // of all of the process, as they were made
  bool freed = false;

  device::Address end() const { return begin + bytes; }
  // Every kernel may use it: no argument need name it.
  bool is_open() const { return label != "buffer" && label != "image" && label != "pipe"; }
  // Made by the driver for itself, or written by the host without telling: it has contents.
  bool has_contents() const { return is_open(); }
};

// Whether the bytes are in the box, and where the box ends.
bool holds(const device::HostUse& use, device::Address address, std::uint64_t bytes);
device::Address end_of(const device::HostUse& use);

class MemoryMap {
 public:
  void add(device::Address begin, std::uint64_t bytes, std::string_view label, std::string made);
  void label(device::Address begin, std::string_view text);
  // It stays known as memory that was freed until something else lies there.
  std::optional<Allocation> free(device::Address begin);
  // The one with the address, also of what was freed.
  std::optional<Allocation> find(device::Address address) const;
  // The one that begins or ends nearest to it.
  std::optional<Allocation> nearest(device::Address address) const;
  // What the application has, and has not released.
  std::vector<Allocation> of_application() const;
  // The host has mapped it, or not any more.
  void host_begins(const device::HostUse& use);
  void host_ends(const device::HostUse& use);
  std::vector<device::HostUse> host_uses() const;
  // Grows with each change.
  std::uint64_t epoch() const { return epoch_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kMostFreed = 4096;
  mutable std::mutex mutex_;
  std::map<device::Address, Allocation> all_, freed_;
  std::vector<device::HostUse> host_uses_;
  std::uint64_t made_ = 0;
  std::atomic<std::uint64_t> epoch_{1};
};

// Which part of the application called the driver: "app+0x1234 (main)"; empty where that cannot be said.
std::string calling_place();

}  // namespace kiesel::check
