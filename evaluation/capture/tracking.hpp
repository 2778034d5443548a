// What of a device's memory a recorder knows, and how it finds what changed: each block's hash is kept and
// compared with that of its bytes now. Threads: any; the device's commands run meanwhile, its allocations
// and frees do not.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "evaluation/capture/recording.hpp"

namespace kiesel::capture {

// Runs a command of the device to its end.
using RunCommand = std::function<Status(device::Command)>;

class Tracking {
 public:
  // `view`: where the host sees the memory, or null.
  void add(Allocation allocation, const std::byte* view);
  void remove(device::Address address);
  void label(device::Address address, std::string_view text);

  // What the capture must learn before a launch: into the record's gone, made, before and reachable.
  // `others`: addresses that it knows beside its arguments.
  Status describe(Launch& launch, std::span<const device::Address> others, Writer& writer,
                  const RunCommand& run);
  // What the launch that was described last changed. Other memory is the host's, which may write to it
  // meanwhile.
  Result<std::vector<Change>> changes(Writer& writer, const RunCommand& run);

 private:
  struct Tracked {
    Allocation allocation;
    const std::byte* view = nullptr;
    std::vector<Hash> blocks;  // as the capture has them; empty: it does not know of this yet
    bool unreadable = false;
    std::map<std::uint64_t, std::vector<device::Address>> addresses;  // that blocks hold, one for each target
  };
  using Entry = std::map<device::Address, Tracked>::iterator;

  Result<std::vector<Block>> changed_blocks(Tracked& tracked, Writer& writer, const RunCommand& run);
  static std::optional<std::span<const std::byte>> piece(const Tracked& tracked, std::uint64_t offset,
                                                         std::vector<std::byte>& buffer,
                                                         const RunCommand& run);
  Status compare(Tracked& tracked, std::uint64_t number, std::span<const std::byte> bytes, Writer& writer,
                 std::vector<Block>& out);

  Entry find(device::Address address);  // what the address lies in
  std::vector<device::Address> addresses_in(std::span<const std::byte> bytes);
  Status describe(Entry entry, Launch& launch, Writer& writer, const RunCommand& run);

  std::mutex mutex_;
  std::map<device::Address, Tracked> tracked_;
  std::vector<device::Address> reached_;  // by the launch that was described last
  std::vector<std::uint64_t> gone_;       // that the capture knew
};

}  // namespace kiesel::capture
