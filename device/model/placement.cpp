#include "device/model/placement.hpp"

#include <algorithm>

namespace kiesel::model {
namespace {

constexpr std::uint64_t kUnit = 64, kFirst = 0x10000, kEnd = std::uint64_t{1} << 47;

std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) { return (value + unit - 1) / unit * unit; }

}  // namespace

Placement::Placement(Range memory)
    : memory_(memory),
      chunks_((memory.end - memory.begin) / (kPage * kChunkPages) + 1),
      holes_{{kFirst, kEnd}} {}

// The first hole that fits. What does not fit into the rest of a page begins a page.
std::uint64_t Placement::take(std::uint64_t bytes) {
  for (auto hole = holes_.begin(); hole != holes_.end(); ++hole) {
    const auto [begin, end] = *hole;
    const std::uint64_t rest = round_up(begin, kPage) - begin;
    const std::uint64_t at = bytes <= rest ? begin : begin + rest;
    if (at >= end || end - at < bytes) continue;
    holes_.erase(hole);
    if (at > begin) holes_[begin] = at;
    if (at + bytes < end) holes_[at + bytes] = end;
    return at;
  }
  return kFirst;
}

void Placement::set(Address address, std::uint64_t bytes, std::int64_t distance) {
  const std::uint64_t first = (address - memory_.begin) / kPage,
                      last = (address + bytes - 1 - memory_.begin) / kPage;
  for (std::uint64_t page = first; page <= last; ++page) {
    auto& chunk = chunks_[page / kChunkPages];
    if (!chunk.load()) {
      owned_.push_back(std::make_unique<Chunk>());
      chunk.store(owned_.back().get());
    }
    (*chunk.load())[page % kChunkPages].store(distance, std::memory_order_relaxed);
  }
}

void Placement::add(Address address, std::uint64_t bytes) {
  if (!bytes || address < memory_.begin || address >= memory_.end || bytes > memory_.end - address) return;
  std::lock_guard lock(mutex_);
  const std::uint64_t units = round_up(bytes, kUnit), begin = take(units);
  placed_[address] = {units, begin};
  set(address, bytes, static_cast<std::int64_t>(begin - (address - memory_.begin)));
}

void Placement::remove(Address address) {
  std::lock_guard lock(mutex_);
  const auto found = placed_.find(address);
  if (found == placed_.end()) return;
  auto [bytes, begin] = found->second;
  placed_.erase(found);
  std::uint64_t end = begin + bytes;
  auto after = holes_.lower_bound(begin);
  if (after != holes_.end() && after->first == end) {
    end = after->second;
    after = holes_.erase(after);
  }
  if (after != holes_.begin() && std::prev(after)->second == begin)
    std::prev(after)->second = end;
  else
    holes_[begin] = end;
}

std::uint64_t Placement::of(Address address) const {
  const std::uint64_t offset = address - memory_.begin;
  if (offset >= memory_.end - memory_.begin) return offset;
  const Chunk* const chunk = chunks_[offset / kPage / kChunkPages].load(std::memory_order_acquire);
  return chunk ? offset + static_cast<std::uint64_t>(
                              (*chunk)[offset / kPage % kChunkPages].load(std::memory_order_relaxed))
               : offset;
}

}  // namespace kiesel::model
