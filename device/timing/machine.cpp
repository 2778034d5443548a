#include "device/timing/machine.hpp"

#include <algorithm>
#include <utility>

namespace kiesel::timing {
namespace {

constexpr std::uint64_t kNever = ~std::uint64_t{0};
constexpr unsigned kWindowsBetweenLooks = 4096;  // at whether the launch is cancelled

}  // namespace

Machine::Machine(Design design)
    : design_(std::move(design)), memory_(std::make_unique<SharedMemory>(design_)), groups_(design_.cores) {}

// A launch finds first-level caches empty: the one before was flushed from them. What a fault left goes, too.
void Machine::make_cores() {
  cores_.clear();
  for (std::uint32_t core = 0; core < design_.cores; ++core)
    cores_.push_back(std::make_unique<Core>(design_, core));
  for (GroupQueue& own : groups_) own = {};
}

// A core of many has one work-group in store.
void Machine::hand_out(GroupQueue& all) {
  for (GroupQueue& own : groups_) {
    if (own.next != own.end || all.next == all.end) continue;
    own.next = all.next;
    own.end = all.next = cores_.size() == 1 ? all.end : all.next + 1;
  }
}

// What is under way in memory belongs to nobody any more.
Machine::Outcome Machine::give_up(Outcome outcome) {
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

std::uint64_t Machine::next() const {
  std::uint64_t at = memory_->next();
  for (const auto& core : cores_) at = std::min(at, core->next());
  return at;
}

// What cores ask for or are given is on its way for so many cycles: that long, none needs to know of the
// others.
Machine::Outcome Machine::run(Work& work) {
  GroupQueue all{0, work.shape().groups};
  make_cores();
  memory_->begin();
  began_ = now_;
  hand_out(all);
  for (std::size_t i = 0; i < cores_.size(); ++i) cores_[i]->begin(work, now_, groups_[i]);
  for (unsigned windows = 1; !is_done(all); ++windows) {
    const std::uint64_t until = now_ + design_.interconnect_cycles;
    for (const auto& core : cores_)
      if (!core->run(until)) return give_up(Outcome::kFault);
    exchange();
    memory_->run(until);
    for (const Answer& answer : std::exchange(memory_->answers, {})) cores_[answer.source]->take(answer);
    hand_out(all);
    now_ = std::max(until, std::min(next(), kNever - 1));
    if (windows % kWindowsBetweenLooks == 0 && work.must_end()) return give_up(Outcome::kStopped);
  }
  finished_ = began_;
  for (const auto& core : cores_) finished_ = std::max(finished_, core->finished());
  now_ = finished_ + 1;
  return Outcome::kDone;
}

}  // namespace kiesel::timing
