#include "evaluation/check/race_tool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace kiesel::check {
namespace {

constexpr std::uint32_t kLastSegment = 0xF0000000;
constexpr unsigned kLocalFlag = 1, kGlobalFlag = 2;
constexpr unsigned kGlobal = 0, kLocal = 1;

bool acquires(std::uint8_t order) { return order == isa::kAcquire || order >= isa::kAcquireRelease; }
bool releases(std::uint8_t order) { return order == isa::kRelease || order >= isa::kAcquireRelease; }
bool of_group(std::uint8_t scope) {
  return scope == isa::kScopeWorkGroup || scope == isa::kScopeSubGroup || scope == isa::kScopeWorkItem;
}

}  // namespace

struct RaceTool::Side {
  const Access& access;
  const isa::Note& note;
  unsigned space;
  std::uint32_t segment;
  bool loads, stores, atomic;
  std::uint64_t flags;
  RaceShadow& shadow;
};

void RaceTool::begin(const LaunchState& launch, std::uint64_t submitted, std::uint64_t unfinished) {
  while (!launches_.empty() && launches_.front().times.done <= unfinished) launches_.pop_front();
  std::erase_if(transfers_, [&](const Transfer& known) { return known.times.done <= unfinished; });
  if (next_ > kLastSegment) reset();
  launch_ = &launch;
  floor_ = launches_.empty() ? next_ : launches_.front().begin;
  launches_.push_back({next_id_++, next_, launch, {submitted, ~std::uint64_t{0}}, {}});
  warps_ = launch.shape.group_warps;
  met_.assign(warps_, 0);
  for (Order& order : order_) order.clear();
  group_begin_ = next_;
  epoch_ = 0;
}

// Numbers begin again.
void RaceTool::reset() {
  launches_.clear();
  global_.clear();
  local_.clear();
  next_ = 1;
}

void RaceTool::begin_group(const std::array<std::uint64_t, 3>& group) {
  group_begin_ = next_;
  epoch_ = 0;
  phase_ = {group_begin_, group_begin_};
  std::ranges::fill(met_, group_begin_);
  for (Order& order : order_) order.begin_group();
  Group entry{group_begin_, {}};
  for (int d = 0; d < 3; ++d) entry.number[d] = static_cast<std::uint32_t>(group[d]);
  launches_.back().groups.push_back(entry);
}

void RaceTool::end_group() {
  next_ = group_begin_ + (epoch_ + 1) * warps_;
  if (next_ > kLastSegment) {  // in the middle of a launch: what was before is forgotten
    const LaunchState* const launch = launch_;
    const auto submitted = launches_.back().times.submitted;
    reset();
    begin(*launch, submitted, ~std::uint64_t{0});
  }
}

std::uint64_t RaceTool::end() {
  next_ = group_begin_ + (epoch_ + 1) * warps_;
  launch_ = nullptr;
  find_transfers();
  return launches_.back().id;
}

void RaceTool::freed(const Allocation& allocation) {
  constexpr auto kPage = RaceShadow::kBytes;
  for (std::uint64_t at = allocation.begin & ~(kPage - 1); at < allocation.end(); at += kPage) {
    const auto begin = std::max(at, allocation.begin), end = std::min(at + kPage, allocation.end());
    if (end - begin == kPage)
      global_.remove(at);
    else if (RacePage* const page = global_.find(at))
      page->forget(begin, end - begin);
  }
}

void RaceTool::done(std::uint64_t launch, std::uint64_t time) {
  for (Launch& known : launches_)
    if (known.id == launch) known.times.done = time;
}

void RaceTool::meet(unsigned flags) {
  next_epoch();
  if (flags & ~kLocalFlag) phase_[kGlobal] = segment(0);
  if (flags & kLocalFlag) phase_[kLocal] = segment(0);
  std::ranges::fill(met_, segment(0));
  for (Order& order : order_) order.meet();
}

