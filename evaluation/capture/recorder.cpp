#include "evaluation/capture/recorder.hpp"

#include <pthread.h>

#include <csignal>

#include "evaluation/capture/run.hpp"
#include "evaluation/capture/without_source.hpp"
#include "evaluation/program_base.hpp"
#include "support/log.hpp"

namespace kiesel::capture {
namespace {

// The application's signals are its own threads' to take.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    for (const int own : {SIGBUS, SIGFPE, SIGILL, SIGSEGV}) ::sigdelset(&all, own);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace

Recorder::Recorder(std::unique_ptr<device::Device> device, std::shared_ptr<Recording> recording,
                   std::uint32_t number)
    : Wrapper(std::move(device)), recording_(std::move(recording)), number_(number) {
  const SignalsBlocked while_it_starts;
  worker_ = std::jthread([this](const std::stop_token& stop) { work_loop(stop); });
}

Recorder::~Recorder() {
  worker_.request_stop();
  worker_.join();
}

// ---- memory and programs ----

void Recorder::track(device::Address address, std::uint64_t bytes, std::string_view label,
                     device::Owner owner, const std::byte* view) {
  if (bytes)
    tracking_.add({recording_->next_id(), number_, owner, address, bytes, std::string(label), {}}, view);
}

Result<device::Address> Recorder::allocate(std::uint64_t bytes, std::uint64_t alignment,
                                           std::string_view label, device::Owner owner) {
  auto address = device_->allocate(bytes, alignment, label, owner);
  if (address) track(*address, bytes, label, owner, device_->host_pointer(*address));
  return address;
}

Result<device::Address> Recorder::map_file(int file, std::uint64_t bytes, std::string_view label,
                                           device::Owner owner) {
  auto address = device_->map_file(file, bytes, label, owner);
  // Read by the device, which knows what to do when the file becomes shorter.
  if (address) track(*address, bytes, label, owner, nullptr);
  return address;
}

Status Recorder::share(device::Address host_address, std::uint64_t bytes, device::Owner owner) {
  auto shared = device_->share(host_address, bytes, owner);
  if (shared) track(host_address, bytes, "shared memory", owner, nullptr);
  return shared;
}

void Recorder::free(device::Address address) {
  tracking_.remove(address);
  device_->free(address);
}

void Recorder::label(device::Address address, std::string_view text) {
  tracking_.label(address, text);
  device_->label(address, text);
}

Status Recorder::learn(device::ModuleId module, std::span<const std::byte> elf, device::Owner owner) {
  const auto view = ElfView::parse(elf);
  if (!view) return view.error();
  const auto base = program_base(*device_, module, *view);
  if (!base) return base.error();
  Program program;
  program.base = *base;
  if (recording_->keeps_source()) {
    program.elf.assign(elf.begin(), elf.end());
  } else {
    auto stripped = without_source(elf);
    if (!stripped) return stripped.error();
    program.elf = std::move(*stripped);
  }
  program.hash = hash_of(program.elf);
  for (const auto& segment : view->segments()) {
    if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_W) || !segment.p_memsz) continue;
    const device::Address address = *base + segment.p_vaddr;
    tracking_.add(
        {recording_->next_id(), number_, owner, address, segment.p_memsz, "program variables", program.hash},
        nullptr);
    program.variables.push_back(address);
  }
  std::lock_guard lock(programs_mutex_);
  programs_.emplace(module, std::move(program));
  return {};
}

Result<device::ModuleId> Recorder::load(std::span<const std::byte> elf, device::Owner owner) {
  auto module = device_->load(elf, owner);
  if (module)
    if (const auto learnt = learn(*module, elf, owner); !learnt)
      KIESEL_LOG(kDevice, kWarning, "capture: launches of a program are left out: {}", learnt.error().reason);
  return module;
}

void Recorder::unload(device::ModuleId module) {
  {
    std::lock_guard lock(programs_mutex_);
    if (const auto program = programs_.extract(module))
      for (const device::Address address : program.mapped().variables) tracking_.remove(address);
  }
  device_->unload(module);
}

// ---- commands ----

void Recorder::submit(device::Command command, device::CompletionHandler done, device::Handling handling) {
  {
    std::lock_guard lock(mutex_);
    waiting_.push_back({std::move(command), std::move(done), handling.timed});
  }
  wake_.notify_one();
}

// Ends when it is told to and nothing waits.
void Recorder::work_loop(const std::stop_token& stop) {
  for (;;) {
    std::unique_lock lock(mutex_);
    if (!wake_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
    Work work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    auto* launch = std::get_if<device::Launch>(&work.command);
    work.done(launch ? run_launch(std::move(*launch), work.timed)
                     : run_to_end(*device_, std::move(work.command), work.timed));
  }
}

RunCommand Recorder::runner() {
  return [this](device::Command command) { return run_to_end(*device_, std::move(command), false).status; };
}

device::Completion Recorder::run_launch(device::Launch launch, bool timed) {
  const auto number = recording_->take(launch.kernel);
  if (!number) return run_to_end(*device_, std::move(launch), timed);
  std::lock_guard turn(recording_->turn());
  Writer* const writer = recording_->writer();
  if (!writer) return run_to_end(*device_, std::move(launch), timed);
  const std::uint64_t start = writer->end();
  const auto described = describe(launch, *number, *writer);
  if (!described) {
    recording_->stop(described.error(), start);
    return run_to_end(*device_, std::move(launch), timed);
  }
  auto completion = run_to_end(*device_, std::move(launch), true);
  if (auto recorded = record_outcome(*described, completion, *writer); !recorded)
    recording_->stop(recorded.error(), start);
  return completion;
}

Result<Launch> Recorder::describe(const device::Launch& launch, std::uint64_t number, Writer& writer) {
  Launch out;
  out.number = number;
  out.device = number_;
  out.owner = launch.owner;
  out.kernel = launch.kernel;
  out.region = launch.region;
  out.cores = launch.cores;
  out.local_memory_bytes = launch.local_memory_bytes;
  out.private_memory_bytes = launch.private_memory_bytes;
  out.printf_buffer = launch.printf_buffer;
  out.arguments.assign(launch.arguments.begin(), launch.arguments.end());
  std::vector<device::Address> others{launch.printf_buffer};
  {
    std::lock_guard lock(programs_mutex_);
    const auto program = programs_.find(launch.module);
    if (program == programs_.end())
      return Error{Errc::kUnsupported, fmt::format("the program of kernel '{}' is not known", launch.kernel)};
    out.program = program->second.hash;
    out.program_base = program->second.base;
    const auto& variables = program->second.variables;
    others.insert(others.end(), variables.begin(), variables.end());
    if (auto stored = writer.add_content(out.program, program->second.elf); !stored) return stored.error();
  }
  if (auto described = tracking_.describe(out, others, writer, runner()); !described)
    return described.error();
  if (auto written = writer.add(RecordKind::kLaunch, out); !written) return written.error();
  return out;
}

Status Recorder::record_outcome(const Launch& launch, const device::Completion& completion, Writer& writer) {
  Outcome outcome;
  outcome.number = launch.number;
  outcome.nanoseconds = completion.end_ns - completion.start_ns;
  if (!completion.status) outcome.fault = completion.status.error().reason;
  auto after = tracking_.changes(writer, runner());
  if (!after) return after.error();
  outcome.after = std::move(*after);
  return writer.add(RecordKind::kOutcome, outcome);
}

}  // namespace kiesel::capture
