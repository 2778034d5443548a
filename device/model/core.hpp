// One core of the model: runs the warps of one work-group at a time on the calling thread.
// Threads: a core belongs to one thread at a time.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "device/isa/launch_block.hpp"
#include "device/model/configuration.hpp"
#include "device/model/counting.hpp"
#include "device/model/interpreter/engine.hpp"
#include "device/model/interpreter/warp.hpp"
#include "device/model/memory/memory.hpp"
#include "device/model/module.hpp"
#include "device/model/translations.hpp"
#include "device/observer.hpp"

namespace kiesel::model {

inline constexpr std::uint64_t kCoreBlockBytes = 4096;  // the longest launch block that a core has room for

// A launch as cores see it.
struct LaunchContext {
  const Module* module = nullptr;
  Grid grid;
  // The launch block: header and arguments, which each core copies to its own; or memory that has them both.
  isa::LaunchHeader header{};
  std::span<const std::byte> arguments;
  Address launch_block = 0;
  Address kernel_entry = 0;
  std::uint32_t local_memory_bytes = 0;
  Owner owner = 0;
  std::uint64_t epoch = 0;                       // of memory, before it began
  std::uint64_t serial = 0;                      // one number for each launch of the device
  const std::atomic<bool>* cancelled = nullptr;  // ends it early, as if it had faulted
  std::uint64_t deadline_ns = 0;                 // so does this time of support/clock.hpp; 0: none
  Translations* translations = nullptr;
  bool counted = false;  // the interpreter runs it, and each step is counted
  // Or it runs it and an observer follows; then one core has all work-groups.
  device::Observer* observer = nullptr;
  std::span<const device::Interest> interests;  // by instruction
  KernelTranslation* translation = nullptr;     // null where nothing is translated

  bool must_end() const;
  void write_block(Address block, std::span<const std::byte> arguments) const;
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

  unsigned index() const { return index_; }  // `id` of create()
  // Which core of the device it is from now on.
  void stand_for(unsigned number) { state_.id = csr(TableCsr::core_id) = number; }
  // Runs the work-groups from number `first` (x fastest) to the one before `end`. After kFault,
  // state().fault says why.
  Outcome run_groups(const LaunchContext& launch, std::uint64_t first, std::uint64_t end);
  // For whoever runs warps in an order of its own (traced_work.hpp): the work-group that is open from now on,
  // its warps, and their steps. `warp` is null at first; `resume`: where a warp goes on that keeps the
  // registers of the one before, or null. Null where there is no memory for registers.
  void open(const LaunchContext& launch, std::uint64_t group, unsigned group_slot);
  Warp* seat(Warp* warp, unsigned rank, unsigned slot, const Insn* resume);
  void trace(Warp& warp, std::uint64_t budget, std::uint64_t cycle, Trace& trace);
  const CoreState& state() const { return state_; }
  // What an observer is told of the launch, which the core is made ready for.
  device::ObservedLaunch observed(const LaunchContext& launch);
  Holder& holder() { return holder_; }  // its thread takes it first
  CoreCounters take_counters();
  void count(const CoreCounters& more) { state_.counters += more; }  // that ran elsewhere
  // Adds what counted launches have done here since it was called last.
  void move_counts_to(device::LaunchCounts& sum);

 private:
  explicit Core(const Engine& engine) : engine_(engine) {}
  void begin(const LaunchContext& launch);
  void wipe();
  void forget_freed();
  void begin_group(std::uint64_t group);
  void find_local_ids();
  Outcome run_group(const LaunchContext& launch);
  // A warp that the interpreter runs, or several that translated code runs one after the other.
  struct Slot;
  bool prepare(Slot& slot);
  Warp* new_warp();
  void start(Slot& slot, unsigned rank);
  void place(Warp& warp, unsigned rank);
  // Runs the slot until its warps end, fault, wait or have had their turn. False when must_end() was seen.
  bool run(Slot& slot);
  void interpret(Slot& slot);
  void run_counted(Warp& warp);
  void run_observed(Warp& warp, bool begins);
  // After run(): the slot's place is free, and taken by another one, where its warps have ended.
  bool leave_if_ended(std::size_t slot);
  void finish(const Slot& slot);
  Outcome run_together(const LaunchContext& launch);
  void report_stuck();

  // Translated code and the interpreter, core_translated.cpp.
  struct Installed {  // a translation as this core runs it
    const HostKernel* kernel = nullptr;
    std::vector<SiteRange> sites;
    struct alignas(64) Line {
      std::byte bytes[64];
    };
    std::vector<Line> frames;  // by rank
  };
  std::uint64_t& csr(TableCsr number) { return context_.csrs[static_cast<std::size_t>(number)]; }
  void begin_context(const LaunchContext& launch);
  void take_over();
  enum class Next : std::uint8_t { kStop, kLeave, kInterpret };
  Next run_segments(Slot& slot);
  void begin_segments(const Slot& slot);
  bool arrive(Slot& slot, std::uint32_t segment);
  bool part(Slot& slot);
  Slot* new_slot(const Slot& like, unsigned first, unsigned end);
  void count_groups(std::uint64_t groups);
  void take_place(Warp& warp);
  void count_interpreted();
  bool is_read_only(const Range& range) const;
  static bool step(void* warp, std::uint32_t index, std::uint32_t site, std::uint64_t mask);
  static bool ends_inside(void* warp, std::uint32_t site, std::uint64_t address, std::uint64_t stride,
                          std::uint64_t bytes, std::uint64_t mask);
  static bool poll(void* warp, std::uint64_t executed, bool waits);

  struct Slot {
    Warp* warp = nullptr;
    std::uint64_t serial = 0;     // launch that its registers were cleared for
    unsigned first = 0, end = 0;  // ranks of its warps; `warp` is the one that runs
    bool translated = false;      // it runs what is installed, or in the interpreter
    std::uint32_t segment = 0;    // with which it goes on
    bool begun = false;           // in the interpreter
  };

  const Engine& engine_;
  unsigned index_ = 0;
  CoreState state_;
  std::vector<Slot> slots_;
  std::size_t live_ = 0;      // of them, those of warps that run
  Address launch_block_ = 0;  // this core's own
  std::byte* private_memory_ = nullptr;
  std::uint64_t local_bytes_ = 0, private_bytes_ = 0, private_stride_ = 0;
  const Insn* startup_ = nullptr;
  std::uint64_t serial_ = 0, epoch_ = 0;
  Holder holder_;
  unsigned group_size_ = 0;
  std::uint64_t groups_left_ = 0;                 // to be run after the one that runs
  std::array<std::uint32_t, 3> numbered_size_{};  // local size that local_ids_ are for
  struct LocalIds {
    std::uint32_t of[3][kMaxLanes];
  };
  std::vector<LocalIds> local_ids_;        // by rank
  const LaunchContext* launch_ = nullptr;  // while a group runs
  WarpContext context_{};                  // of the warp that runs
  Installed installed_;                    // the launch's
  std::uint64_t interpreted_ = 0;          // instructions, not counted yet
  struct Counted {
    Trace trace;
    Counting counting;
  };
  std::unique_ptr<Counted> counted_;                      // since the first launch that is counted
  bool others_wait_ = false, asked_to_give_way_ = false;  // of the warp that runs
};

}  // namespace kiesel::model
