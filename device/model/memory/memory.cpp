#include "device/model/memory/memory.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <utility>

namespace kiesel::model {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kChunk = 2 << 20;          // unit of committing: few system calls, few mappings
constexpr std::uint64_t kReleaseFrom = 256 << 10;  // smaller blocks keep their pages for the next user
constexpr std::uint64_t kHugePagesFrom = 4 << 20;

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

}  // namespace

Result<std::unique_ptr<Memory>> Memory::create(std::uint64_t capacity, std::uint64_t private_window,
                                               Bounds bounds, Address near) {
  auto memory = std::unique_ptr<Memory>(new Memory);
  memory->capacity_ = capacity;
  memory->bounds_ = bounds;
  const std::uint64_t window_space = round_up(private_window, kChunk);
  // Twice the capacity and more: holes and guard pages must not be what runs out first.
  const std::uint64_t more = std::min(capacity, std::uint64_t{1} << 30);
  const std::uint64_t wanted = window_space + round_up(2 * capacity + more, kChunk);
  void* base = mmap(reinterpret_cast<void*>(near), wanted + kChunk, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED)
    return Error{Errc::kOutOfMemory, fmt::format("cannot reserve {} bytes of address space", wanted)};
  const auto start = reinterpret_cast<Address>(base);
  memory->base_ = round_up(start, kChunk);
  if (memory->base_ != start) munmap(base, memory->base_ - start);
  memory->reserved_ = wanted;
  if (const Address tail = start + wanted + kChunk; tail > memory->base_ + wanted)
    munmap(reinterpret_cast<void*>(memory->base_ + wanted), tail - memory->base_ - wanted);
  memory->committed_.resize(wanted / kChunk + 1);
  const Address first = memory->base_ + window_space;
  memory->private_window_ = {first - private_window, first};
  memory->add_free({first, memory->base_ + wanted});
  return memory;
}

Memory::~Memory() {
  if (base_) munmap(reinterpret_cast<void*>(base_), reserved_);
}

void Memory::add_free(Range range) {
  free_[range.begin] = range.end;
  free_by_size_.insert({range.end - range.begin, range.begin});
}

void Memory::remove_free(Range range) {
  free_.erase(range.begin);
  free_by_size_.erase({range.end - range.begin, range.begin});
}

// The smallest hole that fits.
std::optional<Range> Memory::take(std::uint64_t bytes, std::uint64_t alignment) {
  for (auto hole = free_by_size_.lower_bound({bytes, 0}); hole != free_by_size_.end(); ++hole) {
    const Range range{hole->second, hole->second + hole->first};
    const Address begin = round_up(range.begin, alignment);
    if (begin < range.begin || begin > range.end || range.end - begin < bytes) continue;
    remove_free(range);
    if (begin > range.begin) add_free({range.begin, begin});
    if (begin + bytes < range.end) add_free({begin + bytes, range.end});
    return Range{begin, begin + bytes};
  }
  return std::nullopt;
}

// This place and no other.
std::optional<Range> Memory::take_at(Range range) {
  auto hole = free_.upper_bound(range.begin);
  if (range.begin % kPage || range.end < range.begin) return std::nullopt;
  if (hole == free_.begin() || (--hole)->second < range.end) return std::nullopt;
  const Range around{hole->first, hole->second};
  remove_free(around);
  if (around.begin < range.begin) add_free({around.begin, range.begin});
  if (range.end < around.end) add_free({range.end, around.end});
  return range;
}

void Memory::give_back(Range range) {
  auto next = free_.lower_bound(range.begin);
  if (next != free_.begin()) {
    const auto before = std::prev(next);
    if (before->second == range.begin) {
      const Range joined{before->first, before->second};
      range.begin = joined.begin;
      remove_free(joined);
    }
  }
  next = free_.lower_bound(range.end);
  if (next != free_.end() && next->first == range.end) {
    const Range joined{next->first, next->second};
    range.end = joined.end;
    remove_free(joined);
  }
  add_free(range);
}

