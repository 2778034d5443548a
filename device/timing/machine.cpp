#include "device/timing/machine.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

namespace kiesel::timing {
namespace {

// Cycles that a core runs at most before it is given more work-groups; of one core alone.
constexpr std::uint64_t kWindow = 64, kLongWindow = 1 << 16;
constexpr unsigned kWorthATeam = 200;            // windows that a launch has had
constexpr unsigned kWindowsBetweenLooks = 4096;  // at whether the launch is cancelled

}  // namespace

Machine::Machine(Design design, unsigned threads)
    : design_(std::move(design)),
      memory_(std::make_unique<SharedMemory>(design_)),
      groups_(design_.cores),
      threads_(std::min(threads, design_.cores)) {}

void Machine::make_cores() {
  for (GroupQueue& own : groups_) own = {};
  if (!cores_.empty()) return;
  for (std::uint32_t core = 0; core < design_.cores; ++core)
    cores_.push_back(std::make_unique<Core>(design_, core));
}

// A core of many has one work-group in store.
void Machine::hand_out(GroupQueue& all) {
  for (GroupQueue& own : groups_) {
    if (own.next != own.end || all.next == all.end) continue;
    own.next = all.next;
    own.end = all.next = cores_.size() == 1 ? all.end : all.next + 1;
  }
}

// What is under way belongs to nobody any more.
Machine::Outcome Machine::give_up(Outcome outcome) {
  cores_.clear();
  memory_ = std::make_unique<SharedMemory>(design_);
  return outcome;
}

void Machine::exchange() {
  for (const auto& core : cores_) {
    for (const MemoryRequest& request : core->requests()) memory_->add(request);
    core->requests().clear();
  }
}

bool Machine::is_done(const GroupQueue& all) const {
  return all.next == all.end &&
         std::all_of(cores_.begin(), cores_.end(), [](const auto& core) { return core->is_done(); });
}

// That cores have run to; one of many runs to its window's end.
std::uint64_t Machine::reached() const {
  std::uint64_t at = kNever;
  for (const auto& core : cores_) at = std::min(at, core->now());
  return at;
}

std::uint64_t Machine::next() const {
  std::uint64_t at = memory_->next();
  for (const auto& core : cores_) at = std::min(at, core->next());
  return at;
}

// False after a fault.
bool Machine::run_cores(bool together, std::uint64_t until) {
  if (together && !team_) team_ = std::make_unique<Team>(threads_);
  if (!together)
    return std::all_of(cores_.begin(), cores_.end(),
                       [&](const auto& core) { return core->run(until, memory_done_); });
  std::atomic<bool> faulted{false};
  team_->run([&](unsigned member) {
    for (std::size_t i = member; i < cores_.size(); i += threads_)
      if (!cores_[i]->run(until, memory_done_)) faulted = true;
  });
  return !faulted;
}

// Cores know of each other by what memory answers and by the work-groups that they are given: a core runs on
// until memory may have answered it, and memory does what all cores have asked for until where they are.
Machine::Outcome Machine::run(Work& work) {
  GroupQueue all{0, work.shape().groups};
  make_cores();
  memory_->begin();
  began_ = now_;
  hand_out(all);
  for (std::size_t i = 0; i < cores_.size(); ++i) cores_[i]->begin(work, now_, groups_[i]);
  const bool together = threads_ > 1 && work.may_share();
  for (unsigned windows = 1; !is_done(all); ++windows) {
    const std::uint64_t until = now_ + (cores_.size() == 1 ? kLongWindow : kWindow);
    if (!run_cores(together && windows > kWorthATeam, until)) return give_up(Outcome::kFault);
    exchange();
    memory_done_ = std::min(until, reached());
    memory_->run(memory_done_);
    for (const Answer& answer : std::exchange(memory_->answers, {})) cores_[answer.source]->take(answer);
    hand_out(all);
    now_ = std::max(reached(), std::min(next(), kNever - 1));
    if (windows % kWindowsBetweenLooks == 0 && work.must_end()) return give_up(Outcome::kStopped);
  }
  finished_ = began_;
  for (const auto& core : cores_) finished_ = std::max(finished_, core->finished());
  // What memory has done it has done: the next launch is behind it, or its first answers would be late.
  now_ = std::max(finished_ + 1, memory_done_);
  return Outcome::kDone;
}

}  // namespace kiesel::timing
