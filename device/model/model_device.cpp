#include "device/model/model_device.hpp"

#include <sched.h>

#include <algorithm>
#include <thread>

#include "device/model/cycle_engine.hpp"
#include "support/log.hpp"
#include "support/single.hpp"

namespace kiesel::model {
namespace {

Error host_sees_nothing() { return {Errc::kUnsupported, "the host does not see the device's memory"}; }

}  // namespace

ModelDevice::ModelDevice(Configuration configuration, const Engine& engine)
    : configuration_(std::move(configuration)), engine_(engine) {
  const isa::Target& target = configuration_.target;
  description_.name = configuration_.device_name();
  description_.vendor = configuration_.identity.vendor;
  description_.vendor_id = configuration_.identity.vendor_id;
  description_.target = target;
  description_.cores = configuration_.cores;
  description_.clock_mhz = configuration_.clock_mhz;
  description_.global_memory_bytes = configuration_.global_memory_bytes;
  description_.max_allocation_bytes = configuration_.global_memory_bytes / 2;
  description_.private_memory_bytes = configuration_.private_memory_bytes;
  description_.host_visible = configuration_.host_visible;
  description_.core_ranges = configuration_.core_ranges;
  description_.observable = configuration_.engine != EngineChoice::kCycles;
}

Result<std::unique_ptr<ModelDevice>> ModelDevice::create(Configuration configuration, unsigned threads,
                                                         HostLevel most, const TranslationService& service) {
  const Engine& engine = engine_for(configuration.target.lanes, most);
  auto device = std::unique_ptr<ModelDevice>(new ModelDevice(std::move(configuration), engine));
  const Configuration& c = device->configuration_;
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  threads = std::min(threads, c.cores);
  // The cores' local memory and launch blocks come on top of what applications may have.
  const std::uint64_t bodies =
      threads + (c.engine == EngineChoice::kCycles ? std::uint64_t{c.cores} * c.target.warps : 0);
  const std::uint64_t own = bodies * (c.target.local_memory_bytes + kCoreBlockBytes) + (64 << 20);
  auto memory =
      Memory::create(c.global_memory_bytes + own, c.private_memory_bytes,
                     c.exact_bounds ? Memory::Bounds::kExact : Memory::Bounds::kPages, c.memory_near);
  if (!memory) return memory.error();
  device->memory_ = std::move(*memory);
  std::vector<std::unique_ptr<Core>> cores;
  for (unsigned id = 0; id < threads; ++id) {
    auto core = Core::create(*device->memory_, engine, c, id);
    if (!core) return core.error();
    cores.push_back(std::move(*core));
  }
  std::optional<DiskCache> cache;
  if (!c.translations_folder.empty() && !service.identity.empty())
    cache.emplace(c.translations_folder, c.translations_folder_bytes);
  device->translations_ = std::make_unique<Translations>(service, c, engine, std::move(cache));
  if (c.engine == EngineChoice::kCycles) {
    if (c.roofline.only)
      return Error{Errc::kUnsupported,
                   "only a roofline is known of this design, which no cycle model can run"};
    device->cycles_ = std::make_unique<CycleEngine>(*device->memory_, engine, c, threads);
  }
  device->dispatcher_ = std::make_unique<Dispatcher>(std::move(cores), c.cores);
  KIESEL_LOG(kDevice, kInfo, "{}: engine {} of {} lanes, {} host threads", device->description_.name,
             engine.host, engine.width, threads);
  return device;
}

ModelDevice::~ModelDevice() {
  if (translations_) translations_->stop();  // launches may wait for one
  dispatcher_.reset();
}

Result<Address> ModelDevice::allocate(std::uint64_t bytes, std::uint64_t alignment, std::string_view label,
                                      Owner owner) {
  return allocate(bytes, alignment, label, owner, 0);
}

Result<Address> ModelDevice::allocate_at(Address at, std::uint64_t bytes, std::uint64_t alignment) {
  return allocate(bytes, alignment, {}, 0, at);
}

Result<Address> ModelDevice::allocate(std::uint64_t bytes, std::uint64_t alignment, std::string_view label,
                                      Owner owner, Address at) {
  if (bytes > description_.max_allocation_bytes)
    return Error{Errc::kOutOfMemory, fmt::format("{} bytes are more than one allocation may have", bytes)};
  return placed(memory_->allocate(bytes, alignment, Memory::Kind::kData, label, owner, at), bytes);
}

// The design has a place for it, too.
Result<Address> ModelDevice::placed(Result<Address> address, std::uint64_t bytes) {
  if (address && cycles_) cycles_->placement().add(*address, bytes);
  return address;
}

Result<Address> ModelDevice::map_file(int file, std::uint64_t bytes, std::string_view label, Owner owner) {
  if (!description_.host_visible) return host_sees_nothing();
  return placed(memory_->map_file(file, bytes, label, owner), bytes);
}

Status ModelDevice::share(Address host_address, std::uint64_t bytes, Owner owner) {
  if (!description_.host_visible) return host_sees_nothing();
  return memory_->share(host_address, bytes, owner);
}

// A kernel that still has a file's place in mind is waited for, unless this is the thread that runs it:
// should the application put memory of its own there by force, the kernel is not to see it.
void ModelDevice::free(Address address) {
  if (cycles_) cycles_->placement().remove(address);
  const auto epoch = memory_->free(address);
  if (epoch && !Dispatcher::is_running_here()) wait_until_forgotten(epoch);
}

std::byte* ModelDevice::host_pointer(Address address) {
  return description_.host_visible && memory_->find(address) ? reinterpret_cast<std::byte*>(address)
                                                             : nullptr;
}

void ModelDevice::label(Address address, std::string_view text) { memory_->label(address, text); }

Result<device::ModuleId> ModelDevice::load(std::span<const std::byte> elf, Owner owner) {
  return load(elf, owner, 0);
}

Result<device::ModuleId> ModelDevice::load_at(Address at, std::span<const std::byte> elf) {
  return load(elf, 0, at);
}

// Translated code has the program's own start in it.
Result<device::ModuleId> ModelDevice::load_behind(std::span<const std::byte> front,
                                                  std::span<const std::byte> elf, Owner owner) {
  if (!cycles_) return Error{Errc::kUnsupported, "start-up code of a loader is for the engine cycles"};
  return load(elf, owner, 0, front);
}

Result<device::ModuleId> ModelDevice::load(std::span<const std::byte> elf, Owner owner, Address at,
                                           std::span<const std::byte> front) {
  auto module = Module::load(*memory_, engine_, configuration_.target, elf, owner, at, front);
  if (!module) return module.error();
  return modules_.add(std::move(*module));
}

void ModelDevice::unload(device::ModuleId module) { modules_.remove(module); }

Result<Address> ModelDevice::symbol(device::ModuleId id, std::string_view name) const {
  const Module* const found = modules_.find(id);
  if (!found) return Error{Errc::kNotFound, fmt::format("there is no module {}", id)};
  return found->symbol(name);
}

Result<Address> ModelDevice::base(device::ModuleId id) const {
  if (const Module* const found = modules_.find(id)) return found->base();
  return Error{Errc::kNotFound, fmt::format("there is no module {}", id)};
}

ModelDevice::Commands& ModelDevice::commands() {
  const int processor = sched_getcpu();
  return commands_[processor < 0 ? 0 : static_cast<std::size_t>(processor) % kCommandCounts];
}

Result<std::unique_ptr<Job>> ModelDevice::make_job(device::Command command,
                                                   const device::Handling& handling) {
  auto* launch = std::get_if<device::Launch>(&command);
  if (!launch) {
    commands().transfers.fetch_add(1, std::memory_order_relaxed);
    return make_transfer(std::move(command), *memory_);
  }
  Commands& own = commands();
  const std::uint64_t serial = (own.launches.fetch_add(1, std::memory_order_relaxed) + 1) * kCommandCounts +
                               static_cast<std::uint64_t>(&own - commands_.data());
  return make_launch(std::move(*launch),
                     {modules_.find(launch->module), memory_.get(), &configuration_, translations_.get(),
                      &dispatcher_->cancelled(), serial, handling.counted, handling.observer, cycles_.get()});
}

void ModelDevice::submit(device::Command command, device::CompletionHandler done, device::Handling handling) {
  auto made = make_job(std::move(command), handling);
  auto job = made ? std::move(*made) : make_refused(made.error());
  job->done = handling.counted ? counted(std::move(done)) : std::move(done);
  job->timed = handling.timed;
  dispatcher_->submit(std::move(job), handling);
}

// Of a launch whose counts are added to the device's.
device::CompletionHandler ModelDevice::counted(device::CompletionHandler done) {
  return [this, done = std::move(done)](const device::Completion& completion) {
    if (completion.counts) {
      std::lock_guard lock(counted_mutex_);
      ++counted_launches_;
      for (std::size_t i = 0; i < device::kCounters; ++i) counted_[i] += completion.counts->totals[i];
    }
    if (done) done(completion);
  };
}

bool ModelDevice::help() { return dispatcher_->help(); }

std::vector<device::Counter> ModelDevice::counters() const {
  const CoreCounters sums = dispatcher_->counters();
  const Translations::Counts made = translations_->counts();
  std::uint64_t launches = 0, transfers = 0;
  for (const auto& commands : commands_) launches += commands.launches, transfers += commands.transfers;
  std::vector<device::Counter> out{{"launches", "", launches},
                                   {"transfers", "", transfers},
                                   {"work-groups", "", sums.groups},
                                   {"warps", "", sums.warps},
                                   {"instructions", "", sums.instructions},
                                   {"lane-instructions", "", sums.lane_instructions},
                                   {"barriers", "", sums.barriers},
                                   {"memory in use", "bytes", memory_->used()},
                                   {"translations made", "", made.made},
                                   {"translations from disk", "", made.from_disk},
                                   {"translations refused", "", made.refused},
                                   {"translated warps", "", sums.translated_warps},
                                   {"translated warps given back", "", sums.given_back},
                                   {"interpreted steps of translated warps", "", sums.steps}};
  add_counted(out);
  return out;
}

// Sums over the launches that were counted, named as counters.def does.
void ModelDevice::add_counted(std::vector<device::Counter>& out) const {
  static constinit Single<std::array<std::string, device::kCounters>> made;
  const auto& names = made.get([] {
    auto* all = new std::array<std::string, device::kCounters>;
    for (std::size_t i = 0; i < all->size(); ++i)
      (*all)[i] = "counted: " + std::string(device::kCounterInfos[i].name);
    return all;
  });
  std::lock_guard lock(counted_mutex_);
  out.push_back({"counted: launches", "", counted_launches_});
  for (std::size_t i = 0; i < device::kCounters; ++i)
    if (counted_[i] || device::kCounterInfos[i].source == device::CounterSource::kProgram)
      out.push_back({names[i], device::kCounterInfos[i].unit, counted_[i]});
}

}  // namespace kiesel::model