bool Memory::commit(Range range) {
  const std::uint64_t first = (range.begin - base_) / kChunk, last = (range.end - 1 - base_) / kChunk;
  for (std::uint64_t chunk = first; chunk <= last;) {
    if (committed_[chunk]) {
      ++chunk;
      continue;
    }
    std::uint64_t end = chunk;
    while (end <= last && !committed_[end]) ++end;
    if (mprotect(reinterpret_cast<void*>(base_ + chunk * kChunk), (end - chunk) * kChunk,
                 PROT_READ | PROT_WRITE))
      return false;
    std::fill(committed_.begin() + static_cast<std::ptrdiff_t>(chunk),
              committed_.begin() + static_cast<std::ptrdiff_t>(end), true);
    chunk = end;
  }
  return true;
}

std::vector<Memory::Blocks::node_type>* Memory::kept_of(std::uint64_t space) {
  const std::uint64_t pages = space / kPage;
  return pages < kKeptSizes ? &kept_[pages] : nullptr;
}

Memory::Block* Memory::take_kept(std::uint64_t space, std::uint64_t alignment) {
  auto* kept = alignment <= kPage ? kept_of(space) : nullptr;
  if (!kept || kept->empty()) return nullptr;
  Block& block = blocks_.insert(std::move(kept->back())).position->second;
  kept->pop_back();
  block.parts.clear();
  return &block;
}

// A place for something, with the lock held, which is let go of while it waits: where there is no other, one
// that a running kernel has the address of, but has forgotten, will do.
std::optional<Range> Memory::find_room(std::uint64_t bytes, std::uint64_t alignment, Address at) {
  const auto look = [&] { return at ? take_at({at, at + bytes}) : take(bytes, alignment); };
  for (bool again = true;; take_back(forgotten_by_all())) {
    if (auto taken = look()) return taken;
    give_back_kept();
    if (auto taken = look()) return taken;
    if (freed_.empty() || !again) return std::nullopt;
    const auto last = freed_.back().epoch;
    mutex_.unlock();
    again = wait_until_forgotten(last);
    mutex_.lock();
  }
}

// A freed block that nobody uses any more.
void Memory::use_again(Blocks::node_type node) {
  const Block& block = node.mapped();
  const std::uint64_t space = block.taken.end - block.taken.begin;
  auto* kept = block.taken.begin == node.key() ? kept_of(space) : nullptr;
  if (kept && kept->size() < kMostKept)
    kept->push_back(std::move(node));
  else
    give_back(block.taken);
}

void Memory::take_back(std::uint64_t until) {
  while (!freed_.empty() && freed_.front().epoch <= until) {
    use_again(std::move(freed_.front().block));
    freed_.pop_front();
  }
}

// Where no hole is large enough for something else.
void Memory::give_back_kept() {
  for (auto& kept : kept_) {
    for (const auto& node : kept) give_back(node.mapped().taken);
    kept.clear();
  }
}

Result<Address> Memory::allocate(std::uint64_t bytes, std::uint64_t alignment, Kind kind,
                                 std::string_view label, Owner owner, Address at) {
  if (alignment == 0 || (alignment & (alignment - 1)))
    return Error{Errc::kInvalidArgument, fmt::format("alignment {} is not a power of two", alignment)};
  bytes = std::max<std::uint64_t>(bytes, 1);
  auto address = allocate_block(bytes, alignment, kind, label, owner, at);
  if (address && owner) clear(*address, round_up(bytes, kPage));
  return address;
}

