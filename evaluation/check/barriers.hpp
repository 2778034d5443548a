// Which warps of a work-group have come to which barrier, and whether all of their work-items have.
// Threads: one.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "device/isa/note.hpp"
#include "evaluation/check/launch.hpp"
#include "evaluation/check/reporter.hpp"

namespace kiesel::check {

class Barriers {
 public:
  // `reports`: or it only says when a barrier opens.
  Barriers(Reporter& reporter, bool reports) : reporter_(reporter), reports_(reports) {}

  void begin(const LaunchState& launch);
  void begin_group();
  void begin_warp(unsigned rank, std::uint64_t mask);
  void end_warp(unsigned rank);
  // True when it opens with this warp.
  bool arrive(device::ObservedWarp& warp, std::size_t instruction);
  // All work-items of the sub-group must come here. `part`: its size if it is a part of the warp, else 0.
  void sub_group(const device::ObservedWarp& warp, std::size_t instruction, unsigned part);
  // The launch ended since warps wait at barriers that cannot open.
  void stuck();

 private:
  static constexpr std::size_t kMost = 64;
  struct Barrier {
    std::uint64_t arrived = 0;
    std::size_t instruction = 0;
    unsigned rank = 0;
    std::uint64_t mask = 0;
  };
  // `expected`: the work-items that should be here.
  void report_missing(const device::ObservedWarp& warp, std::size_t instruction, std::uint64_t expected,
                      Kind kind, const char* what);
  void report_mixed(const device::ObservedWarp& warp, std::size_t instruction, const Barrier& first);

  Reporter& reporter_;
  const bool reports_;
  const LaunchState* launch_ = nullptr;
  std::array<Barrier, kMost> barriers_{};
  std::vector<std::uint64_t> started_;  // work-items, by warp
  unsigned ended_ = 0;
};

}  // namespace kiesel::check
