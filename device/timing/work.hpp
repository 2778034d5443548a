// What a cycle model runs: a launch's work-groups, whose warps say step by step what they execute. The device
// model implements it; results are made there, and time here.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "device/model/interpreter/trace.hpp"
#include "device/timing/instructions.hpp"

namespace kiesel::timing {

// A launch as the dispatcher of a design sees it.
struct LaunchShape {
  std::uint64_t groups = 0;
  std::uint32_t warps = 1;        // of a work-group
  std::uint32_t local_bytes = 0;  // of a work-group
};

// Where a warp runs: its core, its slot there, and the place of its work-group there.
struct Seat {
  std::uint32_t core = 0, slot = 0, place = 0;
};

// Where an access goes, as the design's memory sees it.
struct Where {
  std::uint64_t address;
  bool local;
};

class Work {
 public:
  virtual ~Work() = default;
  virtual const LaunchShape& shape() const = 0;
  virtual std::span<const InstructionFacts> instructions() const = 0;
  virtual std::uint64_t code_address() const = 0;  // of the first instruction, for the instruction cache

  // Warp `rank` of the work-group takes the seat; `again`: the slot has had a warp of this launch before.
  // `now`: the cycle. False when it cannot (fault() says why then).
  virtual bool sit(const Seat& seat, std::uint64_t group, std::uint32_t rank, bool again,
                   std::uint64_t now) = 0;
  // What the warp does from now on, at least one step; appended to an empty trace. False after a fault.
  virtual bool more(const Seat& seat, std::uint64_t now, model::Trace& trace) = 0;
  // The warp has no more steps and asks for the time next.
  virtual bool asks_time(const Seat& seat) const = 0;
  // Warps of different cores may run at the same time: no result depends on which of them is first.
  virtual bool may_share() const = 0;
  // The launch is to end early: it was cancelled, or has taken too long.
  virtual bool must_end() const = 0;
  virtual Where where(const Seat& seat, unsigned lane, std::uint64_t address) const = 0;
};

}  // namespace kiesel::timing