void RaceTool::meet_sub_group(unsigned rank) {
  next_epoch();
  met_[rank] = segment(0);
}

Moment RaceTool::moment(unsigned rank, unsigned lane) const {
  return {group_begin_, segment(rank), rank, lane, {phase_[kGlobal], phase_[kLocal]}};
}

void RaceTool::fence(unsigned rank, std::uint64_t mask, unsigned flags) {
  for_lanes(mask, [&](unsigned lane) {
    const Order::Item item = rank * 64 + lane;
    if (flags & ~kLocalFlag) order_[kGlobal].fence(item);
    if (flags & kLocalFlag) order_[kLocal].fence(item);
  });
}

// What it means for the order of others.
void RaceTool::synchronise(const Side& side) {
  const auto& fact = *side.access.fact;
  const bool noted = side.note.kind != isa::NoteKind::kNone;
  const bool acquire = side.loads && (noted ? acquires(side.note.order) : fact.acquires);
  const bool release = side.stores && (noted ? releases(side.note.order) : fact.releases);
  bool released = false;
  for_lanes(side.access.mask, [&](unsigned lane) {
    const auto location = side.access.address(lane);
    const Order::Item item = side.access.warp->rank * 64 + lane;
    for (Order& order : order_) {
      if (side.loads) order.read(item, location, acquire);
      if (!release && !(side.stores && order.has_fenced(item))) continue;
      order.release(item, location, moment(side.access.warp->rank, lane));
      released = true;
    }
  });
  if (released) next_epoch();
}

bool RaceTool::settled(const Record& record, std::uint64_t item, unsigned space) const {
  const std::uint32_t before = record.segment();
  if (space == kLocal) return before < phase_[kLocal] || record.item() == item;
  return before < floor_ || (before >= group_begin_ && before < phase_[kGlobal]) || record.item() == item;
}

void RaceTool::access(const Access& access, const isa::Note& note) {
  const Fact& fact = *access.fact;
  const bool noted = note.kind != isa::NoteKind::kNone;
  const unsigned space = access.space == Space::kLocal ? kLocal : kGlobal;
  Side side{access,
            note,
            space,
            segment(access.warp->rank),
            fact.loads,
            fact.stores,
            fact.atomic || noted,
            0,
            space == kLocal ? local_ : global_};
  if (side.atomic) side.flags |= Record::kAtomic;
  // Relaxed ones may be those of OpenCL C 1.x: SPIR-V's writer gives them the scope of a work-group.
  if (side.atomic && noted && of_group(note.scope) && note.order != isa::kRelaxed)
    side.flags |= Record::kGroupScope;
  if (side.atomic && side.loads) synchronise(side);
  if (access.is_line && access.slope == 0 && !side.stores)
    load_together(side);
  else if (access.is_row() && fact.bytes >= 4)
    touch_row(side);
  else
    for_lanes(access.mask, [&](unsigned lane) { visit(side, lane, access.address(lane)); });
  if (side.atomic && !side.loads) synchronise(side);
}

void RaceTool::visit(const Side& side, unsigned lane, std::uint64_t address) {
  RacePage& page = side.shadow.get(address);
  const unsigned bytes = side.access.fact->bytes;
  if (bytes < 4 && page.shift()) page.split();
  Use* use = page.at(address);
  for (unsigned n = bytes >> page.shift(); n; --n) touch(side, *use++, lane);
}

// Neighbours in one page, mostly.
void RaceTool::touch_row(const Side& side) {
  const unsigned bytes = side.access.fact->bytes;
  for (std::uint64_t left = side.access.mask; left;) {
    const unsigned first = first_lane(left);
    const std::uint64_t begin = side.access.address(first);
    RacePage& page = side.shadow.get(begin);
    Use* use = page.at(begin);
    const unsigned pieces = bytes >> page.shift();
    const std::uint64_t room = RaceShadow::kBytes - (begin & (RaceShadow::kBytes - 1));
    for (unsigned lane = first; (lane - first) * bytes < room && lane < 64 && left; ++lane, use += pieces) {
      if (!(left >> lane & 1)) {
        if (!(left >> lane)) break;
        continue;
      }
      left &= ~(std::uint64_t{1} << lane);
      for (unsigned n = 0; n < pieces; ++n) touch(side, use[n], lane);
    }
  }
}

