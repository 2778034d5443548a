#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <mutex>

#include "device/launch.hpp"
#include "device/model/cycle_engine.hpp"
#include "device/model/fault_message.hpp"
#include "device/model/jobs.hpp"
#include "support/clock.hpp"
#include "support/log.hpp"

namespace kiesel::model {
namespace {

// A limit of centuries must not come round to one in the past.
std::uint64_t deadline_after(std::uint64_t seconds) {
  constexpr std::uint64_t kSecond = 1'000'000'000, kLongest = std::uint64_t{1} << 62;
  return now_ns() + std::min(seconds, kLongest / kSecond) * kSecond;
}

// Of warps: a thread executes them in the time that another one takes to begin something.
constexpr std::uint64_t kBriefInstructions = 512;

class LaunchJob final : public Job {
 public:
  LaunchJob(const LaunchParts& parts, const LaunchContext& context, device::Launch launch)
      : parts_(parts), context_(context), kernel_(launch.kernel), arguments_(std::move(launch.arguments)) {
    context_.epoch = parts.memory->epoch();
    context_.arguments = arguments_;
    pieces = parts.cycles || context_.observer ? 1 : context_.grid.total_groups();
    cores = launch.cores;
    priority = launch.priority;
    brief = is_brief();
    counted = context_.counted;
    if (counted) counts_ = std::make_shared<device::LaunchCounts>();
  }
  ~LaunchJob() override {
    if (parts_.cycles) parts_.cycles->placement().remove(context_.launch_block);
    if (context_.launch_block) parts_.memory->free(context_.launch_block);
  }

  bool run(Core& core, std::uint64_t first, std::uint64_t end) override {
    if (const std::uint64_t limit = parts_.configuration->launch_seconds) {
      std::call_once(started_, [&] { context_.deadline_ns = deadline_after(limit); });
      if (context_.must_end()) return stopped();
    }
    if (parts_.translations->waits()) {
      if (context_.translation) parts_.translations->wait(*context_.translation);
      if (context_.must_end()) return stopped();
    }
    if (parts_.cycles) return run_cycles(core);
    if (context_.observer) return run_observed(core);
    const Core::Outcome outcome = core.run_groups(context_, first, end);
    if (outcome == Core::Outcome::kFault) tell(core.state());
    return outcome == Core::Outcome::kStopped ? stopped() : outcome == Core::Outcome::kDone;
  }

  void collect(Core& core) override {
    std::lock_guard lock(mutex_);
    core.move_counts_to(*counts_);
  }

  Status finish() override {
    KIESEL_LOG(kDevice, kDebug,
               "launch {}: {} work-groups, {} instructions, {} lane-instructions; {} of {} warps translated, "
               "{} given "
               "back, {} steps",
               kernel_, counters_.groups, counters_.instructions, counters_.lane_instructions,
               counters_.translated_warps, counters_.warps, counters_.given_back, counters_.steps);
    if (!failed_ && parts_.memory->lost_since(context_.epoch, context_.owner))
      fail({Errc::kFault,
            fmt::format("kernel '{}': memory of a file was lost while it ran: the file has become "
                        "shorter, or its file system is full",
                        kernel_)});
    return failed_ ? Status(error_) : Status();
  }

 private:
  bool is_brief() const {
    const auto& size = context_.grid.local_size;
    const std::uint64_t lanes = parts_.configuration->target.lanes;
    const std::uint64_t warps = (std::uint64_t{size[0]} * size[1] * size[2] + lanes - 1) / lanes;
    const std::uint64_t length =
        parts_.module->straight_line_length(parts_.module->code().at(context_.kernel_entry));
    return length && pieces <= kBriefInstructions && length * warps * pieces <= kBriefInstructions &&
           !parts_.translations->waits() && !parts_.cycles && !context_.observer;
  }

  void tell(const CoreState& state) {
    fail({Errc::kFault, fault_message(state, *parts_.module, *parts_.memory, kernel_)});
  }

  // All of it, on the design; the core's thread does the work.
  bool run_cycles(Core& core) {
    const auto result = parts_.cycles->run(
        context_, counts_.get(), [this](const CoreState& state) { tell(state); },
        [&](std::uint64_t first, std::uint64_t end, CoreCounters& counters) {
          return run_untimed(core, first, end, counters);
        });
    core.count(result.counters);
    if (parts_.configuration->device_time)
      device_ns = std::max<std::uint64_t>(1, result.cycles * 1000 / parts_.configuration->clock_mhz);
    return result.outcome == Core::Outcome::kStopped ? stopped() : result.outcome == Core::Outcome::kDone;
  }

  // Without counting either: what is counted follows from what is timed.
  Core::Outcome run_untimed(Core& core, std::uint64_t first, std::uint64_t end, CoreCounters& counters) {
    LaunchContext context = context_;
    context.counted = false;
    const CoreCounters before = core.take_counters();
    const Core::Outcome outcome = core.run_groups(context, first, end);
    counters += core.take_counters();
    core.count(before);
    if (outcome == Core::Outcome::kFault) tell(core.state());
    return outcome;
  }

