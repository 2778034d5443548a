// A launch for the cycle model: runs its warps ahead, a piece at a time, and says what they did. Several
// work-groups of a core are under way at a time, each in a Core of the model of its own.
// Threads: different cores of the design at the same time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "device/model/core.hpp"
#include "device/model/placement.hpp"
#include "device/model/sampling.hpp"
#include "device/timing/work.hpp"

namespace kiesel::model {

class TracedWork final : public timing::Work {
 public:
  TracedWork(Memory& memory, const Engine& engine, const Configuration& configuration,
             const timing::Design& design, const Placement& placement);
  ~TracedWork() override;

  // The launch that sit() and more() are about; both stay while it runs.
  void begin(const LaunchContext& launch);
  // Behind begin(): only these work-groups of it.
  void only(const GroupSample& sample);

  const timing::LaunchShape& shape() const override { return shape_; }
  std::span<const timing::InstructionFacts> instructions() const override { return facts_; }
  std::uint64_t code_address() const override;
  bool sit(const timing::Seat& seat, std::uint64_t group, std::uint32_t rank, bool again,
           std::uint64_t now) override;
  bool more(const timing::Seat& seat, std::uint64_t now, Trace& trace) override;
  bool asks_time(const timing::Seat& seat) const override;
  bool may_share() const override { return !atomics_; }
  bool must_end() const override { return launch_->must_end(); }
  timing::Where where(const timing::Seat& seat, unsigned lane, std::uint64_t address) const override;

  // Of the core that has faulted, or null.
  const CoreState* fault() const;
  // Cycles at which the work-groups that only() was about started, in their order.
  const std::vector<std::uint64_t>& starts() const { return starts_; }
  // Instructions that warps did not execute since their slots had done so for others of the launch before.
  std::uint64_t not_repeated() const;
  CoreCounters take_counters();
  // Adds what counted launches have done since it was called last.
  void move_counts_to(device::LaunchCounts& sum);

 private:
  struct Place {  // of a work-group on a core of the design
    std::unique_ptr<Core> body;
    std::uint64_t group = ~std::uint64_t{0};
  };
  struct DesignCore {
    std::vector<Place> places;
    std::vector<Warp*> warps;          // by slot
    std::vector<const Insn*> resumes;  // where a slot's later warps start
    const CoreState* fault = nullptr;
    std::uint64_t not_repeated = 0;
    Counting counting;
  };
  std::uint64_t private_address(const timing::Seat& seat, unsigned lane, std::uint64_t below) const;
  Core* body_of(DesignCore& core, const timing::Seat& seat);

  Memory& memory_;
  const Engine& engine_;
  const Configuration& configuration_;
  const timing::Design& design_;
  const Placement& placement_;
  const LaunchContext* launch_ = nullptr;
  timing::LaunchShape shape_;
  GroupSample sample_;
  std::vector<std::uint64_t> starts_;
  std::vector<timing::InstructionFacts> facts_;
  const Code* code_ = nullptr;
  std::uint64_t module_ = 0;  // that facts_ are of
  bool atomics_ = false;      // it has some: who is first may matter
  std::vector<DesignCore> cores_;
};

}  // namespace kiesel::model
