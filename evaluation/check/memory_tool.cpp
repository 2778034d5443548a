#include "evaluation/check/memory_tool.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kiesel::check {
namespace {

constexpr device::Address kNearZero = 1 << 16, kNearStack = 1 << 20;

bool contains(device::Address begin, device::Address end, device::Address address, std::uint64_t bytes) {
  return address >= begin && address < end && bytes <= end - address;
}

std::string bytes_text(std::uint64_t bytes) { return fmt::format("{} byte{}", bytes, bytes == 1 ? "" : "s"); }

// Where an access lies beside [begin, end).
std::string beside(device::Address address, device::Address begin, device::Address end) {
  if (address < begin) return fmt::format("{} before the begin of", bytes_text(begin - address));
  if (address >= end)
    return address == end ? std::string("behind the end of")
                          : fmt::format("{} behind the end of", bytes_text(address - end));
  return "across the end of";
}

std::uint64_t gap(device::Address address, device::Address begin, device::Address end) {
  return address < begin ? begin - address : address >= end ? address - end : 0;
}

}  // namespace

void MemoryTool::begin(const LaunchState& launch) {
  launch_ = &launch;
  sites_.assign(launch.program->facts().size(), Site());
  epoch_ = map_.epoch();
  mapped_.clear();
  if (reports_) mapped_ = map_.host_uses();
  find_regions();
  find_local();
}

void MemoryTool::add(device::Address begin, std::uint64_t bytes, bool may_read, bool may_write) {
  if (bytes) regions_.push_back({begin, begin + bytes, may_read, may_write});
}

void MemoryTool::find_regions() {
  regions_.clear();
  const auto& shape = launch_->shape;
  add(shape.block_begin, shape.block_bytes, true, false);
  for (const auto& segment : launch_->program->segments())
    add(segment.begin, segment.end - segment.begin, true, segment.writable);
  if (!launch_->reach) return;
  for (const auto& known : *launch_->reach) {
    if (known.what == "local memory") continue;
    const auto found = map_.find(known.begin);
    if (found && !found->freed) add(known.begin, known.bytes, known.may_read, known.may_write);
  }
}

// Arguments have gaps between them where the runtime was asked for what a kernel may reach.
void MemoryTool::find_local() {
  local_.clear();
  const auto& shape = launch_->shape;
  const auto at = [&](std::uint64_t offset, std::uint64_t bytes) {
    if (bytes) local_.push_back({shape.local_begin + offset, shape.local_begin + offset + bytes, true, true});
  };
  if (!launch_->reach || !launch_->table) return at(0, shape.local_bytes);
  at(0, launch_->table->local_memory_bytes);
  for (const auto& known : *launch_->reach)
    if (known.what == "local memory") at(known.begin, known.bytes);
}

std::uint64_t MemoryTool::access(const Access& access) {
  if (epoch_ != map_.epoch()) begin(*launch_);
  if (!mapped_.empty()) find_mapped(access);
  const Site& site = sites_[access.instruction];
  const std::uint64_t bytes = access.fact->bytes;
  if (contains(site.begin, site.end, access.least, bytes) &&
      contains(site.begin, site.end, access.most, bytes) && access.is_line &&
      !((access.least | access.slope) & (bytes - 1)))
    return access.mask;
  return slow(access);
}

std::uint64_t MemoryTool::slow(const Access& access) {
  const Fact& fact = *access.fact;
  Site& site = sites_[access.instruction];
  std::uint64_t right = 0;
  for_lanes(access.mask, [&](unsigned lane) {
    const device::Address address = access.address(lane);
    bool fine = contains(site.begin, site.end, address, fact.bytes);
    if (!fine)
      if (const Region* region = region_of(fact, address)) {
        site = {region->begin, region->end};
        fine = true;
      }
    if (fine && !(address & (fact.bytes - 1)))
      right |= std::uint64_t{1} << lane;
    else if (reports_)
      report(access, lane, judge(fact, address));
  });
  return right;
}

const MemoryTool::Region* MemoryTool::region_of(const Fact& fact, device::Address address) {
  const auto& shape = launch_->shape;
  if (address >= shape.private_begin && address < shape.private_end) {
    static thread_local Region stack;
    stack = {shape.private_end - std::min(launch_->private_bytes, shape.private_end - shape.private_begin),
             shape.private_end, true, true};
    return contains(stack.begin, stack.end, address, fact.bytes) ? &stack : nullptr;
  }
  const auto fits = [&](const Region& region) {
    return contains(region.begin, region.end, address, fact.bytes) && (!fact.loads || region.may_read) &&
           (!fact.stores || region.may_write);
  };
  for (const auto* list : {&local_, &regions_})
    if (const auto found = std::ranges::find_if(*list, fits); found != list->end()) return &*found;
  if (!open_region(address, fact.bytes)) return nullptr;
  return &regions_.back();
}

// Memory that no argument need name: shared virtual memory, and what the driver made for itself.
bool MemoryTool::open_region(device::Address address, std::uint64_t bytes) {
  const auto found = map_.find(address);
  if (!found || found->freed || !contains(found->begin, found->end(), address, bytes)) return false;
  if (launch_->reach && !found->is_open()) return false;
  for (const Region& known : regions_)
    if (known.begin == found->begin && known.end == found->end()) return false;  // it has not the right
  add(found->begin, found->bytes);
  return true;
}

