// The checks of one device: what they remember from launch to launch, and the launch that they follow.
// Threads: any; launches take turns.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "evaluation/check/barriers.hpp"
#include "evaluation/check/initialisation_tool.hpp"
#include "evaluation/check/memory_tool.hpp"
#include "evaluation/check/race_tool.hpp"

namespace kiesel::check {

// What a command that is no kernel does with memory.
struct Side {
  const char* what;  // "copy"
  device::Address at;
  device::Box box;
  bool target, writes;
};

class Session {
 public:
  Session(const Tools& tools, Collector& collector);

  // ---- what happens beside launches ----
  MemoryMap& map() { return map_; }
  Collector& collector() { return collector_; }
  const Tools& tools() const { return tools_; }
  void made(device::Address begin, std::uint64_t bytes, std::string_view label, std::string by);
  void freed(device::Address begin);
  void host_writes(device::Address begin, const device::Box& box, bool target);
  void host_reads(device::Address begin, const device::Box& box);
  // A command that is no kernel has ended.
  void transferred(const std::vector<Side>& sides, std::uint64_t submitted, bool ok);
  // A clock for what overlaps what.
  std::uint64_t now() { return ++clock_; }
  void launch_done(std::uint64_t id, std::uint64_t submitted);
  std::uint64_t submitted();
  // The process ends: what it has not released.
  void find_leaks();

  // ---- a launch, see device::Observer ----
  std::span<const device::Interest> begin(LaunchState& launch, std::uint64_t submitted);
  void begin_group(const std::array<std::uint64_t, 3>& group);
  void begin_warp(unsigned rank, std::uint64_t mask);
  void turn(device::ObservedWarp& warp);
  std::uint64_t step(device::ObservedWarp& warp, std::size_t instruction);
  void end_warp(unsigned rank) { barriers_.end_warp(rank); }
  void end_group();
  std::uint64_t end(bool stuck);

 private:
  void finished(std::uint64_t submitted);
  void copied(device::Address from, device::Address to, const device::Box& box);
  // Now, or when the launch has ended that runs.
  void apply(std::function<void()> what);
  void apply_if_free();
  void apply_waiting();
  std::uint64_t access(device::ObservedWarp& warp, std::size_t instruction, const Fact& fact);
  std::uint64_t access_in(Access& access);
  void barrier(device::ObservedWarp& warp, std::size_t instruction);
  void note(device::ObservedWarp& warp, std::size_t instruction, const Fact& fact);
  Space space_of(std::uint64_t address) const;

  const Tools tools_;
  const bool memory_on_, races_on_, initialisation_on_;
  Collector& collector_;
  MemoryMap map_;
  Reporter reporter_;
  MemoryTool memory_;
  RaceTool races_;
  InitialisationTool initialisation_;
  Barriers barriers_;
  std::mutex turn_;  // held while a launch runs
  std::unique_lock<std::mutex> running_;
  std::mutex waiting_mutex_;
  std::vector<std::function<void()>> waiting_;
  std::atomic<std::uint64_t> clock_{0};
  std::mutex unfinished_mutex_;
  std::set<std::uint64_t> unfinished_;  // when they were submitted
  LaunchState* launch_ = nullptr;
  std::vector<isa::Note> notes_;  // by warp: of its next barrier or access
  unsigned flags_ = 0;            // of the barrier that warps come to
  std::uint64_t nothing_ = 0;
};

}  // namespace kiesel::check
