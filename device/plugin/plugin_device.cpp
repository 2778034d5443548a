#include "device/plugin/plugin_device.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "device/box.hpp"
#include "device/isa/program_image.hpp"
#include "device/launch.hpp"
#include "device/plugin/host_services.hpp"
#include "support/clock.hpp"
#include "support/log.hpp"

namespace kiesel::device::plugin {
namespace {

constexpr std::uint64_t kProgramAlignment = 4096;

// A launch that needs more work-groups than the interface can name.
Status check_groups(const Launch& launch) {
  for (const std::uint64_t groups : launch.region.groups)
    if (groups > 0xFFFFFFFF) return invalid_launch(launch, "too many work-groups for this device");
  return {};
}

bool is_empty_launch(const Command& command) {
  const auto* launch = std::get_if<Launch>(&command);
  return launch && std::ranges::count(launch->region.groups, 0);
}

std::vector<std::byte> launch_block(const Launch& launch) {
  static_assert(sizeof(kiesel_launch_header) == sizeof(isa::LaunchHeader));
  static_assert(offsetof(kiesel_launch_header, printf_buffer) == offsetof(isa::LaunchHeader, printf_buffer));
  static_assert(offsetof(kiesel_launch_header, local_bytes) == offsetof(isa::LaunchHeader, local_bytes));
  const isa::LaunchHeader header = launch_header(launch);
  std::vector<std::byte> block(sizeof header + launch.arguments.size());
  std::memcpy(block.data(), &header, sizeof header);
  std::ranges::copy(launch.arguments, block.begin() + sizeof header);
  return block;
}

}  // namespace

// Calls a function that takes the device first and a reason last.
template <class... Parameters, class... Arguments>
Status PluginDevice::call(const char* what, kiesel_result (*function)(Parameters...),
                          Arguments... arguments) const {
  kiesel_reason reason{};
  const kiesel_result result = function(device_, arguments..., &reason);
  if (result == KIESEL_OK) return {};
  return error_of(fmt::format("{}: {}", label_, what), result, text_of(reason));
}

PluginDevice::PluginDevice(Opened opened, std::string label, std::uint64_t launch_seconds)
    : table_(opened.table),
      label_(std::move(label)),
      launch_ns_(std::min<std::uint64_t>(launch_seconds, 1'000'000'000) * 1'000'000'000),
      device_(opened.device) {}

Result<std::unique_ptr<PluginDevice>> PluginDevice::create(Opened opened, std::string label,
                                                           std::uint64_t launch_seconds) {
  auto device = std::unique_ptr<PluginDevice>(new PluginDevice(opened, std::move(label), launch_seconds));
  auto known = describe(opened);
  if (!known) return Error{known.error().code, device->label_ + ": " + known.error().reason};
  device->known_ = std::move(*known);
  device->worker_ =
      std::jthread([self = device.get()](const std::stop_token& stop) { self->work_loop(stop); });
  KIESEL_LOG(kDevice, kInfo, "{}: {}", device->label_, device->known_.description.name);
  return device;
}

// ---- memory ----

Result<Address> PluginDevice::allocate(std::uint64_t bytes, std::uint64_t alignment, std::string_view,
                                       Owner) {
  const std::uint64_t most = known_.description.max_allocation_bytes;
  if (bytes > most)
    return Error{Errc::kOutOfMemory,
                 fmt::format("{} bytes are more than one allocation may have: {}", bytes, most)};
  if (alignment == 0 || (alignment & (alignment - 1)))
    return Error{Errc::kInvalidArgument, fmt::format("alignment {} is not a power of two", alignment)};
  bytes = std::max<std::uint64_t>(bytes, 1);
  alignment = std::max<std::uint64_t>(alignment, known_.alignment);
  std::uint64_t address = 0;
  auto called = call("allocate", table_.allocate, bytes, alignment, std::uint64_t{0}, &address);
  if (!called) return called.error();
  if (auto entered = memory_.enter(address, bytes, alignment); !entered) {
    lose(entered.error().reason);
    return Error{Errc::kCrashed, fmt::format("{}: allocate: {}", label_, entered.error().reason)};
  }
  return address;
}

void PluginDevice::free(Address address) {
  if (memory_.leave(address)) table_.free(device_, address);
}

Result<Address> PluginDevice::map_file(int, std::uint64_t, std::string_view, Owner) {
  return Error{Errc::kUnsupported, "files cannot be memory of this device"};
}

Status PluginDevice::share(Address, std::uint64_t, Owner) {
  return Error{Errc::kUnsupported, "this device cannot reach the host's memory"};
}

// ---- programs ----

Result<ModuleId> PluginDevice::load(std::span<const std::byte> elf, Owner) {
  const auto file = ElfView::parse(elf);
  if (!file) return file.error();
  const auto image = isa::ProgramImage::of(*file);
  if (!image) return image.error();
  const auto base = table_.load ? load_program(elf, image->bytes()) : place_program(elf, image->bytes());
  if (!base) return base.error();
  Program program{*base,
                  *base + image->startup(),
                  *base + image->text().p_vaddr,
                  *base + image->text().p_vaddr + image->text().p_memsz,
                  {}};
  for (const auto& symbol : file->symbols())
    if (isa::is_placed(symbol) && symbol.binding != STB_LOCAL)
      program.symbols.emplace(symbol.name, *base + symbol.value);
  std::lock_guard lock(programs_mutex_);
  programs_[*base] = std::make_shared<const Program>(std::move(program));
  return *base;
}

Result<Address> PluginDevice::load_program(std::span<const std::byte> elf, std::uint64_t bytes) {
  std::uint64_t address = 0;
  auto called = call("load", table_.load, static_cast<const void*>(elf.data()), std::uint64_t{elf.size()},
                     std::uint64_t{0}, &address);
  if (!called) return called.error();
  if (auto entered = memory_.enter(address, bytes, kProgramAlignment); !entered) {
    lose(entered.error().reason);
    return Error{Errc::kCrashed, fmt::format("{}: load: {}", label_, entered.error().reason)};
  }
  return address;
}

Result<Address> PluginDevice::place_program(std::span<const std::byte> elf, std::uint64_t bytes) {
  auto base = allocate(bytes, kProgramAlignment);
  if (!base) return base;
  std::vector<std::byte> image(bytes);
  kiesel_reason reason{};
  host_services().place_program(elf.data(), elf.size(), *base, image.data(), &reason);
  if (auto written = run_now(Write{image.data(), *base, {{bytes, 1, 1}, bytes, bytes, bytes, bytes}});
      !written) {
    free(*base);
    return written.error();
  }
  return base;
}

void PluginDevice::unload(ModuleId module) {
  {
    std::lock_guard lock(programs_mutex_);
    if (!programs_.erase(module)) return;
  }
  if (!table_.load) return free(module);
  memory_.leave(module);
  table_.unload(device_, module);
}

std::shared_ptr<const PluginDevice::Program> PluginDevice::program(ModuleId module) const {
  std::lock_guard lock(programs_mutex_);
  const auto found = programs_.find(module);
  return found == programs_.end() ? nullptr : found->second;
}

Result<Address> PluginDevice::symbol(ModuleId module, std::string_view name) const {
  const auto loaded = program(module);
  if (!loaded) return Error{Errc::kNotFound, fmt::format("there is no module {}", module)};
  const auto symbol = loaded->symbols.find(name);
  if (symbol == loaded->symbols.end())
    return Error{Errc::kNotFound, fmt::format("the program has no symbol '{}'", name)};
  return symbol->second;
}

// ---- commands: checked and laid out ----

Result<std::shared_ptr<PluginDevice::Work>> PluginDevice::prepare(Command command) {
  auto work = std::make_shared<Work>();
  work->command = std::move(command);
  if (work->is_launch()) {
    launches_.fetch_add(1, std::memory_order_relaxed);
    if (auto ready = prepare_launch(*work); !ready) return ready.error();
    return work;
  }
  transfers_.fetch_add(1, std::memory_order_relaxed);
  if (auto valid = check_transfer(work->command); !valid) return valid.error();
  work->plan = plan_transfer(work->command, known_.flags);
  return work;
}

Status PluginDevice::prepare_launch(Work& work) const {
  const auto& launch = *std::get_if<Launch>(&work.command);
  const auto loaded = program(launch.module);
  if (!loaded) return invalid_launch(launch, "no such module");
  if (launch.entry < loaded->text_begin || launch.entry >= loaded->text_end || launch.entry % 4)
    return invalid_launch(launch, fmt::format("its entry point {:#x} is not in the module", launch.entry));
  const Description& d = known_.description;
  if (auto valid = check_launch(launch, {d.target, d.cores, d.private_memory_bytes, d.core_ranges}); !valid)
    return valid;
  if (auto valid = check_groups(launch); !valid) return valid;
  launch.kernel.substr(0, work.kernel.size() - 1).copy(work.kernel.data(), work.kernel.size() - 1);
  work.block = launch_block(launch);
  kiesel_launch& out = work.launch;
  out.size = sizeof out;
  out.kernel = work.kernel.data();
  out.program = loaded->base;
  out.start = loaded->start;
  out.entry = launch.entry;
  for (int d = 0; d < 3; ++d) {
    out.groups[d] = static_cast<std::uint32_t>(launch.region.groups[d]);
    out.local_size[d] = launch.region.local_size[d];
  }
  out.local_bytes = launch.local_memory_bytes;
  out.first_core = launch.cores.count ? launch.cores.first : 0;
  out.cores = launch.cores.count;
  out.priority = static_cast<std::int32_t>(launch.priority) - static_cast<std::int32_t>(Priority::kMedium);
  out.private_bytes = launch.private_memory_bytes;
  out.block = work.block.data();
  out.block_bytes = work.block.size();
  return {};
}

Status PluginDevice::check_transfer(const Command& command) const {
  const auto inside = [&](Address address, std::uint64_t bytes, const char* what) -> Status {
    if (bytes == 0 || memory_.contains(address, bytes)) return {};
    return Error{Errc::kInvalidArgument,
                 fmt::format("{} of {} bytes at {:#x} is not inside an allocation", what, bytes, address)};
  };
  if (const auto* read = std::get_if<Read>(&command))
    return is_empty(read->box) ? Status() : inside(read->source, source_extent(read->box), "read");
  if (const auto* write = std::get_if<Write>(&command))
    return is_empty(write->box) ? Status() : inside(write->target, target_extent(write->box), "write");
  if (const auto* copy = std::get_if<Copy>(&command)) {
    if (is_empty(copy->box)) return {};
    auto source = inside(copy->source, source_extent(copy->box), "copy");
    return source ? inside(copy->target, target_extent(copy->box), "copy") : source;
  }
  const auto& fill = *std::get_if<Fill>(&command);
  if (fill.pattern.empty() || fill.pattern.size() > 128 || fill.bytes % fill.pattern.size())
    return Error{Errc::kInvalidArgument,
                 fmt::format("a fill pattern of {} bytes for {} bytes", fill.pattern.size(), fill.bytes)};
  return inside(fill.target, fill.bytes, "fill");
}

// ---- commands: on their way ----

// Set while this thread is inside of a plug-in's launch(), transfer() or poll(): an end that comes
// meanwhile is handled afterwards, by whoever is outside.
thread_local bool inside_plugin = false;

void PluginDevice::submit(Command command, CompletionHandler done, Handling handling) {
  auto work = prepare(std::move(command));
  if (!work)
    return after([done = std::move(done), error = work.error()] { done({error, now_ns(), now_ns()}); });
  (*work)->done = std::move(done);
  (*work)->timed = handling.timed;
  if (is_empty_launch((*work)->command)) return after([this, work = *work] { finish(*work); });
  start_stage(*work);
}

// The steps of the stage that it is at; at its end the command is done.
void PluginDevice::start_stage(const std::shared_ptr<Work>& work) {
  const bool launch = work->is_launch();
  const std::size_t stages = launch ? 1 : work->plan.stages.size();
  if (work->stage == stages || work->error) return after([this, work] { finish(*work); });
  {
    std::lock_guard lock(mutex_);
    auto& queue =
        ready_[launch ? static_cast<std::size_t>(std::get_if<Launch>(&work->command)->priority) : 1];
    if (launch) {
      work->left = 1;
      queue.push_back({work, nullptr});
    } else {
      const auto& stage = work->plan.stages[work->stage];
      work->left = stage.size();
      for (const kiesel_transfer& transfer : stage) queue.push_back({work, &transfer});
    }
  }
  if (known_.has(KIESEL_RUNS_IN_SUBMIT) || inside_plugin)
    wake_.notify_one();
  else
    start_ready();
}

std::optional<PluginDevice::Step> PluginDevice::take_ready() {
  std::lock_guard lock(mutex_);
  if (needs_reset_ || resetting_) return std::nullopt;
  if (known_.pending && running_ >= known_.pending) return std::nullopt;
  for (auto queue = ready_.rbegin(); queue != ready_.rend(); ++queue) {
    if (queue->empty()) continue;
    Step step = std::move(queue->front());
    queue->pop_front();
    ++running_;
    return step;
  }
  return std::nullopt;
}

void PluginDevice::start_ready() {
  while (const auto step = take_ready()) start(*step);
}

void PluginDevice::start(const Step& step) {
  {
    std::unique_lock lock(mutex_);
    if (lost_) {
      End end{KIESEL_LOST, *lost_};
      lock.unlock();
      return ended(step, end);
    }
  }
  void* const command =
      add_live_command([this, step](void* number, End end) { handle_end(number, step, std::move(end)); });
  const bool timed = !step.transfer && launch_ns_;
  {
    std::lock_guard lock(mutex_);
    started_[command] = timed ? now_ns() + launch_ns_ : 0;
  }
  if (timed) wake_.notify_one();
  kiesel_reason reason{};
  inside_plugin = true;
  const kiesel_result result =
      step.transfer ? table_.transfer(device_, step.transfer, end_live_command, command, &reason)
                    : table_.launch(device_, &step.work->launch, end_live_command, command, &reason);
  inside_plugin = false;
  if (result == KIESEL_OK) return;
  if (const EndHandler refused = take_live_command(command)) {
    inside_plugin = true;  // as if it had ended there
    refused(command, {result, std::string(text_of(reason))});
    inside_plugin = false;
  }
}

void PluginDevice::handle_end(void* command, const Step& step, End end) {
  {
    std::lock_guard lock(mutex_);
    started_.erase(command);
  }
  if (inside_plugin)
    after([this, step, end = std::move(end)] { ended(step, end); });
  else
    ended(step, end);
}

void PluginDevice::ended(const Step& step, const End& end) {
  Work& work = *step.work;
  const bool resets = end.result == KIESEL_FAULT || end.result == KIESEL_TIMEOUT;
  {
    std::lock_guard lock(mutex_);
    --running_;
    needs_reset_ |= resets && table_.reset;
  }
  if (end.result == KIESEL_LOST) lose(end.reason);
  bool last = false;
  {
    std::lock_guard lock(work.mutex);
    if (end.result != KIESEL_OK && !work.error) {
      const std::string what =
          work.is_launch() ? fmt::format("kernel '{}'", work.kernel.data()) : "a transfer";
      work.error = error_of(what, end.result, end.reason);
      if (end.result == KIESEL_LOST) work.error->code = Errc::kFault;
    }
    if (end.start_ns && end.start_ns <= end.end_ns) {
      work.start_ns = work.start_ns ? std::min(work.start_ns, end.start_ns) : end.start_ns;
      work.end_ns = std::max(work.end_ns, end.end_ns);
    }
    last = --work.left == 0;
  }
  if (last) {
    ++work.stage;
    const bool over = work.is_launch() || work.error || work.stage == work.plan.stages.size();
    if (over)
      finish(work);
    else
      start_stage(step.work);
  }
  if (known_.has(KIESEL_RUNS_IN_SUBMIT) || resets)
    wake_.notify_one();
  else
    start_ready();
}

void PluginDevice::finish(Work& work) {
  if (!work.error && work.plan.finish) work.plan.finish();
  Completion completion{work.error ? Status(*work.error) : Status()};
  if (work.timed) {
    const std::uint64_t now = now_ns();
    completion.end_ns = work.end_ns ? std::min(work.end_ns, now) : now;
    completion.start_ns = work.start_ns ? std::min(work.start_ns, completion.end_ns) : completion.end_ns;
  }
  const CompletionHandler done = std::move(work.done);
  done(completion);
}

void PluginDevice::after(std::function<void()> what) {
  {
    std::lock_guard lock(mutex_);
    later_.push_back(std::move(what));
  }
  wake_.notify_one();
}

bool PluginDevice::run_later() {
  std::function<void()> what;
  {
    std::lock_guard lock(mutex_);
    if (later_.empty()) return false;
    what = std::move(later_.front());
    later_.pop_front();
  }
  what();
  return true;
}

bool PluginDevice::poll() {
  if (!table_.poll || inside_plugin) return false;
  inside_plugin = true;
  const bool seen = table_.poll(device_) != 0;
  inside_plugin = false;
  return seen;
}

bool PluginDevice::help() {
  const bool seen = poll();
  return run_later() || seen;
}

// For what must be over before a function returns.
Status PluginDevice::run_now(Command command) {
  std::atomic<bool> over{false};
  Status status;
  submit(std::move(command), [&](const Completion& completion) {
    status = completion.status;
    over.store(true, std::memory_order_release);
    over.notify_one();
  });
  while (!over.load(std::memory_order_acquire))
    if (!help()) over.wait(false, std::memory_order_acquire);
  return status;
}

// ---- the thread of ours ----

bool PluginDevice::worker_has_work() const {
  if (!later_.empty() || (needs_reset_ && running_ == 0)) return true;
  if (!known_.has(KIESEL_RUNS_IN_SUBMIT) || needs_reset_ || resetting_) return false;
  for (const auto& queue : ready_)
    if (!queue.empty()) return true;
  return false;
}

void PluginDevice::work_loop(const std::stop_token& stop) {
  constexpr auto kLookEvery = std::chrono::microseconds(100);
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const bool polls = known_.has(KIESEL_ENDS_IN_POLL) && running_ > 0;
    if (!worker_has_work()) {
      if (polls)
        wake_.wait_for(lock, kLookEvery);
      else if (launch_ns_ == 0 || started_.empty())
        wake_.wait(lock);
      else
        wake_.wait_for(lock, std::chrono::milliseconds(50));
    }
    if (stop.stop_requested()) return;
    const bool reset_now = needs_reset_ && running_ == 0;
    lock.unlock();
    while (run_later()) {
    }
    if (reset_now) reset();
    if (const auto step = take_ready()) start(*step);
    if (polls) poll();
    stop_late_launches();
    lock.lock();
  }
}

void PluginDevice::stop_late_launches() {
  std::vector<void*> late;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [command, deadline] : started_)
      if (deadline && deadline <= now_ns()) late.push_back(command);
  }
  for (void* const command : late)
    if (const EndHandler handler = take_live_command(command)) {
      handler(command,
              {KIESEL_TIMEOUT, fmt::format("it was stopped after {} seconds, see the option launch_seconds",
                                           launch_ns_ / 1'000'000'000)});
      if (!table_.reset) lose("a launch did not end in time, and it cannot be stopped");
    }
}

void PluginDevice::reset() {
  {
    std::lock_guard lock(mutex_);
    needs_reset_ = false;
    resetting_ = true;
  }
  const auto done = call("reset", table_.reset);
  if (!done) lose(done.error().reason);
  {
    std::lock_guard lock(mutex_);
    resetting_ = false;
  }
  start_ready();
}

void PluginDevice::lose(std::string reason) {
  std::lock_guard lock(mutex_);
  if (lost_) return;
  KIESEL_LOG(kDevice, kError, "{}: the device is lost: {}", label_, reason);
  lost_ = reason.empty() ? std::string("the device is lost") : std::move(reason);
}

// What waits is refused, what runs is stopped where it can be. Whether nothing runs any more.
bool PluginDevice::shut_down() {
  constexpr auto kPatience = std::chrono::seconds(10);
  {
    std::lock_guard lock(mutex_);
    if (!lost_) lost_ = "the device was shut down";
  }
  if (table_.reset && running_) static_cast<void>(call("reset", table_.reset).ok());
  const auto until = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    start_ready();
    if (!help()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::lock_guard lock(mutex_);
    const bool waits = !later_.empty() || !ready_[0].empty() || !ready_[1].empty() || !ready_[2].empty();
    if (running_ == 0 && !waits) return true;
    if (std::chrono::steady_clock::now() > until) return false;
  }
}

// Ends what the plug-in has not: should it do so later, nobody listens.
void PluginDevice::give_up() {
  std::map<void*, std::uint64_t> left;
  {
    std::lock_guard lock(mutex_);
    left = started_;
  }
  for (const auto& [command, deadline] : left)
    if (const EndHandler handler = take_live_command(command))
      handler(command, {KIESEL_LOST, "the device was shut down before it had ended"});
  while (run_later()) {
  }
}

PluginDevice::~PluginDevice() {
  const bool over = !worker_.joinable() || shut_down();
  if (worker_.joinable()) {
    {
      std::lock_guard lock(mutex_);  // it is not between its look and its sleep
      worker_.request_stop();
    }
    wake_.notify_all();
    worker_.join();
  }
  give_up();
  if (over)
    table_.close(device_);
  else
    KIESEL_LOG(kDevice, kError, "{}: commands have not ended, it stays open", label_);
}

std::vector<Counter> PluginDevice::counters() const {
  std::vector<Counter> out{{"launches", "", launches_}, {"transfers", "", transfers_}};
  if (!table_.counters || known_.counters.empty()) return out;
  std::vector<std::uint64_t> values(known_.counters.size());
  if (!call("counters", table_.counters, values.data(), static_cast<std::uint32_t>(values.size())))
    return out;
  for (std::size_t i = 0; i < values.size(); ++i)
    out.push_back({known_.counters[i].name, known_.counters[i].unit, values[i]});
  return out;
}

}  // namespace kiesel::device::plugin
