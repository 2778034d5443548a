#include "evaluation/check/session.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kiesel::check {
namespace {

using isa::NoteKind;
using isa::OperationClass;

constexpr unsigned kAllFlags = 7;

// f(offset, bytes) for each row of a box, by the pitches of one of its sides.
template <class F>
void for_rows(const device::Box& box, bool target, F f) {
  const auto row = target ? box.target_row_pitch : box.source_row_pitch;
  const auto slice = target ? box.target_slice_pitch : box.source_slice_pitch;
  for (std::uint64_t z = 0; z < box.size[2]; ++z)
    for (std::uint64_t y = 0; y < box.size[1]; ++y) f(z * slice + y * row, box.size[0]);
}

void find_ends(Access& access) {
  access.least = ~std::uint64_t{0};
  access.most = 0;
  const auto take = [&](unsigned lane) {
    access.least = std::min(access.least, access.address(lane));
    access.most = std::max(access.most, access.address(lane));
  };
  if (!access.is_line) return for_lanes(access.mask, take);
  take(first_lane(access.mask));
  take(63 - static_cast<unsigned>(__builtin_clzll(access.mask)));
}

bool of_device(std::uint8_t scope) { return scope == isa::kScopeDevice || scope == isa::kScopeAll; }

}  // namespace

Session::Session(const Tools& tools, Collector& collector)
    : tools_(tools),
      memory_on_(tools.has(Tool::kMemory)),
      races_on_(tools.has(Tool::kRaces)),
      initialisation_on_(tools.has(Tool::kInitialisation)),
      collector_(collector),
      reporter_(collector),
      memory_(map_, reporter_, memory_on_),
      races_(map_, reporter_),
      initialisation_(map_, reporter_),
      barriers_(reporter_, tools.has(Tool::kSynchronisation)) {}

// ---- beside launches ----

void Session::apply(std::function<void()> what) {
  {
    std::lock_guard lock(waiting_mutex_);
    waiting_.push_back(std::move(what));
  }
  apply_if_free();
}

// Whoever has the turn looks again when it is over: nothing is left waiting.
void Session::apply_if_free() {
  const auto waits = [this] {
    std::lock_guard lock(waiting_mutex_);
    return !waiting_.empty();
  };
  while (waits()) {
    const std::unique_lock turn(turn_, std::try_to_lock);
    if (!turn) return;
    apply_waiting();
  }
}

void Session::apply_waiting() {
  for (;;) {
    std::vector<std::function<void()>> now;
    {
      std::lock_guard lock(waiting_mutex_);
      now.swap(waiting_);
    }
    if (now.empty()) return;
    for (const auto& what : now) what();
  }
}

void Session::made(device::Address begin, std::uint64_t bytes, std::string_view label, std::string by) {
  if (!bytes) return;
  map_.add(begin, bytes, label, std::move(by));
  if (!initialisation_on_) return;
  if (const auto known = map_.find(begin)) apply([this, known] { initialisation_.made(*known); });
}

void Session::freed(device::Address begin) {
  const auto known = map_.free(begin);
  if (!known) return;
  if (initialisation_on_) apply([this, known] { initialisation_.freed(*known); });
  if (races_on_) apply([this, known] { races_.freed(*known); });
}

void Session::host_writes(device::Address begin, const device::Box& box, bool target) {
  if (!initialisation_on_) return;
  apply([this, begin, box, target] {
    for_rows(box, target,
             [&](auto offset, auto bytes) { initialisation_.host_writes(begin + offset, bytes); });
  });
}

void Session::host_reads(device::Address begin, const device::Box& box) {
  if (!initialisation_on_) return;
  apply([this, begin, box] {
    for_rows(box, false, [&](auto offset, auto bytes) { initialisation_.host_reads(begin + offset, bytes); });
  });
}

void Session::copied(device::Address from, device::Address to, const device::Box& box) {
  if (!initialisation_on_) return;
  apply([this, from, to, box] {
    std::vector<std::uint64_t> targets;
    for_rows(box, true, [&](auto offset, auto) { targets.push_back(to + offset); });
    std::size_t next = 0;
    for_rows(box, false,
             [&](auto offset, auto bytes) { initialisation_.copied(from + offset, targets[next++], bytes); });
  });
}

