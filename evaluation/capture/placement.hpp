// Recorded memory on the device of a replay: at its own addresses where the device can give them, else at
// others, with the addresses of image descriptors changed. Threads: one.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "device/model/model_device.hpp"
#include "evaluation/capture/reader.hpp"

namespace kiesel::capture {

// How the bytes of an allocation are not those that were recorded.
struct Difference {
  std::string label;
  std::uint64_t bytes = 0;  // of the allocation
  std::uint64_t first = 0, count = 0;
  std::vector<std::byte> recorded, here;  // from the first on, a few
};

class Placement {
 public:
  using MakeRoom = std::function<void(device::Address begin, std::uint64_t bytes)>;
  // `make_room` is called before something must lie at an address.
  Placement(const Reader& reader, device::Device& device, MakeRoom make_room);
  ~Placement();
  Placement(const Placement&) = delete;
  Placement& operator=(const Placement&) = delete;

  Status place(const Allocation& allocation);
  // Memory that is there already, a program's variables; stays until `remove`.
  void accept(const Allocation& allocation);
  void remove(std::uint64_t id);

  // An address as it is here; the same where nothing that was moved lies there.
  device::Address here(device::Address recorded) const;
  bool was_moved(device::Address recorded) const { return here(recorded) != recorded; }
  bool moved_any() const { return moved_ > 0; }
  // From now on the 8 bytes at this recorded address are an address, to be changed with what it points to.
  void note_address_at(device::Address recorded);

  // Makes the device's memory as it was; kUnsupported when it holds addresses of what was moved.
  Status write(const Held& held);
  // Where it is not as it should be.
  Result<std::optional<Difference>> compare(const Held& held);
  // Nothing is known of the device's memory any more.
  void forget();
  // Gives all memory back.
  void clear();

 private:
  struct Placed {
    Allocation allocation;
    device::Address here = 0;
    bool ours = false;                  // allocated by us
    std::vector<Hash> blocks;           // as the device has them
    std::set<std::uint64_t> addresses;  // offsets of what note_address_at() said
    std::set<std::uint64_t> suspects;   // blocks with other addresses of what was moved
  };

  Result<device::Address> find_place(const Allocation& allocation);
  const Placed* at(device::Address recorded) const;
  Status write_block(Placed& placed, std::uint64_t number, const Hash& content, std::uint64_t bytes);
  bool holds_addresses(const Placed& placed, std::uint64_t number, std::span<const std::byte> block) const;
  // The noted addresses of a block, from recorded ones to those here or back.
  void change_addresses(const Placed& placed, std::uint64_t number, std::span<std::byte> block,
                        bool to_here) const;
  device::Address recorded(device::Address here) const;
  Status note_difference(const Hash& expected, std::uint64_t at, std::span<const std::byte> seen,
                         std::optional<Difference>& out) const;

  const Reader& reader_;
  device::Device& device_;
  model::ModelDevice* const model_;  // null: of another kind, which places memory where it wants
  const MakeRoom make_room_;
  std::map<std::uint64_t, Placed> placed_;                   // by id
  std::map<device::Address, std::uint64_t> ids_;             // by recorded address
  std::map<device::Address, std::uint64_t> ids_by_address_;  // by address here
  std::size_t moved_ = 0;
};

}  // namespace kiesel::capture