MemoryTool::Verdict MemoryTool::judge(const Fact& fact, device::Address address) const {
  const auto& shape = launch_->shape;
  const std::string deed = what_of(fact);
  for (const auto& region : regions_)
    if (contains(region.begin, region.end, address, fact.bytes)) {
      const auto found = map_.find(address);
      auto memory = found ? launch_->name_of(*found, address)
                          : LaunchState::Named{"constant memory", "constants or code of the program"};
      if (fact.stores && !region.may_write)
        return {Kind::kReadOnly, fmt::format("{} to {}, which kernels may only read", deed, memory.name),
                std::move(memory)};
      if (fact.loads && !region.may_read)
        return {Kind::kWriteOnly, fmt::format("{} from {}, which kernels may only write", deed, memory.name),
                std::move(memory)};
      return {Kind::kMisaligned,
              fmt::format("{} at byte {} of {}, which is no multiple of {}", deed,
                          found ? address - found->begin : address - region.begin, memory.name, fact.bytes),
              std::move(memory)};
    }
  if (address < kNearZero)
    return {Kind::kNull, fmt::format("{} at address {:#x}: a null pointer", deed, address), {}};
  if (address < shape.private_end) {
    if (address + kNearStack < shape.private_begin)
      return {Kind::kOutside, fmt::format("{} at {:#x}, where nothing is", deed, address), {}};
    if (address + launch_->private_bytes >= shape.private_end)
      return {Kind::kMisaligned, fmt::format("{} in private memory at a misaligned place", deed), {}};
    return {Kind::kStack,
            fmt::format("{} below the {} bytes of private memory that the kernel has", deed,
                        launch_->private_bytes),
            {"private memory", "private variables of the work-item"}};
  }
  if (shape.local_bytes && gap(address, shape.local_begin, shape.local_begin + shape.local_bytes) < kNearZero)
    return judge_local(address, deed);
  return judge_near(address, deed);
}

MemoryTool::Verdict MemoryTool::judge_local(device::Address address, const std::string& deed) const {
  const auto begin = launch_->shape.local_begin;
  const auto nearest = std::ranges::min_element(
      local_, {}, [&](const Region& region) { return gap(address, region.begin, region.end); });
  if (nearest == local_.end()) return {Kind::kOutside, deed + " outside of local memory", {}};
  auto memory = launch_->local_name(nearest->begin - begin);
  if (gap(address, nearest->begin, nearest->end) == 0 && address + 1 < nearest->end)
    return {Kind::kMisaligned, fmt::format("{} at a misaligned place of {}", deed, memory.name),
            std::move(memory)};
  return {Kind::kOutside,
          fmt::format("{} {} {}", deed, beside(address, nearest->begin, nearest->end), memory.name),
          std::move(memory)};
}

// Outside of all that the kernel has: what lies there, or the nearest that it has.
MemoryTool::Verdict MemoryTool::judge_near(device::Address address, const std::string& deed) const {
  const auto there = map_.find(address);
  if (there && there->freed)
    return {
        Kind::kFreed,
        fmt::format("{} at byte {} of a {} that was released", deed, address - there->begin, there->label),
        {fmt::format("{} number {}", there->label, there->number),
         fmt::format("it had {} bytes{}{}", there->bytes, there->made.empty() ? "" : ", made by ",
                     there->made)}};
  const device::Reach* nearest = nullptr;
  if (launch_->reach)
    for (const auto& known : *launch_->reach) {
      if (known.what == "local memory" || known.argument == device::Reach::kNoArgument) continue;
      if (!nearest || gap(address, known.begin, known.begin + known.bytes) <
                          gap(address, nearest->begin, nearest->begin + nearest->bytes))
        nearest = &known;
    }
  const auto known = nearest ? map_.find(nearest->begin) : map_.nearest(address);
  if (!known) return {Kind::kOutside, fmt::format("{} at {:#x}, where nothing is", deed, address), {}};
  const auto begin = nearest ? nearest->begin : known->begin;
  const auto end = nearest ? nearest->begin + nearest->bytes : known->end();
  auto memory = launch_->name_of(*known, begin);
  std::string what = fmt::format("{} {} {}", deed, beside(address, begin, end), memory.name);
  if (there && there->begin != known->begin)
    what += fmt::format(", in a {} that is no argument of the kernel", there->label);
  return {Kind::kOutside, std::move(what), std::move(memory)};
}

// What the host has mapped to read, kernels may only read; what it has mapped to write is its own.
void MemoryTool::find_mapped(const Access& access) {
  const Fact& fact = *access.fact;
  for (const auto& use : mapped_) {
    if (!fact.stores && !use.writes) continue;
    if (access.most + fact.bytes <= use.address || access.least >= end_of(use)) continue;
    bool told = false;
    for_lanes(access.mask, [&](unsigned lane) {
      const device::Address address = access.address(lane);
      if (told || !holds(use, address, fact.bytes)) return;
      told = true;
      const auto found = map_.find(address);
      if (!found) return;
      auto memory = launch_->name_of(*found, address);
      report(access, lane,
             {Kind::kMapped,
              fmt::format("{} at byte {} of {}, which the host has mapped to {}", what_of(fact),
                          address - found->begin, memory.name, use.writes ? "write" : "read"),
              std::move(memory)});
    });
  }
}

void MemoryTool::report(const Access& access, unsigned lane, Verdict verdict) {
  reporter_.add(*launch_, verdict.kind, access.instruction, Reporter::kNoOther, [&] {
    Finding finding;
    finding.deed =
        launch_->deed(access.instruction, what_of(*access.fact), launch_->who(access.warp->rank, lane));
    finding.what = std::move(verdict.what);
    finding.object = std::move(verdict.memory.object);
    finding.name = std::move(verdict.memory.name);
    return finding;
  });
}

}  // namespace kiesel::check
