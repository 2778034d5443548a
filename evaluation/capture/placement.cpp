#include "evaluation/capture/placement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "evaluation/capture/run.hpp"

namespace kiesel::capture {
namespace {

constexpr std::uint64_t kWord = sizeof(device::Address);
constexpr std::uint64_t kPieceBytes = 64 * kBlockBytes;  // that are read at a time
constexpr std::size_t kShown = 8;                        // bytes of a difference

device::Box flat(std::uint64_t bytes) { return {{bytes, 1, 1}}; }

device::Address word_at(std::span<const std::byte> bytes, std::uint64_t offset) {
  device::Address word;
  std::memcpy(&word, bytes.data() + offset, sizeof word);
  return word;
}

// What the address was aligned to, as far as anybody asks for it.
std::uint64_t alignment_of(device::Address address) {
  return std::uint64_t{1} << std::clamp(std::countr_zero(address), 7, 12);
}

std::vector<std::byte> some(std::span<const std::byte> bytes) {
  const auto shown = bytes.first(std::min(bytes.size(), kShown));
  return {shown.begin(), shown.end()};
}

}  // namespace

Placement::Placement(const Reader& reader, device::Device& device, MakeRoom make_room)
    : reader_(reader),
      device_(device),
      model_(dynamic_cast<model::ModelDevice*>(&device)),
      make_room_(std::move(make_room)) {}

Placement::~Placement() { clear(); }

// ---- where things are ----

Result<device::Address> Placement::find_place(const Allocation& allocation) {
  if (model_) {
    make_room_(allocation.address, allocation.bytes);
    if (auto same = model_->allocate_at(allocation.address, allocation.bytes, 1)) {
      model_->label(*same, allocation.label);
      return same;
    }
  }
  return device_.allocate(allocation.bytes, alignment_of(allocation.address), allocation.label);
}

Status Placement::place(const Allocation& allocation) {
  if (placed_.contains(allocation.id)) return {};
  const auto address = find_place(allocation);
  if (!address) return address.error();
  Placed placed{allocation, *address, true, {}, {}, {}};
  placed.blocks.resize(block_count(allocation.bytes));
  ids_[allocation.address] = allocation.id;
  ids_by_address_[*address] = allocation.id;
  moved_ += *address != allocation.address;
  placed_.emplace(allocation.id, std::move(placed));
  return {};
}

void Placement::accept(const Allocation& allocation) {
  Placed placed{allocation, allocation.address, false, {}, {}, {}};
  placed.blocks.resize(block_count(allocation.bytes));
  ids_[allocation.address] = ids_by_address_[allocation.address] = allocation.id;
  placed_.try_emplace(allocation.id, std::move(placed));
}

void Placement::remove(std::uint64_t id) {
  const auto found = placed_.extract(id);
  if (!found) return;
  const Placed& placed = found.mapped();
  ids_.erase(placed.allocation.address);
  ids_by_address_.erase(placed.here);
  moved_ -= placed.here != placed.allocation.address;
  if (placed.ours) device_.free(placed.here);
}

// The end of an allocation is its own, too: loops compare with it.
const Placement::Placed* Placement::at(device::Address recorded) const {
  const auto after = ids_.upper_bound(recorded);
  if (after == ids_.begin()) return nullptr;
  const auto& placed = placed_.at(std::prev(after)->second);
  return recorded - placed.allocation.address <= placed.allocation.bytes ? &placed : nullptr;
}

device::Address Placement::here(device::Address recorded) const {
  const Placed* placed = at(recorded);
  return placed ? placed->here + (recorded - placed->allocation.address) : recorded;
}

device::Address Placement::recorded(device::Address here) const {
  const auto after = ids_by_address_.upper_bound(here);
  if (after == ids_by_address_.begin()) return here;
  const auto& placed = placed_.at(std::prev(after)->second);
  return here - placed.here <= placed.allocation.bytes ? placed.allocation.address + (here - placed.here)
                                                       : here;
}

void Placement::note_address_at(device::Address recorded) {
  const Placed* found = at(recorded);
  if (!found) return;
  Placed& placed = placed_.at(found->allocation.id);
  const std::uint64_t offset = recorded - placed.allocation.address;
  if (offset % kWord || placed.allocation.bytes < kWord || offset > placed.allocation.bytes - kWord) return;
  if (placed.addresses.insert(offset).second) placed.blocks[offset / kBlockBytes] = {};
}

// ---- contents ----

bool Placement::holds_addresses(const Placed& placed, std::uint64_t number,
                                std::span<const std::byte> block) const {
  for (std::uint64_t offset = 0; offset + kWord <= block.size(); offset += kWord)
    if (was_moved(word_at(block, offset)) && !placed.addresses.contains(number * kBlockBytes + offset))
      return true;
  return false;
}

void Placement::change_addresses(const Placed& placed, std::uint64_t number, std::span<std::byte> block,
                                 bool to_here) const {
  const std::uint64_t begin = number * kBlockBytes;
  for (auto each = placed.addresses.lower_bound(begin);
       each != placed.addresses.end() && *each + kWord <= begin + block.size(); ++each) {
    const device::Address word = word_at(block, *each - begin);
    const device::Address changed = to_here ? here(word) : recorded(word);
    std::memcpy(block.data() + (*each - begin), &changed, sizeof changed);
  }
}

Status Placement::write_block(Placed& placed, std::uint64_t number, const Hash& content,
                              std::uint64_t bytes) {
  auto block = reader_.content(content);
  if (!block) return block.error();
  if (block->size() != bytes) return Error{Errc::kInvalidBinary, "a block of the capture has the wrong size"};
  placed.suspects.erase(number);
  if (moved_ && holds_addresses(placed, number, *block)) placed.suspects.insert(number);
  change_addresses(placed, number, *block, true);
  const device::Address target = placed.here + number * kBlockBytes;
  return run_to_end(device_, device::Write{block->data(), target, flat(bytes)}).status;
}

Status Placement::write(const Held& held) {
  const auto found = placed_.find(held.allocation.id);
  if (found == placed_.end()) return {};
  Placed& placed = found->second;
  for (std::uint64_t number = 0; number < held.blocks.size(); ++number) {
    if (placed.blocks[number] == held.blocks[number]) continue;
    if (auto written = write_block(placed, number, held.blocks[number], held.block_bytes(number)); !written)
      return written;
    placed.blocks[number] = held.blocks[number];
  }
  if (placed.suspects.empty()) return {};
  return Error{Errc::kUnsupported,
               fmt::format("{} holds addresses of memory that lies elsewhere on this device",
                           placed.allocation.label.empty() ? "memory" : placed.allocation.label)};
}

Status Placement::note_difference(const Hash& expected, std::uint64_t at, std::span<const std::byte> seen,
                                  std::optional<Difference>& out) const {
  const auto block = reader_.content(expected);
  if (!block) return block.error();
  if (block->size() != seen.size())
    return Error{Errc::kInvalidBinary, "a block of the capture has the wrong size"};
  for (std::uint64_t i = 0; i < seen.size(); ++i) {
    if (seen[i] == (*block)[i]) continue;
    if (!out) out = Difference{{}, 0, at + i, 0, some(std::span(*block).subspan(i)), some(seen.subspan(i))};
    ++out->count;
  }
  return {};
}

Result<std::optional<Difference>> Placement::compare(const Held& held) {
  std::optional<Difference> out;
  const auto found = placed_.find(held.allocation.id);
  if (found == placed_.end()) return out;
  Placed& placed = found->second;
  std::vector<std::byte> piece;
  for (std::uint64_t at = 0; at < held.allocation.bytes; at += kPieceBytes) {
    piece.resize(std::min(kPieceBytes, held.allocation.bytes - at));
    const auto read =
        run_to_end(device_, device::Read{placed.here + at, piece.data(), flat(piece.size())}).status;
    if (!read) return read.error();
    for (std::uint64_t offset = 0; offset < piece.size(); offset += kBlockBytes) {
      const std::uint64_t number = (at + offset) / kBlockBytes;
      const auto block = std::span(piece).subspan(offset, held.block_bytes(number));
      change_addresses(placed, number, block, false);
      placed.blocks[number] = hash_of(block);
      if (placed.blocks[number] == held.blocks[number]) continue;
      if (auto noted = note_difference(held.blocks[number], at + offset, block, out); !noted)
        return noted.error();
    }
  }
  if (out) out->label = held.allocation.label, out->bytes = held.allocation.bytes;
  return out;
}

void Placement::forget() {
  for (auto& [id, placed] : placed_) std::ranges::fill(placed.blocks, Hash{});
}

void Placement::clear() {
  while (!placed_.empty()) remove(placed_.begin()->first);
}

}  // namespace kiesel::capture