Result<Address> Memory::allocate_block(std::uint64_t bytes, std::uint64_t alignment, Kind kind,
                                       std::string_view label, Owner owner, Address at) {
  const auto full = [&] {
    return Error{Errc::kOutOfMemory,
                 fmt::format("no room for {} bytes: {} of {} are in use", bytes, used(), capacity_)};
  };
  std::lock_guard lock(mutex_);
  if (bytes > capacity_ || used() > capacity_ - bytes) return full();
  // Vector loads of the host reach out of local memory where lanes are off: from a page that is not there
  // that costs hundreds of cycles.
  const std::uint64_t before = kind == Kind::kLocal ? std::max(alignment, kPage) : 0;
  const std::uint64_t space = before + round_up(bytes, kPage) + kPage;
  if (!freed_.empty()) take_back(outlived_by_none());
  if (Block* kept = before || at ? nullptr : take_kept(space, alignment)) {
    const Address begin = kept->taken.begin;
    kept->allocation = {{begin, begin + bytes}, kind, owner};
    if (kept->label != label) kept->label = label;
    count(bytes);
    return begin;
  }
  const std::uint64_t step = bytes >= kHugePagesFrom ? kChunk : std::min(std::max(alignment, kPage), kChunk);
  const auto taken = find_room(space, std::max(step, alignment), at);
  if (!taken) return full();
  if (!commit(*taken)) {
    give_back(*taken);
    return full();
  }
  if (bytes >= kHugePagesFrom) madvise(reinterpret_cast<void*>(taken->begin), space, MADV_HUGEPAGE);
  const Address begin = taken->begin + before;
  blocks_.emplace(begin, Block{{{begin, begin + bytes}, kind, owner}, std::string(label), {}, *taken, {}});
  count(bytes);
  if (before)
    for (const Address page : {begin - kPage, taken->end - kPage})
      *reinterpret_cast<volatile std::byte*>(page) = std::byte{0};  // now they are
  return begin;
}

Result<Address> Memory::map_file(int file, std::uint64_t bytes, std::string_view label, Owner owner) {
  const std::uint64_t page = SharedFile::page_bytes(file);
  const Error full{Errc::kOutOfMemory, fmt::format("no room for the {} bytes of a file", bytes)};
  if (bytes == 0 || bytes > reserved_ || page > reserved_) return full;
  const std::uint64_t mapped = round_up(bytes, page);
  std::lock_guard lock(mutex_);
  if (!freed_.empty()) take_back(outlived_by_none());
  const auto taken = find_room(mapped + kPage, page);
  if (!taken) return full;
  auto shared = commit(*taken) ? SharedFile::map(file, taken->begin, mapped) : full;
  if (!shared) {
    give_back(*taken);
    return shared.error();
  }
  blocks_.emplace(taken->begin, Block{{{taken->begin, taken->begin + bytes}, Kind::kShared, owner},
                                      std::string(label),
                                      {},
                                      *taken,
                                      std::move(*shared)});
  return taken->begin;
}

Status Memory::share(Address address, std::uint64_t bytes, Owner owner) {
  std::lock_guard lock(mutex_);
  const auto after = blocks_.upper_bound(address);
  const bool overlaps = (after != blocks_.end() && after->first - address < bytes) ||
                        (after != blocks_.begin() && address < std::prev(after)->second.allocation.range.end);
  if (bytes == 0 || overlaps || (address >= base_ && address - base_ < reserved_))
    return Error{Errc::kInvalidArgument, fmt::format("{} bytes at {:#x} cannot be shared", bytes, address)};
  blocks_.emplace(address, Block{{{address, address + bytes}, Kind::kShared, owner}, {}, {}, {}, {}});
  return {};
}

std::uint64_t Memory::free(Address address) {
  if (!address) return 0;
  std::lock_guard lock(mutex_);
  auto node = blocks_.extract(address);
  if (!node) return 0;
  Block& block = node.mapped();
  if (block.allocation.kind != Kind::kShared)
    count(block.allocation.range.begin - block.allocation.range.end);
  const std::uint64_t space = block.taken.end - block.taken.begin;
  const bool was_file = block.file != nullptr, is_ours = !was_file || block.file->close();
  if (is_ours)
    block.file.reset();
  else
    (void)block.file.release();  // the system would not: nothing else comes to its place, ever
  if (space >= kReleaseFrom) madvise(reinterpret_cast<void*>(block.taken.begin), space, MADV_DONTNEED);
  const auto epoch = next_memory_epoch();  // after it is gone from the table
  if (space && is_ours) freed_.push_back({std::move(node), epoch});
  return was_file ? epoch : 0;
}

