// Counts what warps have executed, from their traces. Every engine's numbers come from here, so that they are
// the same whoever runs the warps. Threads: one at a time; those of several threads are added up.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "device/counters.hpp"
#include "device/isa/operation_class.hpp"
#include "device/model/interpreter/trace.hpp"
#include "device/model/interpreter/warp.hpp"

namespace kiesel::model {

// What counts depend on besides the program. Bytes are powers of two.
struct CountingParameters {
  std::uint32_t line_bytes = 64;  // of global memory
  std::uint32_t banks = 0;        // of local memory; 0: as many as a warp has lanes
  std::uint32_t bank_bytes = 8;
};

class Counting {
 public:
  explicit Counting(const CountingParameters& parameters = {}) : parameters_(parameters) {}

  // Of this code from now on. What was counted has been moved.
  void begin(const Code& code);
  void started(std::uint64_t work_groups, std::uint64_t warps) {
    totals_[device::CounterId::work_groups] += work_groups;
    totals_[device::CounterId::warps] += warps;
  }
  // Steps of one of the core's warps; the trace has their addresses.
  void add(const CoreState& core, std::span<const Step> steps, const Trace& trace);
  // Adds all of it to a launch's counts, and begins again.
  void move_to(device::LaunchCounts& sum);

 private:
  enum Place : std::size_t { kGlobal, kLocal, kPrivate, kPlaces };
  struct Lanes {  // addresses of some, at least one
    std::span<const Address> addresses;
    Address least, most;
  };
  void access(const CoreState& core, const isa::Operation& operation, const Lanes& lanes,
              device::InstructionCounts& counts);
  void access(const CoreState& core, const isa::Operation& operation, Place place, const Lanes& lanes,
              device::InstructionCounts& counts);
  std::uint64_t lines(const Lanes& lanes);
  std::uint64_t conflicts(const Lanes& lanes, std::uint32_t bytes, std::uint32_t banks);
  void sum_up();

  CountingParameters parameters_;
  const Code* code_ = nullptr;
  std::vector<device::InstructionCounts> instructions_;
  std::size_t first_ = 0, end_ = 0;  // of those that ran
  device::LaunchCounts totals_;
  std::array<std::vector<Address>, kPlaces> by_place_;  // of one step
  std::vector<Address> units_;                          // lines or words of one step
  std::vector<std::uint32_t> in_bank_;                  // of them
};

}  // namespace kiesel::model