  // All of it, on this core.
  bool run_observed(Core& core) {
    context_.interests = context_.observer->begin(core.observed(context_));
    const Core::Outcome outcome = core.run_groups(context_, 0, context_.grid.total_groups());
    const bool fault = outcome == Core::Outcome::kFault;
    context_.observer->end(fault && core.state().fault.kind == FaultKind::kBarrierStuck);
    if (fault) tell(core.state());
    return outcome == Core::Outcome::kStopped ? stopped() : !fault;
  }

  bool stopped() {
    if (parts_.cancelled->load())
      fail({Errc::kCrashed, fmt::format("kernel '{}' was stopped: the device was shut down", kernel_)});
    else
      fail({Errc::kTimeout,
            fmt::format("kernel '{}' was stopped: it took longer than {} seconds, see the option "
                        "launch_seconds",
                        kernel_, parts_.configuration->launch_seconds)});
    return false;
  }

  void fail(Error error) {  // the first one is told
    std::lock_guard lock(mutex_);
    if (!failed_) error_ = std::move(error);
    failed_ = true;
  }

  LaunchParts parts_;
  LaunchContext context_;
  const std::string_view kernel_;
  const decltype(device::Launch::arguments) arguments_;
  std::once_flag started_;
  ShortMutex mutex_;
  bool failed_ = false;
  Error error_{Errc::kFault, {}};
};

isa::LaunchHeader header_of(const device::Launch& launch, const LaunchParts& parts) {
  isa::LaunchHeader header = device::launch_header(launch);
  const Range window = parts.memory->private_window();
  header.stack_top = window.end;
  header.stack_stride = 0;  // every lane has a window of its own
  header.private_begin = window.begin;
  header.local_bytes = parts.configuration->target.local_memory_bytes;
  return header;
}

// Memory of its own for a launch block that a core has no room for, or that all cores are to share, else 0.
Result<Address> place_block(const LaunchContext& context, const device::Launch& launch, Memory& memory,
                            bool shared) {
  const std::uint64_t bytes = sizeof context.header + launch.arguments.size();
  if (bytes <= kCoreBlockBytes && !shared) return Address{0};
  const auto block = memory.allocate(bytes, 64, Memory::Kind::kLaunch, "kernel arguments", launch.owner);
  if (!block) return block.error();
  context.write_block(*block, launch.arguments);
  return *block;
}

void find_translation(LaunchContext& context, const device::Launch& launch, const LaunchParts& parts) {
  context.translations = parts.translations;
  const std::uint32_t lanes = parts.configuration->target.lanes;
  const auto& size = context.grid.local_size;
  const std::uint32_t work_items = size[0] * size[1] * size[2];
  Shape shape = shape_of(size, lanes);
  shape.alone = work_items <= lanes;
  shape.partial = work_items < lanes;
  shape.single = shape.partial && work_items == 1;
  shape.tail = !shape.alone && work_items % lanes;
  context.translation = parts.translations->find(context.module->translations(),
                                                 launch.entry - context.module->base(), shape, launch.kernel);
}

}  // namespace

Result<std::unique_ptr<Job>> make_launch(device::Launch launch, const LaunchParts& parts) {
  const Configuration& configuration = *parts.configuration;
  if (!parts.module) return device::invalid_launch(launch, "no such module");
  const Code& code = parts.module->code();
  if (!code.at(launch.entry))
    return device::invalid_launch(launch,
                                  fmt::format("its entry point {:#x} is not in the module", launch.entry));
  const device::LaunchLimits limits{configuration.target, configuration.cores,
                                    configuration.private_memory_bytes, configuration.core_ranges};
  if (auto valid = device::check_launch(launch, limits); !valid) return valid.error();
  LaunchContext context;
  context.module = parts.module;
  context.grid = {launch.region.local_size, launch.region.groups, launch.region.first_global_id};
  context.header = header_of(launch, parts);
  const auto block = place_block(context, launch, *parts.memory, parts.cycles);
  if (!block) return block.error();
  context.launch_block = *block;
  if (parts.cycles) parts.cycles->placement().add(*block, sizeof context.header + launch.arguments.size());
  context.kernel_entry = launch.entry;
  context.local_memory_bytes = launch.local_memory_bytes;
  context.owner = launch.owner;
  context.serial = parts.serial;
  context.cancelled = parts.cancelled;
  context.observer = parts.cycles ? nullptr : parts.observer;
  context.counted = parts.counted && !context.observer;
  const bool untimed = !parts.cycles || configuration.sample;
  const bool followed = (context.counted && !parts.cycles) || context.observer;
  if (untimed && !followed) find_translation(context, launch, parts);
  return std::unique_ptr<Job>(std::make_unique<LaunchJob>(parts, context, std::move(launch)));
}

}  // namespace kiesel::model
