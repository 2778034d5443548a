#include "evaluation/check/memory_map.hpp"

#include <dlfcn.h>
#include <execinfo.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace kiesel::check {
namespace {

bool is_driver(std::string_view file) {
  return file.starts_with("libkiesel") || file.starts_with("libOpenCL");
}

using Allocations = std::map<device::Address, Allocation>;

std::optional<Allocation> containing(const Allocations& all, device::Address address) {
  const auto after = all.upper_bound(address);
  if (after == all.begin()) return std::nullopt;
  const Allocation& found = std::prev(after)->second;
  return address - found.begin < found.bytes ? std::optional(found) : std::nullopt;
}

std::uint64_t distance(const Allocation& of, device::Address address) {
  return address < of.begin ? of.begin - address : address - of.end() + 1;
}

}  // namespace

void MemoryMap::add(device::Address begin, std::uint64_t bytes, std::string_view label, std::string made) {
  std::lock_guard lock(mutex_);
  auto old = freed_.lower_bound(begin);
  if (old != freed_.begin() && std::prev(old)->second.end() > begin) --old;
  while (old != freed_.end() && old->first < begin + bytes) old = freed_.erase(old);
  all_[begin] = {begin, bytes, std::string(label), std::move(made), made_++, false};
  ++epoch_;
}

void MemoryMap::label(device::Address begin, std::string_view text) {
  std::lock_guard lock(mutex_);
  if (const auto found = all_.find(begin); found != all_.end()) found->second.label = text;
}

std::optional<Allocation> MemoryMap::free(device::Address begin) {
  std::lock_guard lock(mutex_);
  auto node = all_.extract(begin);
  if (!node) return std::nullopt;
  ++epoch_;
  node.mapped().freed = true;
  if (freed_.size() >= kMostFreed) freed_.erase(freed_.begin());
  return freed_.insert(std::move(node)).position->second;
}

std::optional<Allocation> MemoryMap::find(device::Address address) const {
  std::lock_guard lock(mutex_);
  if (auto found = containing(all_, address)) return found;
  return containing(freed_, address);
}

std::optional<Allocation> MemoryMap::nearest(device::Address address) const {
  std::lock_guard lock(mutex_);
  std::optional<Allocation> best;
  const auto after = all_.upper_bound(address);
  if (after != all_.end()) best = after->second;
  if (after != all_.begin()) {
    const Allocation& before = std::prev(after)->second;
    if (!best || distance(before, address) <= distance(*best, address)) best = before;
  }
  return best;
}

std::vector<Allocation> MemoryMap::of_application() const {
  static constexpr std::string_view kLabels[] = {"buffer", "image", "pipe", "SVM allocation",
                                                 "USM allocation"};
  std::lock_guard lock(mutex_);
  std::vector<Allocation> out;
  for (const auto& [begin, allocation] : all_)
    if (std::ranges::find(kLabels, allocation.label) != std::end(kLabels)) out.push_back(allocation);
  std::ranges::sort(out, {}, &Allocation::number);
  return out;
}

void MemoryMap::host_begins(const device::HostUse& use) {
  std::lock_guard lock(mutex_);
  host_uses_.push_back(use);
  ++epoch_;
}

void MemoryMap::host_ends(const device::HostUse& use) {
  std::lock_guard lock(mutex_);
  const auto found = std::ranges::find_if(host_uses_, [&](const device::HostUse& known) {
    return known.address == use.address && known.box.size == use.box.size && known.writes == use.writes;
  });
  if (found == host_uses_.end()) return;
  host_uses_.erase(found);
  ++epoch_;
}

std::vector<device::HostUse> MemoryMap::host_uses() const {
  std::lock_guard lock(mutex_);
  return host_uses_;
}

device::Address end_of(const device::HostUse& use) {
  const auto& box = use.box;
  return use.address + (box.size[2] - 1) * box.source_slice_pitch + (box.size[1] - 1) * box.source_row_pitch +
         box.size[0];
}

bool holds(const device::HostUse& use, device::Address address, std::uint64_t bytes) {
  const auto& box = use.box;
  for (std::uint64_t z = 0; z < box.size[2]; ++z) {
    const device::Address slice = use.address + z * box.source_slice_pitch;
    const std::uint64_t offset = address - slice, last = box.size[1] - 1;
    if (address + bytes <= slice) return false;
    const std::uint64_t row = box.source_row_pitch ? std::min(offset / box.source_row_pitch, last) : 0;
    const device::Address begin = slice + row * box.source_row_pitch;
    if (address < begin + box.size[0] && address + bytes > begin) return true;
  }
  return false;
}

std::string calling_place() {
  void* frames[32];
  const int count = ::backtrace(frames, 32);
  for (int i = 1; i < count; ++i) {
    Dl_info found{};
    if (!::dladdr(frames[i], &found) || !found.dli_fname) continue;
    const std::string file = std::filesystem::path(found.dli_fname).filename();
    if (is_driver(file)) continue;
    const auto offset = static_cast<const char*>(frames[i]) - static_cast<const char*>(found.dli_fbase);
    if (found.dli_sname) return fmt::format("{}+{:#x} ({})", file, offset, found.dli_sname);
    return fmt::format("{}+{:#x}", file, offset);
  }
  return {};
}

}  // namespace kiesel::check