std::uint64_t Session::submitted() {
  std::lock_guard lock(unfinished_mutex_);
  const std::uint64_t time = now();
  unfinished_.insert(time);
  return time;
}

void Session::finished(std::uint64_t submitted) {
  std::lock_guard lock(unfinished_mutex_);
  unfinished_.erase(submitted);
}

// Sources before targets, which may be the same bytes.
void Session::transferred(const std::vector<Side>& sides, std::uint64_t submitted, bool ok) {
  const Times times{submitted, now()};
  if (ok && sides.size() == 2)
    copied(sides[0].at, sides[1].at, sides[0].box);
  else if (ok && sides.front().writes)
    host_writes(sides.front().at, sides.front().box, true);
  else if (ok)
    host_reads(sides.front().at, sides.front().box);
  for (const Side& side : sides) {
    if (!races_on_) break;
    Transfer transfer{side.what, {}, side.writes, times};
    for_rows(side.box, side.target, [&](auto offset, auto bytes) {
      transfer.rows.push_back({side.at + offset, bytes});
    });
    apply([this, transfer = std::move(transfer)]() mutable { races_.transferred(std::move(transfer)); });
  }
  finished(submitted);
}

void Session::launch_done(std::uint64_t id, std::uint64_t submitted) {
  const std::uint64_t time = now();
  finished(submitted);
  if (races_on_ && id) apply([this, id, time] { races_.done(id, time); });
}

// One finding for each place that makes them.
void Session::find_leaks() {
  if (!tools_.has(Tool::kLeaks)) return;
  for (const Allocation& left : map_.of_application())
    collector_.add({Kind::kLeak, {}, {}, 0, 0, left.label + " " + left.made}, 1, [&] {
      Finding finding;
      finding.kind = Kind::kLeak;
      finding.deed = {{}, "allocation", left.made.empty() ? "the application" : left.made};
      finding.what =
          fmt::format("{} number {} of {} bytes is not released", left.label, left.number, left.bytes);
      finding.name = fmt::format("{} of {}", left.label, finding.deed.who);
      return finding;
    });
}

// ---- a launch ----

std::span<const device::Interest> Session::begin(LaunchState& launch, std::uint64_t submitted) {
  std::unique_lock turn(turn_);
  running_ = std::move(turn);
  apply_waiting();
  launch_ = &launch;
  launch.program->decode(launch.shape.code, tools_);
  std::uint64_t oldest = submitted;
  {
    std::lock_guard lock(unfinished_mutex_);
    if (!unfinished_.empty()) oldest = *unfinished_.begin();
  }
  memory_.begin(launch);
  if (races_on_) races_.begin(launch, submitted, oldest);
  if (initialisation_on_) initialisation_.begin(launch);
  barriers_.begin(launch);
  notes_.assign(launch.shape.group_warps, isa::Note());
  return launch.program->interests();
}

void Session::begin_group(const std::array<std::uint64_t, 3>& group) {
  launch_->group = group;
  flags_ = 0;
  if (races_on_) races_.begin_group(group);
  if (initialisation_on_) initialisation_.begin_group();
  barriers_.begin_group();
}

void Session::begin_warp(unsigned rank, std::uint64_t mask) {
  notes_[rank] = {};
  if (initialisation_on_) initialisation_.begin_warp(rank);
  barriers_.begin_warp(rank, mask);
}

void Session::turn(device::ObservedWarp& warp) {
  warp.interesting = initialisation_on_ ? initialisation_.interesting(warp.rank) : &nothing_;
}

void Session::end_group() {
  if (races_on_) races_.end_group();
}

std::uint64_t Session::end(bool stuck) {
  if (stuck) barriers_.stuck();
  const std::uint64_t id = races_on_ ? races_.end() : 0;
  if (initialisation_on_) initialisation_.end();
  reporter_.end();
  launch_ = nullptr;
  { const std::unique_lock turn = std::move(running_); }
  apply_if_free();
  return id;
}

std::uint64_t Session::step(device::ObservedWarp& warp, std::size_t instruction) {
  const Fact& fact = launch_->program->facts()[instruction];
  if (fact.bytes) return access(warp, instruction, fact);
  switch (fact.kind) {
    case OperationClass::kBarrier:
      barrier(warp, instruction);
      return warp.mask;
    case OperationClass::kFence:
      if (races_on_ && !launch_->program->has_notes()) races_.fence(warp.rank, warp.mask, kAllFlags);
      return warp.mask;
    case OperationClass::kVote:
      if (races_on_ && fact.in.op == isa::Op::vote_all && !launch_->program->has_notes())
        races_.meet_sub_group(warp.rank);
      break;
    default:
      if (fact.is_note) {
        note(warp, instruction, fact);
        return warp.mask;
      }
  }
  if (initialisation_on_) initialisation_.step(warp, instruction);
  return warp.mask;
}