void Memory::clear(Address address, std::uint64_t bytes) {
  const auto set = [](Address begin, Address end) {
    std::memset(reinterpret_cast<void*>(begin), 0, end - begin);
  };
  const Address end = address + bytes, first = round_up(address, kPage), last = end / kPage * kPage;
  if (bytes < kReleaseFrom || madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED) != 0)
    return set(address, end);
  set(address, first);
  set(last, end);
}

void Memory::label(Address address, std::string_view text) {
  std::lock_guard lock(mutex_);
  if (const auto found = blocks_.find(address); found != blocks_.end()) found->second.label = text;
}

// Allocations start at pages and the rest of their last page is theirs.
Range Memory::bounded(const Allocation& allocation) const {
  Range range = allocation.range;
  if (bounds_ == Bounds::kPages && allocation.kind == Kind::kData) range.end = round_up(range.end, kPage);
  return range;
}

bool Memory::is_lost(const Block& block) {
  return block.allocation.kind == Kind::kShared && when_lost(block.allocation.range.begin);
}

Memory::Blocks::const_iterator Memory::block_at(Address address) const {
  auto after = blocks_.upper_bound(address);
  if (after == blocks_.begin()) return blocks_.end();
  const auto block = std::prev(after);
  return address < bounded(block->second.allocation).end && !is_lost(block->second) ? block : blocks_.end();
}

std::optional<Memory::Allocation> Memory::find(Address address) const {
  std::lock_guard lock(mutex_);
  const auto block = block_at(address);
  if (block == blocks_.end()) return std::nullopt;
  if (const Allocation& whole = block->second.allocation; block->second.parts.empty())
    return Allocation{bounded(whole), whole.kind, whole.owner};
  for (const Allocation& part : block->second.parts)
    if (part.range.contains(address, 1)) return part;
  return std::nullopt;
}

void Memory::divide(Address address, std::vector<Allocation> parts) {
  std::lock_guard lock(mutex_);
  const auto found = blocks_.find(address);
  if (found == blocks_.end()) return;
  for (Allocation& part : parts) part.owner = found->second.allocation.owner;
  found->second.parts = std::move(parts);
}

bool Memory::lost_since(std::uint64_t epoch, Owner owner) const {
  if (last_loss() <= epoch) return false;
  std::lock_guard lock(mutex_);
  return std::any_of(blocks_.begin(), blocks_.end(), [&](const auto& entry) {
    const Allocation& allocation = entry.second.allocation;
    if (allocation.kind != Kind::kShared || allocation.owner != owner) return false;
    return when_lost(allocation.range.begin).value_or(0) > epoch;
  });
}

bool Memory::contains(Address address, std::uint64_t bytes) const {
  std::lock_guard lock(mutex_);
  const auto block = block_at(address);
  return block != blocks_.end() && block->second.allocation.range.contains(address, bytes);
}

std::string Memory::describe(Address address) const {
  std::lock_guard lock(mutex_);
  const auto text = [](const Block& block) {
    const Range range = block.allocation.range;
    return fmt::format("{} ({} bytes at {:#x}{})",
                       block.label.empty() ? "an unnamed allocation" : block.label, range.end - range.begin,
                       range.begin, is_lost(block) ? ", lost: its file has become shorter" : "");
  };
  const auto after = blocks_.upper_bound(address);
  const Block* below = after == blocks_.begin() ? nullptr : &std::prev(after)->second;
  const Block* above = after == blocks_.end() ? nullptr : &after->second;
  const auto begin = [](const Block* block) { return block->allocation.range.begin; };
  const auto end = [](const Block* block) { return block->allocation.range.end; };
  if (below && address < end(below))
    return fmt::format("{} bytes into {}", address - begin(below), text(*below));
  if (below && above && begin(above) - address < address - end(below)) below = nullptr;
  if (below) return fmt::format("{} bytes past the end of {}", address - end(below), text(*below));
  if (above) return fmt::format("{} bytes before {}", begin(above) - address, text(*above));
  return "nothing is allocated";
}

}  // namespace kiesel::model
