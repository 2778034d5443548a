#include "evaluation/capture/tracking.hpp"

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

namespace kiesel::capture {
namespace {

constexpr std::uint64_t kPieceBytes = 64 * kBlockBytes;  // that are read at a time

}  // namespace

void Tracking::add(Allocation allocation, const std::byte* view) {
  std::lock_guard lock(mutex_);
  const device::Address address = allocation.address;
  tracked_.insert_or_assign(address, Tracked{std::move(allocation), view, {}, false, {}});
}

void Tracking::remove(device::Address address) {
  std::lock_guard lock(mutex_);
  const auto found = tracked_.extract(address);
  if (found && !found.mapped().blocks.empty()) gone_.push_back(found.mapped().allocation.id);
}

void Tracking::label(device::Address address, std::string_view text) {
  std::lock_guard lock(mutex_);
  if (const auto found = tracked_.find(address); found != tracked_.end())
    found->second.allocation.label = text;
}

// The bytes from `offset` on, a piece at most; none when they cannot be read.
std::optional<std::span<const std::byte>> Tracking::piece(const Tracked& tracked, std::uint64_t offset,
                                                          std::vector<std::byte>& buffer,
                                                          const RunCommand& run) {
  const std::uint64_t bytes = std::min(kPieceBytes, tracked.allocation.bytes - offset);
  if (tracked.view) return std::span(tracked.view + offset, bytes);
  buffer.resize(bytes);
  if (!run(device::Read{tracked.allocation.address + offset, buffer.data(), {{bytes, 1, 1}}}))
    return std::nullopt;
  return std::span<const std::byte>(buffer);
}

// The host may write to it at any time: what is stored is a copy, with the copy's own hash.
Status Tracking::compare(Tracked& tracked, std::uint64_t number, std::span<const std::byte> bytes,
                         Writer& writer, std::vector<Block>& out) {
  Hash& known = tracked.blocks[number];
  if (hash_of(bytes) == known) return {};
  std::array<std::byte, kBlockBytes> copy;
  std::memcpy(copy.data(), bytes.data(), bytes.size());
  const auto stored = std::span<const std::byte>(copy).first(bytes.size());
  known = hash_of(stored);
  out.push_back({number, known});
  if (auto addresses = addresses_in(stored); addresses.empty())
    tracked.addresses.erase(number);
  else
    tracked.addresses[number] = std::move(addresses);
  return writer.add_content(known, stored);
}

Result<std::vector<Block>> Tracking::changed_blocks(Tracked& tracked, Writer& writer, const RunCommand& run) {
  std::vector<Block> out;
  std::vector<std::byte> buffer;
  tracked.blocks.resize(block_count(tracked.allocation.bytes));
  for (std::uint64_t at = 0; at < tracked.allocation.bytes; at += kPieceBytes) {
    const auto bytes = piece(tracked, at, buffer, run);
    tracked.unreadable = !bytes;
    if (!bytes) return std::vector<Block>();
    for (std::uint64_t offset = 0; offset < bytes->size(); offset += kBlockBytes) {
      const auto block = bytes->subspan(offset, std::min(kBlockBytes, bytes->size() - offset));
      if (auto compared = compare(tracked, (at + offset) / kBlockBytes, block, writer, out); !compared)
        return compared.error();
    }
  }
  return out;
}

Status Tracking::describe(Entry entry, Launch& launch, Writer& writer, const RunCommand& run) {
  Tracked& tracked = entry->second;
  const std::uint64_t id = tracked.allocation.id;
  const bool is_new = tracked.blocks.empty();
  auto blocks = changed_blocks(tracked, writer, run);
  if (!blocks) return blocks.error();
  if (tracked.unreadable) {
    if (!is_new) launch.gone.push_back(id);
    tracked_.erase(entry);
    return {};
  }
  if (is_new) launch.made.push_back(tracked.allocation);
  if (!blocks->empty()) launch.before.push_back({id, std::move(*blocks)});
  launch.reachable.push_back(id);
  reached_.push_back(entry->first);
  return {};
}

Status Tracking::describe(Launch& launch, std::span<const device::Address> others, Writer& writer,
                          const RunCommand& run) {
  std::lock_guard lock(mutex_);
  launch.gone = std::exchange(gone_, {});
  reached_.clear();
  std::vector<device::Address> waiting = addresses_in(launch.arguments);
  waiting.insert(waiting.end(), others.begin(), others.end());
  std::set<std::uint64_t> seen;
  while (!waiting.empty()) {
    const Entry entry = find(waiting.back());
    waiting.pop_back();
    if (entry == tracked_.end() || entry->second.allocation.owner != launch.owner ||
        !seen.insert(entry->second.allocation.id).second)
      continue;
    const device::Address address = entry->first;
    if (auto described = describe(entry, launch, writer, run); !described) return described;
    if (const auto left = tracked_.find(address); left != tracked_.end())
      for (const auto& [number, addresses] : left->second.addresses)
        waiting.insert(waiting.end(), addresses.begin(), addresses.end());
  }
  return {};
}

Result<std::vector<Change>> Tracking::changes(Writer& writer, const RunCommand& run) {
  std::lock_guard lock(mutex_);
  std::vector<Change> out;
  for (const device::Address address : reached_) {
    const auto found = tracked_.find(address);
    // What was freed meanwhile may have another's place.
    if (found == tracked_.end() || found->second.blocks.empty()) continue;
    auto blocks = changed_blocks(found->second, writer, run);
    if (!blocks) return blocks.error();
    if (!blocks->empty()) out.push_back({found->second.allocation.id, std::move(*blocks)});
  }
  return out;
}

Tracking::Entry Tracking::find(device::Address address) {
  const auto after = tracked_.upper_bound(address);
  if (after == tracked_.begin()) return tracked_.end();
  const auto entry = std::prev(after);
  return address - entry->first < entry->second.allocation.bytes ? entry : tracked_.end();
}

std::vector<device::Address> Tracking::addresses_in(std::span<const std::byte> bytes) {
  std::vector<device::Address> out;
  if (tracked_.empty()) return out;
  const auto& last = *tracked_.rbegin();
  const device::Address lowest = tracked_.begin()->first,
                        span = last.first + last.second.allocation.bytes - lowest;
  std::set<device::Address> targets;
  for (std::size_t at = 0; at + sizeof(device::Address) <= bytes.size(); at += sizeof(device::Address)) {
    device::Address word;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    if (word - lowest >= span) continue;
    const Entry entry = find(word);
    if (entry != tracked_.end() && targets.insert(entry->first).second) out.push_back(word);
  }
  return out;
}

}  // namespace kiesel::capture