void Session::note(device::ObservedWarp& warp, std::size_t instruction, const Fact& fact) {
  const auto told = isa::to_note(warp.integers(fact.in.rs1)[first_lane(warp.mask)]);
  switch (told.kind) {
    case NoteKind::kNone:
      return;
    case NoteKind::kSubGroupBarrier:
      barriers_.sub_group(warp, instruction, told.part);
      if (races_on_) races_.meet_sub_group(warp.rank);
      return;
    case NoteKind::kSubGroup:
      barriers_.sub_group(warp, instruction, told.part);
      return;
    case NoteKind::kFence:
      if (races_on_ && told.order != isa::kRelaxed)
        races_.fence(warp.rank, warp.mask, told.flags ? told.flags : kAllFlags);
      return;
    default:
      notes_[warp.rank] = told;
  }
}

void Session::barrier(device::ObservedWarp& warp, std::size_t instruction) {
  const isa::Note told = std::exchange(notes_[warp.rank], {});
  const bool noted = told.kind == NoteKind::kBarrier;
  if (races_on_ && noted && of_device(told.scope)) races_.fence(warp.rank, warp.mask, told.flags);
  flags_ |= noted ? told.flags : kAllFlags;
  if (launch_->program->facts()[instruction].in.op == isa::Op::bar_wait) return;
  if (!barriers_.arrive(warp, instruction)) return;
  if (races_on_) races_.meet(std::exchange(flags_, 0));
}

Space Session::space_of(std::uint64_t address) const {
  const auto& shape = launch_->shape;
  if (address - shape.private_begin < shape.private_end - shape.private_begin) return Space::kPrivate;
  return address - shape.local_begin < shape.local_bytes ? Space::kLocal : Space::kGlobal;
}

std::uint64_t Session::access(device::ObservedWarp& warp, std::size_t instruction, const Fact& fact) {
  Access access;
  access.warp = &warp;
  access.fact = &fact;
  access.instruction = instruction;
  access.mask = warp.mask;
  access.is_line = warp.is_line(fact.in.rs1, access.base, access.slope);
  if (!access.is_line) {
    access.x = warp.integers(fact.in.rs1);
    access.base = 0;
  }
  access.base += static_cast<std::uint64_t>(fact.in.imm);
  find_ends(access);
  const auto& shape = launch_->shape;
  access.space = space_of(access.least);
  const bool global =
      access.space == Space::kGlobal && access.least >= shape.private_end &&
      (access.most < shape.local_begin || access.least >= shape.local_begin + shape.local_bytes);
  if (global || (access.space != Space::kGlobal && space_of(access.most) == access.space))
    return access_in(access);
  std::uint64_t may = 0;
  for (const Space space : {Space::kGlobal, Space::kLocal, Space::kPrivate}) {
    Access part = access;
    part.space = space;
    part.mask = 0;
    for_lanes(access.mask, [&](unsigned lane) {
      part.mask |= std::uint64_t{space_of(access.address(lane)) == space} << lane;
    });
    if (part.mask) may |= access_in(part);
  }
  return may;
}

std::uint64_t Session::access_in(Access& access) {
  const auto& shape = launch_->shape;
  const unsigned rank = access.warp->rank;
  if (initialisation_on_) initialisation_.address(access);
  const std::uint64_t asked = access.mask;
  access.mask = memory_.access(access);
  const std::uint64_t may = memory_on_ ? access.mask : asked;
  if (!access.mask) return may;
  if (access.mask != asked) find_ends(access);
  const bool arguments = access.least - shape.block_begin < shape.block_bytes;
  if (initialisation_on_) initialisation_.access(access);
  if (access.space == Space::kPrivate || arguments) return may;
  const isa::Note told = std::exchange(notes_[rank], {});
  if (races_on_) races_.access(access, told.kind >= NoteKind::kAtomic ? told : isa::Note());
  return may;
}

}  // namespace kiesel::check