// All lanes read one place: one record for them.
void RaceTool::load_together(const Side& side) {
  const std::uint64_t mask = side.access.mask;
  const unsigned first = first_lane(mask);
  const bool alone = !(mask & (mask - 1));
  const std::uint64_t address = side.access.base;
  RacePage& page = side.shadow.get(address);
  if (side.access.fact->bytes < 4 && page.shift()) page.split();
  Use* use = page.at(address);
  for (unsigned n = side.access.fact->bytes >> page.shift(); n; --n, ++use) {
    const Record own = Record::make(side.segment, first, side.access.instruction,
                                    side.flags | (alone ? std::uint64_t{0} : Record::kMany));
    // The one that stored is not in its own way, but in that of the others.
    if (use->store.segment() && !settled(use->store, ~std::uint64_t{0}, side.space)) {
      const bool mine = use->store.segment() == side.segment;
      const std::uint64_t others = mine ? mask & ~(std::uint64_t{1} << use->store.lane()) : mask;
      if (others) conflict(side, first_lane(others), use->store, true);
    }
    if (settled(use->load, own.item(), side.space))
      use->load = own;
    else
      use->load.bits |= Record::kMany;
  }
}

void RaceTool::touch(const Side& side, Use& use, unsigned lane) {
  const Record own = Record::make(side.segment, lane, side.access.instruction, side.flags);
  if (!settled(use.store, own.item(), side.space)) conflict(side, lane, use.store, true);
  if (!side.stores) {
    if (settled(use.load, own.item(), side.space) &&
        !(use.load.item() == own.item() && use.load.has(Record::kMany)))
      use.load = own;
    else
      use.load.bits |= Record::kMany;
    return;
  }
  const bool known = settled(use.load, own.item(), side.space);
  if (!known || (use.load.item() == own.item() && use.load.has(Record::kMany)))
    conflict(side, lane, use.load, false);
  use.store = own;
  use.load = {};
}

const RaceTool::Launch* RaceTool::launch_of(std::uint32_t segment) const {
  const auto after = std::ranges::upper_bound(launches_, segment, {}, &Launch::begin);
  return after == launches_.begin() ? nullptr : &*std::prev(after);
}

const RaceTool::Group* RaceTool::group_of(const Launch& launch, std::uint32_t segment) {
  const auto after = std::ranges::upper_bound(launch.groups, segment, {}, &Group::begin);
  return after == launch.groups.begin() ? nullptr : &*std::prev(after);
}

bool RaceTool::scopes_fit(const Side& side, const Record& before, const Launch& of) const {
  if (!((side.flags | before.bits) & Record::kGroupScope)) return true;
  return &of == &launches_.back() && before.segment() >= group_begin_;
}

// True when it is one.
bool RaceTool::conflict(const Side& side, unsigned lane, const Record& before, bool stored) {
  const Launch* const of = launch_of(before.segment());
  if (!of) return false;
  const bool same_launch = of == &launches_.back();
  if (!same_launch && launches_.back().times.submitted >= of->times.done) return false;
  const bool atomic = side.atomic || before.has(Record::kAtomic);
  const bool both = side.atomic && before.has(Record::kAtomic);
  if (both && scopes_fit(side, before, *of)) return false;
  if (atomic && !both && !launch_->program->has_notes()) return false;  // a load may be an atomic one
  if (same_launch) {
    const Group* const group = group_of(*of, before.segment());
    if (!group) return false;
    const unsigned rank = side.access.warp->rank;
    const std::uint32_t warp = (before.segment() - group->begin) % warps_;
    if (group->begin == group_begin_ && warp == rank &&
        (before.segment() < met_[rank] || (before.lane() == lane && !before.has(Record::kMany))))
      return false;
    const Past past{before.segment(), group->begin, warps_, before.lane(), side.space};
    if (!both && order_[side.space].knows(rank * 64 + lane, past)) return false;
  }
  report(side, lane, before, *of, stored);
  return true;
}

