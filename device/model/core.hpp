// One core of the model: runs the warps of one work-group at a time on the calling thread.
// Threads: a core belongs to one thread at a time.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "device/model/configuration.hpp"
#include "device/model/interpreter/engine.hpp"
#include "device/model/interpreter/warp.hpp"
#include "device/model/memory/memory.hpp"
#include "device/model/module.hpp"
#include "device/model/translations.hpp"

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
  Translations* translations = nullptr;
  // For a group's whole warps and for one that is not, where there are such; null where nothing is
  // translated.
  std::array<std::shared_ptr<KernelTranslation>, 2> translation;

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

  // Which core of the device it is from now on.
  void stand_for(unsigned number) { state_.id = number; }
  // Runs work-group number `group` (x fastest). After kFault, state().fault says why.
  Outcome run_group(const LaunchContext& launch, std::uint64_t group);
  const CoreState& state() const { return state_; }
  CoreCounters take_counters() { return std::exchange(state_.counters, {}); }

 private:
  explicit Core(const Engine& engine) : engine_(engine) {}
  void begin(const LaunchContext& launch);
  void begin_group(std::uint64_t group);
  void find_first_ids();
  struct Slot;
  bool prepare(Slot& slot, std::size_t index);
  void start(Slot& slot, unsigned rank);
  void number_work_items(Warp& warp) const;
  // Runs the warp until it ends, faults, waits or has had its turn. False when must_end() was seen.
  bool run(Slot& slot);
  void finish(const Slot& slot, unsigned first_rank);
  Outcome run_together(const LaunchContext& launch, std::size_t live);
  void report_stuck(std::size_t live);

  // Translated code and the interpreter, core_translated.cpp.
  struct Installed {  // a translation as this core runs it
    const HostKernel* kernel = nullptr;
    bool reads_local_ids = false;  // from the warp
    std::vector<SiteRange> sites;
  };
  void begin_context(const LaunchContext& launch);
  void take_over();
  enum class Next : std::uint8_t { kStop, kLeave, kInterpret };
  Next run_segments(Slot& slot, const HostKernel::Segment* segment);
  bool interpret_one(Warp& warp, std::uint64_t turn_end);
  void to_interpreter(Warp& warp, std::uint64_t insn);
  void take_rank(Warp& warp);
  void count_ended();
  const HostKernel::Segment* segment_at(const Slot& slot) const;
  void count_interpreted();
  static bool step(void* warp, std::uint32_t index, std::uint32_t site, std::uint64_t mask);
  static bool poll(void* warp, std::uint64_t executed, bool waits);

  struct Slot {
    Warp* warp = nullptr;
    std::uint64_t serial = 0;         // launch that its registers were cleared for
    unsigned partial = 0;             // which of `installed_` is its
    Installed* translated = nullptr;  // what it runs, where it began in translated code
    unsigned end_rank = 0;            // translated code goes on with the warps up to here when it has ended
    bool begun = false, ended_translated = false;
    bool kept = false;  // since translated code wrote its registers only a barrier was interpreted
  };

  const Engine& engine_;
  CoreState state_;
  std::vector<Slot> slots_;  // warps that run come first
  std::byte* private_memory_ = nullptr;
  std::uint64_t private_bytes_ = 0, private_stride_ = 0;
  const Insn* startup_ = nullptr;
  std::uint64_t serial_ = 0, epoch_ = 0;
  unsigned group_size_ = 0;
  std::array<std::uint32_t, 3> numbered_size_{};          // local size that first_ids_ are for
  std::vector<std::array<std::uint64_t, 3>> first_ids_;   // of each warp's first lane
  const LaunchContext* launch_ = nullptr;                 // while a group runs
  WarpContext context_{};                                 // of the warp that runs
  std::array<Installed, 2> installed_;                    // for whole warps, for partial ones
  Installed* running_ = nullptr;                          // the one of the warp that runs
  std::array<std::uint64_t, 2> interpreted_{};            // instructions, not counted yet
  bool others_wait_ = false, asked_to_give_way_ = false;  // of the warp that runs
};

}  // namespace kiesel::model
