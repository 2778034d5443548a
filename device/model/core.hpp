// One core of the model: runs the warps of one work-group at a time on the calling thread.
// Threads: a core belongs to one thread at a time.
#pragma once

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "device/model/configuration.hpp"
#include "device/model/interpreter/engine.hpp"
#include "device/model/interpreter/warp.hpp"
#include "device/model/memory/memory.hpp"
#include "device/model/module.hpp"

namespace kiesel::model {

// A launch as cores see it.
struct LaunchContext {
  const Module* module = nullptr;
  Grid grid;
  Address launch_block = 0, kernel_entry = 0;
  std::uint32_t local_memory_bytes = 0;
  std::uint64_t serial = 0;                      // one number for each launch of the device
  const std::atomic<bool>* cancelled = nullptr;  // ends it early, as if it had faulted
  std::uint64_t deadline_ns = 0;                 // so does this time of support/clock.hpp; 0: none

  bool must_end() const;
};

class Core {
 public:
  // kOutOfMemory when its local or private memory cannot be had.
  static Result<std::unique_ptr<Core>> create(Memory& memory, const Engine& engine,
                                              const Configuration& configuration, unsigned id);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  enum class Outcome : std::uint8_t { kDone, kFault, kStopped };  // the last: must_end()

  // Runs work-group number `group` (x fastest). After kFault, state().fault says why.
  Outcome run_group(const LaunchContext& launch, std::uint64_t group);
  const CoreState& state() const { return state_; }
  CoreCounters take_counters() { return std::exchange(state_.counters, {}); }

 private:
  explicit Core(const Engine& engine) : engine_(engine) {}
  void begin(const LaunchContext& launch);
  Warp* fresh_warp(std::size_t index);
  void start(Warp& warp, unsigned rank);
  void number_work_items(Warp& warp, unsigned first, unsigned count);
  void finish(const Warp& warp);
  Outcome run_together(const LaunchContext& launch, std::size_t live);
  void report_stuck(std::size_t live);

  struct Slot {
    Warp* warp = nullptr;
    std::uint64_t serial = 0;  // launch that its registers were cleared for
  };

  const Engine& engine_;
  CoreState state_;
  std::vector<Slot> slots_;  // warps that run come first
  std::byte* private_memory_ = nullptr;
  std::uint64_t private_bytes_ = 0, private_stride_ = 0;
  const Insn* startup_ = nullptr;
  std::uint64_t serial_ = 0, epoch_ = 0;
  unsigned group_size_ = 0;
};

}  // namespace kiesel::model
