#include "device/model/traced_work.hpp"

#include <algorithm>
#include <cstring>

#include "device/model/interpreter/trace.hpp"

namespace kiesel::model {
namespace {

// Steps that a warp runs ahead of its time: what others of its group or the device wrote meanwhile it sees
// late.
constexpr std::uint64_t kAhead = 128;

std::uint32_t warps_of(const Grid& grid, std::uint32_t lanes) {
  const auto& size = grid.local_size;
  return (size[0] * size[1] * size[2] + lanes - 1) / lanes;
}

}  // namespace

TracedWork::TracedWork(Memory& memory, const Engine& engine, const Configuration& configuration,
                       const timing::Design& design, const Placement& placement)
    : memory_(memory),
      engine_(engine),
      configuration_(configuration),
      design_(design),
      placement_(placement),
      cores_(design.cores) {
  for (DesignCore& core : cores_) {
    core.places.resize(design.warps);
    core.warps.resize(design.warps);
    core.counting = Counting({design.data_cache.line_bytes, design.local_banks, design.local_word_bytes});
    core.resumes.resize(design.warps);
  }
}

TracedWork::~TracedWork() {
  for (DesignCore& core : cores_)
    for (Warp* warp : core.warps) engine_.destroy_warp(warp);
}

void TracedWork::begin(const LaunchContext& launch) {
  launch_ = &launch;
  shape_ = {launch.grid.total_groups(), warps_of(launch.grid, design_.lanes), launch.local_memory_bytes};
  sample_ = whole(shape_.groups);
  starts_.clear();
  for (DesignCore& core : cores_) {
    core.fault = nullptr;
    core.not_repeated = 0;
    if (launch.counted) core.counting.begin(launch.module->code());
    for (Place& place : core.places) place.group = ~std::uint64_t{0};
  }
  const Code& code = launch.module->code();
  if (launch.module->number() == module_) return;
  module_ = launch.module->number();
  code_ = &code;
  std::vector<std::uint32_t> words(code.insns.size());
  std::memcpy(words.data(), reinterpret_cast<const void*>(code.begin), code.end - code.begin);
  facts_ = timing::facts_of(words, design_);
  atomics_ = std::any_of(facts_.begin(), facts_.end(), [](const timing::InstructionFacts& facts) {
    return facts.kind == isa::OperationClass::kAtomic;
  });
}

void TracedWork::only(const GroupSample& sample) {
  sample_ = sample;
  shape_.groups = sample.count();
  if (!sample.is_whole()) starts_.assign(sample.count(), 0);
}

std::uint64_t TracedWork::not_repeated() const {
  std::uint64_t sum = 0;
  for (const DesignCore& core : cores_) sum += core.not_repeated;
  return sum;
}

std::uint64_t TracedWork::code_address() const {
  constexpr std::uint64_t kProgram = 0x80000000;  // where drivers put programs, far from buffers
  return kProgram + (code_->begin - launch_->module->begin());
}

Core* TracedWork::body_of(DesignCore& core, const timing::Seat& seat) {
  std::unique_ptr<Core>& body = core.places[seat.place].body;
  if (body) return body.get();
  auto made = Core::create(memory_, engine_, configuration_, seat.core);
  if (!made) return nullptr;
  body = std::move(*made);
  return body.get();
}

bool TracedWork::sit(const timing::Seat& seat, std::uint64_t group, std::uint32_t rank, bool again,
                     std::uint64_t now) {
  DesignCore& core = cores_[seat.core];
  Place& place = core.places[seat.place];
  Core* const body = body_of(core, seat);
  if (!body) return false;
  if (place.group != group) {
    place.group = group;
    if (launch_->counted) core.counting.started(1, shape_.warps);
    if (!starts_.empty()) starts_[group] = now;
    body->open(*launch_, sample_.at(group), seat.place);
  }
  if (again && core.resumes[seat.slot])
    core.not_repeated += static_cast<std::uint64_t>(core.resumes[seat.slot] - launch_->module->startup());
  Warp*& warp = core.warps[seat.slot];
  Warp* const seated = body->seat(warp, rank, seat.slot, again ? core.resumes[seat.slot] : nullptr);
  if (!seated) {
    core.fault = &body->state();
    return false;
  }
  warp = seated;
  return true;
}

bool TracedWork::more(const timing::Seat& seat, std::uint64_t now, Trace& trace) {
  DesignCore& core = cores_[seat.core];
  Warp& warp = *core.warps[seat.slot];
  Core& body = *core.places[seat.place].body;
  body.trace(warp, kAhead, now, trace);
  if (launch_->counted) core.counting.add(body.state(), trace.steps, trace);
  if (warp.stop == Stop::kFault) {
    core.fault = &body.state();
    return false;
  }
  if (warp.stop == Stop::kEnded && design_.resume_instructions)
    core.resumes[seat.slot] = code_->insns.data() + trace.steps.back().insn + 1 - design_.resume_instructions;
  return !trace.steps.empty();
}

bool TracedWork::asks_time(const timing::Seat& seat) const {
  return cores_[seat.core].warps[seat.slot]->next->traced == Traced::kClock;
}

// Of a byte so far below the top of a lane's stack.
std::uint64_t TracedWork::private_address(const timing::Seat& seat, unsigned lane,
                                          std::uint64_t below) const {
  const std::uint64_t warp = std::uint64_t{seat.core} * design_.warps + seat.slot;
  if (!design_.interleaved)
    return design_.stack_top - (warp * design_.lanes + lane) * design_.stack_stride - below;
  const std::uint64_t word = (below + 7) / 8, byte = word * 8 - below;
  return design_.stack_top - warp * design_.lanes * design_.stack_stride -
         ((word - 1) * design_.lanes + design_.lanes - lane) * 8 + byte;
}

timing::Where TracedWork::where(const timing::Seat& seat, unsigned lane, std::uint64_t address) const {
  const Core& body = *cores_[seat.core].places[seat.place].body;
  const CoreState& state = body.state();
  if (state.private_window.contains(address, 1)) {
    return {private_address(seat, lane, state.private_window.end - address), false};
  }
  if (state.local.contains(address, 1)) return {address - state.local_base, true};
  return {placement_.of(address), false};
}

const CoreState* TracedWork::fault() const {
  for (const DesignCore& core : cores_)
    if (core.fault) return core.fault;
  return nullptr;
}

CoreCounters TracedWork::take_counters() {
  CoreCounters sum;
  for (DesignCore& core : cores_)
    for (Place& place : core.places)
      if (place.body) sum += place.body->take_counters();
  return sum;
}

void TracedWork::move_counts_to(device::LaunchCounts& sum) {
  for (DesignCore& core : cores_) core.counting.move_to(sum);
}

}  // namespace kiesel::model