std::uint64_t RaceTool::value(const Side& side, unsigned lane) const {
  const Fact& fact = *side.access.fact;
  const bool real = isa::info(fact.in.op).family == isa::Family::kFloatStore;
  const std::uint64_t all =
      real ? side.access.warp->real(fact.in.rs2, lane) : side.access.warp->integers(fact.in.rs2)[lane];
  return fact.bytes == 8 ? all : all & ((std::uint64_t{1} << 8 * fact.bytes) - 1);
}

// What is in memory is what was stored before, unless this instruction stores it.
bool RaceTool::same_value(const Side& side, unsigned lane, const Record& before) const {
  if (!side.stores || side.loads || side.atomic) return false;
  const std::uint64_t own = value(side, lane);
  if (before.segment() == side.segment && before.instruction() == side.access.instruction &&
      (side.access.mask >> before.lane() & 1) &&
      side.access.address(before.lane()) == side.access.address(lane))
    return value(side, before.lane()) == own;
  std::uint64_t there = 0;
  std::memcpy(&there, reinterpret_cast<const void*>(side.access.address(lane)), side.access.fact->bytes);
  return there == own;
}

void RaceTool::report(const Side& side, unsigned lane, const Record& before, const Launch& of, bool stored) {
  const device::Address address = side.access.address(lane);
  std::optional<Allocation> allocation;
  if (side.space == kGlobal) {
    allocation = map_.find(address);
    if (allocation && (allocation->label == "printf buffer" || allocation->label == "image descriptor"))
      return;
  }
  const bool same_launch = &of == &launches_.back();
  const bool both = side.atomic && before.has(Record::kAtomic);
  const Kind kind = !same_launch                               ? Kind::kKernelRace
                    : both                                     ? Kind::kScope
                    : stored && same_value(side, lane, before) ? Kind::kSameValue
                                                               : Kind::kRace;
  reporter_.add(*launch_, kind, side.access.instruction, before.instruction(), [&] {
    Finding finding;
    const auto memory = side.space == kLocal ? launch_->local_name(address - launch_->shape.local_begin)
                        : allocation         ? launch_->name_of(*allocation, address)
                                     : LaunchState::Named{"a variable of the program", "program variables"};
    const auto offset = side.space == kLocal ? address - launch_->shape.local_begin
                        : allocation         ? address - allocation->begin
                                             : address;
    const Fact& other = of.state.program->facts()[before.instruction()];
    const std::string own = launch_->who(side.access.warp->rank, lane);
    std::string other_one = who(of, before);
    if (same_launch && other_one == own) other_one = "another work-item of the same work-group";
    finding.deed = launch_->deed(side.access.instruction, what_of(*side.access.fact), own);
    finding.other = of.state.deed(before.instruction(), what_of(other), std::move(other_one));
    const char* how = kind == Kind::kKernelRace  ? "two kernels that no event or queue orders use"
                      : kind == Kind::kScope     ? "atomics of work-group scope in two work-groups on"
                      : kind == Kind::kSameValue ? "two work-items write the same value to"
                                                 : "race on";
    finding.what = fmt::format("{} byte {} of {}", how, offset, memory.name);
    if (!same_launch)
      finding.what += fmt::format(" ('{}', launch {}, before)", of.state.kernel, of.state.number);
    finding.object = memory.object;
    finding.name = memory.name;
    return finding;
  });
}

}  // namespace kiesel::check
