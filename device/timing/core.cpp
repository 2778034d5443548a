#include "device/timing/core.hpp"

#include <algorithm>
#include <utility>

namespace kiesel::timing {
namespace {

constexpr std::uint32_t kData = 0, kInstructions = 1;  // tags of a core's requests to memory
constexpr std::uint64_t kCacheCycles = 4;  // of fetch_cycles: the instruction cache's, when it has the line

std::uint64_t bit(std::uint32_t slot) { return std::uint64_t{1} << slot; }
std::size_t index(Unit unit) { return static_cast<std::size_t>(unit); }
std::uint8_t small(std::uint32_t value) { return static_cast<std::uint8_t>(value); }

}  // namespace

Core::Core(const Design& design, std::uint32_t number)
    : design_(design),
      number_(number),
      slots_(design.warps),
      all_(design.warps == 64 ? kNever : bit(design.warps) - 1),
      fetching_(design.warps),
      issue_(design.issue_width),
      places_(design.warps),
      instruction_cache_(design.instruction_cache, kInstructions),
      data_cache_(design.data_cache, kData),
      lsu_(design, data_cache_) {
  for (std::uint32_t slot = 0; slot < design.warps; ++slot) issue_[issue_of(slot)].slots |= bit(slot);
  for (IssueSlot& issue : issue_) issue.collector.resize(design.collectors);
}

void Core::begin(Work& work, std::uint64_t now, GroupQueue& groups) {
  work_ = &work;
  groups_ = &groups;
  now_ = seen_ = began_ = finished_ = now;
  lsu_wakes_ = data_wakes_ = instructions_wake_ = kNever;
  counts_ = {};
  blocked_.clear();
  lsu_.counts = {};
  instruction_cache_.clear();
  data_cache_.clear();
  for (WarpSlot& slot : slots_) slot.used = false;
  dispatch_ = std::make_unique<Dispatch>(design_, work.shape(), now + design_.launch_cycles);
  stalls_.assign(work.instructions().size(), {});
  std::fill(places_.begin(), places_.end(), Place{});
}

bool Core::is_done() const {
  return !active_ && dispatch_->idle() && groups_->next == groups_->end && events_.next(now_) == kNever &&
         lsu_.idle() && control_.empty();
}

std::uint64_t Core::next() const {
  if (ready_ || fetchable()) return now_;
  std::uint64_t at = std::min({events_.next(now_), dispatch_->next(now_, all_ & ~active_, *groups_),
                               lsu_wakes_, data_wakes_, instructions_wake_});
  if (!control_.empty()) at = std::min(at, control_.front().arrives + 1);
  return std::max(at, now_);
}

bool Core::run(std::uint64_t until, std::uint64_t memory_done) {
  until = std::min(until, answered_from(memory_done));
  for (now_ = std::min(until, next()); now_ < until && !faulted_; now_ = std::min(until, next())) {
    const std::size_t asked = unanswered_.size();
    cycle(now_);
    ++now_;
    if (unanswered_.size() != asked) until = std::min(until, answered_from(memory_done));
  }
  return !faulted_;
}

// The first cycle at which memory could answer, of what it has not answered yet.
std::uint64_t Core::answered_from(std::uint64_t memory_done) const {
  std::uint64_t at = kNever;
  for (const MemoryRequest& request : unanswered_)
    at = std::min(at, std::max(request.cycle, memory_done) + design_.interconnect_cycles);
  return at;
}

void Core::cycle(std::uint64_t now) {
  const std::uint64_t staged = staged_[0] | staged_[1] | staged_[2] | staged_[3];
  if (staged & ~ready_) counts_.scoreboard_cycles += now - seen_;
  seen_ = now;
  events_.take(now, [&](const Event& event) { handle(event, now); });
  Dispatch::Start begins;
  const std::uint64_t idle = all_ & ~active_;
  if (dispatch_->next(now, idle, *groups_) <= now && dispatch_->step(now, idle, *groups_, begins))
    start(now, begins);
  lsu_.settle(now);
  if (!control_.empty()) control(now);
  memory(now);
  for (std::uint32_t i = 0; i < issue_.size(); ++i) issue(issue_[i], small(i), now);
  fetch(now);
  if (instructions_wake_ <= now) {
    instruction_cache_.step(now);
    take_instructions();
    ask_memory(instruction_cache_);
    instructions_wake_ = instruction_cache_.next(now + 1);
  }
}

// Loads and stores, and the data cache.
void Core::memory(std::uint64_t now) {
  if (lsu_wakes_ <= now) {
    const std::uint32_t slot = lsu_.step(now, *work_, slots_);
    if (slot != Lsu::kNobody) ++issue_[issue_of(slot)].freed[index(Unit::kLsu)];
    data_wakes_ = data_cache_.next(now);
    if (!lsu_.done.empty()) take_loads(now);
    lsu_wakes_ = lsu_.next(now + 1);
  }
  if (data_wakes_ > now) return;
  data_cache_.step(now);
  if (!data_cache_.answers.empty()) lsu_wakes_ = now + 1;
  if (!data_cache_.below.empty()) ask_memory(data_cache_);
  data_wakes_ = data_cache_.next(now + 1);
}

void Core::handle(const Event& event, std::uint64_t now) {
  WarpSlot& slot = slots_[event.slot];
  switch (event.what) {
    case What::kDecoded:
      if (blocked_.empty() && slot.buffered < design_.instruction_buffer) return decoded(event.slot, now);
      fetching_[event.slot].decoded = now;
      blocked_.push_back(event.slot);
      return;
    case What::kUnblocked:
      return decoded(event.slot, now);
    case What::kStaged:
      return stage(event.slot, now);
    case What::kUnlocked:
      stalled_ &= ~bit(event.slot);
      slot.resolved = now;
      return;
    case What::kCredit:
      ++issue_[event.issue].freed[event.unit];
      return;
    case What::kWritten:
      --slot.in_flight;
      slot.busy &= ~event.registers;
      if (slot.staged.step && !(ready_ & bit(event.slot))) {
        slot.ready_reason = slot.busy_memory & event.registers ? Stall::kMemory : Stall::kDependency;
        find_ready(event.slot, now);
      }
      slot.busy_memory &= ~event.registers;
      if (slot.drains && slot.drained()) {
        slot.drains = false;
        events_.add(now + 1, {What::kUnlocked, small(event.slot)});
      }
      return;
    case What::kEnded:
      active_ &= ~bit(event.slot);
      counts_.warp_cycles += now - slot.begun;
      dispatch_->ended(now - 1, slot.seat.place);
      return;
  }
}

void Core::start(std::uint64_t now, const Dispatch::Start& begins) {
  WarpSlot& slot = slots_[begins.slot];
  slot.seat = {number_, begins.slot, begins.place};
  if (!work_->sit(slot.seat, begins.group, begins.rank, slot.used, now)) faulted_ = true;
  slot.used = true;
  slot.begun = slot.issued = slot.resolved = now + 1;
  slot.fetch_reason = Stall::kFetch;
  slot.position = slot.traces[slot.trace].steps.size();
  active_ |= bit(begins.slot);
  stalled_ |= bit(begins.slot);
  events_.add(now + 1, {What::kUnlocked, small(begins.slot)});
}

// The instruction that the warp executes next.
bool Core::next_step(WarpSlot& slot, std::uint64_t now, Pending& out) {
  if (slot.position == slot.traces[slot.trace].steps.size()) {
    slot.trace = (slot.trace + 1) % WarpSlot::kTraces;
    slot.position = 0;
    slot.traces[slot.trace].clear();
    if (!work_->more(slot.seat, now, slot.traces[slot.trace])) return false;
  }
  out.trace = &slot.traces[slot.trace];
  out.step = &out.trace->steps[slot.position++];
  out.facts = &work_->instructions()[out.step->insn];
  return true;
}

// A clock is read when all before it is over.
bool Core::must_drain(const WarpSlot& slot) const {
  return slot.position == slot.traces[slot.trace].steps.size() && !slot.drained() &&
         work_->asks_time(slot.seat);
}

// Warps with room in their buffers or, where no warp of the core has any, all.
std::uint64_t Core::fetchable() const {
  return active_ & ~stalled_ & (design_.fetch_when_full && full_ == all_ ? all_ : ~full_);
}

void Core::note_fetched(std::uint32_t number) {
  full_ &= ~bit(number);
  if (slots_[number].fetched == design_.instruction_buffer) full_ |= bit(number);
}

// The first warp in the order of slots that can be fetched.
void Core::fetch(std::uint64_t now) {
  const std::uint64_t can = fetchable();
  if (!can) return;
  const auto number = static_cast<std::uint32_t>(__builtin_ctzll(can));
  WarpSlot& slot = slots_[number];
  stalled_ |= bit(number);
  if (must_drain(slot)) {
    slot.drains = true;
    slot.fetch_reason = Stall::kDependency;
    return;
  }
  if (!next_step(slot, now, fetching_[number])) {
    faulted_ = true;
    return;
  }
  ++slot.fetched;
  note_fetched(number);
  ++counts_.fetches;
  fetch_line(now, number);
}

void Core::fetch_line(std::uint64_t now, std::uint32_t number) {
  const Pending& fetched = fetching_[number];
  const std::uint64_t line =
      (work_->code_address() + std::uint64_t{4} * fetched.step->insn) / design_.instruction_cache.line_bytes;
  Bank& bank = instruction_cache_.bank_of(line);
  if (!bank.hits_at_once(line)) {
    fetching_[number].decoded = now;
    const std::uint64_t asks = now + kCacheCycles - design_.instruction_cache.hit_cycles;
    bank.add({asks, line, 0, number, false});
    instructions_wake_ = std::min(instructions_wake_, asks);
    return;
  }
  ++instruction_cache_.counts.reads;
  counts_.fetch_cycles += kCacheCycles;
  events_.add(now + design_.fetch_cycles, {What::kDecoded, small(number)});
}

void Core::take_instructions() {
  for (const Answer& answer : instruction_cache_.answers) {
    counts_.fetch_cycles += answer.cycle - fetching_[answer.tag].decoded;
    events_.add(answer.cycle + design_.fetch_cycles - kCacheCycles, {What::kDecoded, small(answer.tag)});
  }
  instruction_cache_.answers.clear();
}

void Core::decoded(std::uint32_t number, std::uint64_t now) {
  WarpSlot& slot = slots_[number];
  Pending& entry = slot.push();
  entry = fetching_[number];
  entry.decoded = now;
  if (!stalls_fetch(entry.facts->control))
    events_.add(now + design_.refetch_cycles - design_.fetch_cycles, {What::kUnlocked, small(number)});
  if (slot.buffered == 1 && !slot.staged.step) events_.add(now + 2, {What::kStaged, small(number)});
}

void Core::stage(std::uint32_t number, std::uint64_t now) {
  WarpSlot& slot = slots_[number];
  slot.staged = slot.pop();
  --slot.fetched;
  note_fetched(number);
  if (!blocked_.empty()) unblock(now);
  slot.staged_at = now;
  slot.ready_reason = Stall::kDependency;
  staged_[index(slot.staged.facts->unit)] |= bit(number);
  find_ready(number, now);
}

// What was fetched for a warp without room goes on, one a cycle with what waited behind it.
void Core::unblock(std::uint64_t now) {
  const auto has_room = [&](std::uint32_t number) {
    return slots_[number].buffered < design_.instruction_buffer;
  };
  for (std::uint64_t at = now + design_.fetch_cycles - kCacheCycles;
       !blocked_.empty() && has_room(blocked_.front()); ++at) {
    const std::uint32_t number = blocked_.front();
    blocked_.pop_front();
    counts_.fetch_cycles += at - fetching_[number].decoded;
    events_.add(at, {What::kUnblocked, small(number)});
  }
}

void Core::find_ready(std::uint32_t number, std::uint64_t now) {
  WarpSlot& slot = slots_[number];
  if (slot.busy & slot.staged.facts->uses) return;
  ready_ |= bit(number);
  slot.ready_at = now;
  slot.full_before = issue_[issue_of(number)].full_until(index(slot.staged.facts->unit), now);
}

// The warp that was issued last goes on while it can; then comes the next one in turn or, where there are
// many, the one that has waited longest.
std::uint32_t Core::choose(const IssueSlot& issue, std::uint64_t ready) const {
  if (ready & bit(issue.last)) return issue.last;
  if (design_.warps / design_.issue_width <= 8) {
    const std::uint64_t behind = ready & ~(bit(issue.last) | (bit(issue.last) - 1));
    return static_cast<std::uint32_t>(__builtin_ctzll(behind ? behind : ready));
  }
  auto best = static_cast<std::uint32_t>(__builtin_ctzll(ready));
  for (; ready; ready &= ready - 1) {
    const auto slot = static_cast<std::uint32_t>(__builtin_ctzll(ready));
    if (issue.granted[slot] < issue.granted[best]) best = slot;
  }
  return best;
}

// A unit's queue is seen to be full one cycle later than it is.
void Core::issue(IssueSlot& issue, std::uint8_t number, std::uint64_t now) {
  if (now > issue.looked + 1) look_at_queues(issue, issue.looked + 2);  // cycles were skipped
  issue.looked = now;
  std::uint64_t can = 0;
  for (std::size_t unit = 0; unit < kUnits; ++unit)
    if (!issue.full[unit]) can |= staged_[unit];
  can &= ready_ & issue.slots;
  std::size_t unit = kUnits;
  if (can) {
    const std::uint32_t slot_number = choose(issue, can);
    WarpSlot& slot = slots_[slot_number];
    const InstructionFacts& facts = *slot.staged.facts;
    const std::uint64_t arrives = collect(issue, slot_number, facts, now);
    if (arrives != kNever) {
      unit = index(facts.unit);
      account(issue, slot, now);
      const Pending instruction = std::exchange(slot.staged, {});
      staged_[unit] &= ~bit(slot_number);
      ready_ &= ~bit(slot_number);
      issue.last = slot_number;
      issue.granted[slot_number] = now;
      slot.busy |= facts.writes;
      ++slot.in_flight;
      if (slot.buffered)
        events_.add(std::max(now + 1, slot.buffer[slot.first].decoded + 2),
                    {What::kStaged, small(slot_number)});
      execute(issue, number, slot_number, instruction, arrives);
    }
  }
  look_at_queues(issue, now + 1);
  if (unit != kUnits) ++issue.queued[unit];
  for (std::size_t i = 0; i < kUnits; ++i) issue.queued[i] -= std::exchange(issue.freed[i], 0);
}

// `from`: the first cycle that sees it.
void Core::look_at_queues(IssueSlot& issue, std::uint64_t from) const {
  for (std::size_t i = 0; i < kUnits; ++i) {
    const bool full = issue.queued[i] + 1 >= design_.unit_queue;
    if (full == issue.full[i]) continue;
    if (issue.full[i])
      issue.full_cycles[i] = issue.full_until(i, from);
    else
      issue.full_from[i] = from;
    issue.full[i] = full;
  }
}

std::uint64_t Core::IssueSlot::full_until(std::size_t unit, std::uint64_t cycle) const {
  return full_cycles[unit] + (full[unit] && cycle > full_from[unit] ? cycle - full_from[unit] : 0);
}

// When the instruction reaches its unit; kNever where the collectors take none now.
std::uint64_t Core::collect(IssueSlot& issue, std::uint32_t slot, const InstructionFacts& facts,
                            std::uint64_t now) {
  std::uint64_t& collector = issue.collector[slot / design_.issue_width % design_.collectors];
  const std::uint64_t enters = std::max({now + 1, issue.entered + 1, collector});
  if (enters > now + 2) return kNever;
  issue.entered = enters;
  collector = enters + 1 + facts.collisions;
  return issue.collected =
             std::max(enters + facts.collisions + design_.operand_cycles - 1, issue.collected + 1);
}

void Core::execute(IssueSlot& issue, std::uint8_t number, std::uint32_t slot, const Pending& instruction,
                   std::uint64_t arrives) {
  const InstructionFacts& facts = *instruction.facts;
  ++counts_.issued;
  ++counts_.by_unit[index(facts.unit)];
  counts_.collisions += facts.collisions;
  if (facts.unit == Unit::kLsu) {
    if (facts.kind != isa::OperationClass::kStore) slots_[slot].busy_memory |= facts.writes;
    lsu_wakes_ = std::min(lsu_wakes_, arrives);
    return lsu_.send(arrives, slot, instruction);
  }
  if (facts.unit == Unit::kSfu) {
    control_.push_back({arrives, small(slot), number, instruction});
    events_.add(arrives, {What::kCredit, small(slot), small(static_cast<std::uint32_t>(Unit::kSfu)), number});
    return;
  }
  std::uint64_t& free = unit_free_[index(facts.unit)];
  std::uint64_t accepted = std::max(arrives, free);
  if (facts.unit == Unit::kFpu) accepted = accept_float(accepted, facts);
  free = accepted + facts.interval;
  events_.add(accepted, {What::kCredit, small(slot), small(static_cast<std::uint32_t>(facts.unit)), number});
  commit(issue, slot, facts, accepted);
  if (facts.control == Control::kBranch) unlock(slot, accepted + design_.branch_cycles);
}

// The float unit has so many instructions at a time.
std::uint64_t Core::accept_float(std::uint64_t arrives, const InstructionFacts& facts) {
  while (floats_.size() >= design_.float_in_flight) {
    arrives = std::max(arrives, floats_.front() + 1);
    floats_.pop_front();
  }
  floats_.push_back(arrives + facts.latency - 2);
  return arrives;
}

// One instruction a cycle is written back.
void Core::commit(IssueSlot& issue, std::uint32_t slot, const InstructionFacts& facts,
                  std::uint64_t accepted) {
  const std::uint64_t written = issue.commits.take(accepted + facts.latency - 1);
  finished_ = std::max(finished_, written);
  events_.add(written + 1, {What::kWritten, small(slot), 0, 0, facts.writes});
}

void Core::unlock(std::uint32_t slot, std::uint64_t at) {
  slots_[slot].fetch_reason = Stall::kBranch;
  events_.add(at, {What::kUnlocked, small(slot)});
}

// The special function unit takes instructions in order; some wait for what is before them.
void Core::control(std::uint64_t now) {
  const ControlInstruction front = control_.front();
  const InstructionFacts& facts = *front.instruction.facts;
  std::uint64_t& free = unit_free_[index(Unit::kSfu)];
  if (now < front.arrives + 1 || now < free) return;
  if (facts.kind == isa::OperationClass::kBarrier && !lsu_.drained()) return;
  if (facts.control == Control::kSync && slots_[front.slot].in_flight > 1) return;
  control_.pop_front();
  free = now + facts.interval;
  commit(issue_[front.issue], front.slot, facts, now - 1);
  switch (facts.control) {
    case Control::kMask:
    case Control::kSync:
      if (front.instruction.step->ended)
        events_.add(now - 1 + design_.branch_cycles, {What::kEnded, front.slot});
      else
        unlock(front.slot, now - 1 + design_.branch_cycles);
      return;
    case Control::kJoin:
      return unlock(front.slot, now - 1 + design_.join_cycles);
    case Control::kBarrier:
    case Control::kArrival:
      return arrive(front.slot, front.instruction, now);
    case Control::kWait:
      return wait(front.slot, front.instruction, now);
    default:
      return;
  }
}

// At a barrier that opens for so many warps; `bar` waits there, too.
void Core::arrive(std::uint32_t number, const Pending& instruction, std::uint64_t now) {
  const std::uint64_t* const operands = instruction.trace->addresses.data() + instruction.step->address;
  Place& place = places_[slots_[number].seat.place];
  Barrier& barrier = place[operands[0] % place.size()];
  if (instruction.facts->control == Control::kBarrier) barrier.waiting |= bit(number);
  if (++barrier.arrived < operands[1]) return;
  for (std::uint64_t left = barrier.waiting; left; left &= left - 1) {
    const auto slot = static_cast<std::uint32_t>(__builtin_ctzll(left));
    unlock(slot, now - 1 + design_.barrier_cycles);
    slots_[slot].fetch_reason = Stall::kBarrier;
  }
  barrier = {0, barrier.generation + 1, 0};
}

// For a barrier that the warp has arrived at before, whose phase it knows.
void Core::wait(std::uint32_t number, const Pending& instruction, std::uint64_t now) {
  const std::uint64_t* const operands = instruction.trace->addresses.data() + instruction.step->address;
  Place& place = places_[slots_[number].seat.place];
  Barrier& barrier = place[operands[0] % place.size()];
  if ((barrier.generation & 1) == (operands[1] & 1))
    barrier.waiting |= bit(number);
  else
    unlock(number, now - 1 + design_.barrier_cycles);
}

void Core::take_loads(std::uint64_t now) {
  for (const Lsu::Done& done : lsu_.done) {
    IssueSlot& issue = issue_[issue_of(done.slot)];
    const std::uint64_t written = issue.commits.take(std::max(now, done.cycle));
    finished_ = std::max(finished_, written);
    if (!done.last) continue;
    events_.add(written + 1, {What::kWritten, small(done.slot), 0, 0, done.writes});
  }
  lsu_.done.clear();
}

void Core::ask_memory(Cache& cache) {
  for (const MemoryRequest& below : cache.below) {
    requests_.push_back(below);
    requests_.back().cycle += design_.interconnect_cycles;
    requests_.back().tag = below.source;
    requests_.back().source = number_;
    if (!below.write) unanswered_.push_back(requests_.back());
  }
  cache.below.clear();
}

void Core::take(const Answer& answer) {
  const bool instructions = answer.tag == kInstructions;
  const auto asked = std::find_if(unanswered_.begin(), unanswered_.end(), [&](const MemoryRequest& request) {
    return request.line == answer.line && request.tag == answer.tag;
  });
  *asked = unanswered_.back();
  unanswered_.pop_back();
  const std::uint64_t cycle = answer.cycle + design_.interconnect_cycles;
  (instructions ? instruction_cache_ : data_cache_).fill(cycle, answer.line);
  std::uint64_t& wakes = instructions ? instructions_wake_ : data_wakes_;
  wakes = std::min(wakes, cycle);
}

// Where the cycles went since the warp's last instruction.
void Core::account(const IssueSlot& issue, WarpSlot& slot, std::uint64_t now) {
  auto& of = stalls_[slot.staged.step->insn];
  std::uint64_t at = slot.issued;
  const auto until = [&](std::uint64_t cycle, Stall reason) {
    if (cycle <= at) return;
    of[static_cast<std::size_t>(reason)] += cycle - at;
    counts_.stalls[static_cast<std::size_t>(reason)] += cycle - at;
    at = cycle;
  };
  if (slot.fetch_reason != Stall::kFetch) until(slot.resolved, slot.fetch_reason);
  until(slot.staged_at, Stall::kFetch);
  until(slot.ready_at, slot.ready_reason);
  const std::uint64_t full =
      issue.full_until(index(slot.staged.facts->unit), now) - slot.full_before;  // since it was ready
  until(std::min(now, at + full), Stall::kUnit);
  until(now, Stall::kIssue);
  slot.fetch_reason = Stall::kFetch;
  slot.issued = now + 1;
}

}  // namespace kiesel::timing
