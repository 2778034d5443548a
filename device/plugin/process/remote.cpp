#include "device/plugin/process/remote.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>

#include "device/plugin/host_services.hpp"
#include "device/plugin/live_commands.hpp"
#include "device/plugin/process/child.hpp"
#include "device/plugin/process/frames.hpp"
#include "support/log.hpp"
#include "support/uncancelled.hpp"

namespace kiesel::device::plugin {
namespace {

using namespace std::chrono_literals;

constexpr auto kOpening = 60s, kAnswering = 60s;
constexpr std::size_t kLongestLine = 400;

// A command that the process has.
struct Sent {
  kiesel_done done = nullptr;
  void* command = nullptr;
  std::byte* target = nullptr;  // of a read
  std::uint64_t bytes = 0;
  std::string kernel;
};

// Somebody waits for it.
struct Waiting {
  Frame reply;
  std::vector<std::byte> bytes;
  bool here = false;
};

class Remote;
// Whose messages this thread reads. What it asks for in the end of a command it must read itself, and nobody
// can start the process again before it is through.
thread_local const Remote* reads_for = nullptr;

class Remote {
 public:
  Remote(std::string program, std::string library, std::string options)
      : program_(std::move(program)), library_(std::move(library)), options_(std::move(options)) {}
  ~Remote() { stop(); }

  Status start();
  void describe(kiesel_description& out);
  kiesel_result allocate(std::uint64_t bytes, std::uint64_t alignment, std::uint64_t* address,
                         kiesel_reason* reason);
  void free(std::uint64_t address);
  kiesel_result load(const void* elf, std::uint64_t bytes, std::uint64_t* address, kiesel_reason* reason);
  void unload(std::uint64_t address);
  kiesel_result launch(const kiesel_launch& launch, kiesel_done done, void* command, kiesel_reason* reason);
  kiesel_result transfer(const kiesel_transfer& transfer, kiesel_done done, void* command,
                         kiesel_reason* reason);
  kiesel_result counters(std::uint64_t* values, std::uint32_t count, kiesel_reason* reason);
  kiesel_result reset(kiesel_reason* reason);

 private:
  struct Allocation {
    std::uint64_t bytes, alignment;
  };

  Status hello(DescriptionMessage& out);
  void stop();
  Status restart();
  Status put_back();
  Status revive();
  Waiting ask(Frame frame, std::span<const std::byte> bytes = {});
  Waiting ask_alive(const Frame& frame, std::span<const std::byte> bytes);
  kiesel_result post(Frame frame, std::span<const std::byte> bytes, Sent sent, kiesel_reason* reason);
  bool send(const Frame& frame, std::span<const std::byte> bytes);

  void read_all();
  bool read_frame();
  void read_until_answered(const Waiting& answer);
  bool wait_for_frame();
  void note_output();
  bool take_frame(const Frame& frame);
  bool take_end(const Frame& frame);
  void died();

  const std::string program_, library_, options_;
  DescriptionMessage message_;
  std::vector<kiesel_memory> memories_;
  std::vector<kiesel_counter> counters_;

  std::mutex restarting_;  // held by whoever starts the process again
  Child child_;
  WorkFolder folder_;
  std::thread reader_;
  std::deque<std::function<void()>> ends_;  // that the reader has seen, and handles next
  std::mutex sending_;

  std::mutex mutex_;  // guards all below
  std::condition_variable answered_;
  std::uint64_t last_ = 0;
  std::unordered_map<std::uint64_t, Sent> sent_;
  std::unordered_map<std::uint64_t, Waiting*> waiting_;
  std::map<std::uint64_t, Allocation> allocations_;
  std::map<std::uint64_t, std::vector<std::byte>> programs_;
  bool dead_ = true;
  std::string line_, last_line_;  // that it prints, and has printed
};

// ---- the process ----

Status Remote::start() {
  folder_ = WorkFolder::make();
  auto child = Child::start(program_, {library_, options_, folder_.path()});
  if (!child) return child.error();
  {
    std::lock_guard lock(sending_);
    child_ = std::move(*child);
  }
  last_line_.clear();
  DescriptionMessage message;
  if (auto greeted = hello(message); !greeted) {
    child_.kill();
    child_.end();
    return greeted;
  }
  if (message_.lanes == 0) message_ = std::move(message);
  {
    std::lock_guard lock(mutex_);
    dead_ = false;
  }
  reader_ = std::thread([this] { read_all(); });
  return {};
}

Status Remote::hello(DescriptionMessage& out) {
  const auto until = std::chrono::steady_clock::now() + kOpening;
  Frame frame;
  for (bool here = false; !here;) {
    std::array<pollfd, 2> files{{{child_.socket(), POLLIN, 0}, {child_.output(), POLLIN, 0}}};
    ::poll(files.data(), files.size(), 100);
    if (files[1].revents & POLLIN) note_output();
    here = files[0].revents & (POLLIN | POLLHUP);
    if (!here && std::chrono::steady_clock::now() > until)
      return Error{Errc::kTimeout,
                   fmt::format("plug-in {}: it did not open in {} seconds", library_, kOpening.count())};
  }
  if (!receive_frame(child_.socket(), frame) || frame.kind != FrameKind::kHello || frame.bytes > (1 << 20)) {
    note_output();
    return Error{Errc::kCrashed,
                 fmt::format("plug-in {}: its process ended while it was opened ({}){}", library_,
                             child_.end(), last_line_.empty() ? "" : ": " + last_line_)};
  }
  std::vector<std::byte> bytes(frame.bytes);
  receive_bytes(child_.socket(), bytes);
  if (frame.result != KIESEL_OK) {
    std::string reason(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (reason.find(library_) == std::string::npos) reason = fmt::format("plug-in {}: {}", library_, reason);
    return Error{code_of(frame.result), reason};
  }
  auto message = decode_value<DescriptionMessage>(bytes);
  if (!message) return Error{Errc::kCrashed, fmt::format("plug-in {}: its description is damaged", library_)};
  out = std::move(*message);
  return {};
}

void Remote::stop() {
  child_.kill();
  if (reader_.joinable()) reader_.join();
  child_.end();
}

// Memory and programs get the addresses that they had.
Status Remote::restart() {
  stop();
  auto started = start();
  if (started) started = put_back();
  if (started) KIESEL_LOG(kDevice, kWarning, "plug-in {}: its process was started again", library_);
  return started;
}

Status Remote::put_back() {
  decltype(allocations_) allocations;
  decltype(programs_) programs;
  {
    std::lock_guard lock(mutex_);
    allocations = allocations_, programs = programs_;
  }
  const auto same = [&](const Waiting& answer, std::uint64_t address) -> Status {
    if (answer.here && answer.reply.result == KIESEL_OK && answer.reply.a == address) return {};
    return Error{Errc::kCrashed, "its process was started again, but memory cannot have the address it had"};
  };
  for (const auto& [address, elf] : programs)
    if (auto status = same(ask({FrameKind::kLoad, KIESEL_OK, 0, 0, 0, address}, elf), address); !status)
      return status;
  for (const auto& [address, a] : allocations)
    if (auto status = same(ask({FrameKind::kAllocate, KIESEL_OK, 0, a.bytes, a.alignment, address}), address);
        !status)
      return status;
  return {};
}

// Starts a process that has died again.
Status Remote::revive() {
  if (reads_for == this) return {};
  const Uncancelled until_alive;
  std::lock_guard lock(restarting_);
  {
    std::lock_guard state(mutex_);
    if (!dead_) return {};
  }
  return restart();
}

kiesel_result Remote::reset(kiesel_reason* reason) {
  std::lock_guard lock(restarting_);
  bool busy = false;
  {
    std::lock_guard state(mutex_);
    busy = dead_ || !sent_.empty();  // what was given up
  }
  if (!busy) {
    const Waiting answer = ask({FrameKind::kReset});
    if (answer.here && answer.reply.result == KIESEL_OK) return KIESEL_OK;
  }
  if (auto again = restart(); !again) {
    say(reason, again.error().reason);
    return KIESEL_LOST;
  }
  return KIESEL_OK;
}

// ---- what it says ----

void Remote::read_all() {
  reads_for = this;
  while (read_frame())
    for (; !ends_.empty(); ends_.pop_front()) ends_.front()();
  child_.kill();
  died();
}

bool Remote::read_frame() {
  Frame frame;
  return wait_for_frame() && receive_frame(child_.socket(), frame) && take_frame(frame);
}

// By the reader itself, in the end of a command that asks for something. Other ends that come meanwhile wait.
void Remote::read_until_answered(const Waiting& answer) {
  while (!answer.here && read_frame()) {
  }
}

bool Remote::wait_for_frame() {
  for (;;) {
    std::array<pollfd, 2> files{{{child_.socket(), POLLIN, 0}, {child_.output(), POLLIN, 0}}};
    if (::poll(files.data(), files[1].fd < 0 ? 1 : 2, -1) < 0 && errno != EINTR) return false;
    if (files[1].revents) note_output();
    if (files[0].revents) return true;
    if (files[1].revents == POLLHUP) return true;  // it has ended: the socket says so, too
  }
}

// Lines of the process are for the log; the last one may say why it ended.
void Remote::note_output() {
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t got = ::read(child_.output(), buffer.data(), buffer.size());
    if (got <= 0) return;
    for (const char c : std::span(buffer.data(), static_cast<std::size_t>(got))) {
      if (c != '\n' && line_.size() < kLongestLine) {
        line_ += c;
        continue;
      }
      if (!line_.empty()) KIESEL_LOG(kDevice, kInfo, "{}: {}", library_, last_line_ = line_);
      line_.clear();
    }
  }
}

bool Remote::take_frame(const Frame& frame) {
  if (frame.kind == FrameKind::kEnded) return take_end(frame);
  if (frame.kind != FrameKind::kReply || frame.bytes > (1 << 20)) return false;
  std::vector<std::byte> bytes(frame.bytes);
  if (!receive_bytes(child_.socket(), bytes)) return false;
  std::lock_guard lock(mutex_);
  const auto found = waiting_.extract(frame.id);
  if (!found) return true;  // nobody waits any more
  *found.mapped() = {frame, std::move(bytes), true};
  answered_.notify_all();
  return true;
}

bool Remote::take_end(const Frame& frame) {
  Sent sent;
  {
    std::lock_guard lock(mutex_);
    auto found = sent_.extract(frame.id);
    if (!found) return false;
    sent = std::move(found.mapped());
  }
  std::string reason;
  bool whole = true;
  if (frame.result == KIESEL_OK && frame.bytes == sent.bytes) {
    whole = receive_bytes(child_.socket(), {sent.target, sent.bytes});
  } else {
    whole = frame.result != KIESEL_OK && frame.bytes <= kLongestReason;
    reason.resize(whole ? frame.bytes : 0);
    whole = whole && receive_bytes(child_.socket(), std::as_writable_bytes(std::span(reason)));
  }
  if (!whole) {
    std::lock_guard lock(mutex_);
    sent_.emplace(frame.id, std::move(sent));  // ends with the process
    return false;
  }
  ends_.push_back(
      [sent, reason, frame] { sent.done(sent.command, frame.result, reason.c_str(), frame.a, frame.b); });
  return true;
}

void Remote::died() {
  note_output();
  for (; !ends_.empty(); ends_.pop_front()) ends_.front()();
  std::string how;
  {
    std::lock_guard lock(sending_);
    how = child_.end();
  }
  decltype(sent_) sent;
  std::string kernel;
  {
    std::lock_guard lock(mutex_);
    dead_ = true;
    sent.swap(sent_);
    waiting_.clear();
    answered_.notify_all();
  }
  for (const auto& [id, command] : sent)
    if (!command.kernel.empty()) kernel = command.kernel;
  const std::string reason =
      fmt::format("the device's process ended ({}){}{}", how, kernel.empty() ? "" : " while it ran " + kernel,
                  last_line_.empty() ? "" : "; it said: " + last_line_);
  for (const auto& [id, command] : sent) command.done(command.command, KIESEL_FAULT, reason.c_str(), 0, 0);
}

// ---- what is said to it ----

bool Remote::send(const Frame& frame, std::span<const std::byte> bytes) {
  const Uncancelled until_sent;
  std::lock_guard lock(sending_);
  return send_frame(child_.socket(), frame, bytes);
}

// The answer; without one the process has died, or is ended now since it does not answer.
Waiting Remote::ask(Frame frame, std::span<const std::byte> bytes) {
  const Uncancelled until_answered;
  Waiting answer;
  std::unique_lock lock(mutex_);
  if (dead_) return answer;
  frame.id = ++last_;
  waiting_[frame.id] = &answer;
  lock.unlock();
  const bool sent = send(frame, bytes);
  if (sent && reads_for == this) read_until_answered(answer);
  lock.lock();
  const auto over = [&] { return answer.here || dead_; };
  const auto patience = reads_for == this ? 0s : kAnswering;
  if (!sent || !answered_.wait_for(lock, patience, over)) child_.kill();
  waiting_.erase(frame.id);
  return answer;
}

Waiting Remote::ask_alive(const Frame& frame, std::span<const std::byte> bytes) {
  if (auto alive = revive(); !alive) {
    Waiting answer;
    answer.reply.result = KIESEL_LOST;
    const auto text = std::as_bytes(std::span(alive.error().reason));
    answer.bytes.assign(text.begin(), text.end());
    return answer;
  }
  Waiting answer = ask(frame, bytes);
  if (!answer.here) answer.reply.result = KIESEL_FAULT;
  return answer;
}

kiesel_result result_with_reason(const Waiting& answer, kiesel_reason* reason) {
  if (answer.reply.result != KIESEL_OK)
    say(reason, {reinterpret_cast<const char*>(answer.bytes.data()), answer.bytes.size()});
  return answer.reply.result;
}

kiesel_result Remote::allocate(std::uint64_t bytes, std::uint64_t alignment, std::uint64_t* address,
                               kiesel_reason* reason) {
  const Waiting answer = ask_alive({FrameKind::kAllocate, KIESEL_OK, 0, bytes, alignment, 0}, {});
  if (const auto result = result_with_reason(answer, reason); result != KIESEL_OK) return result;
  *address = answer.reply.a;
  std::lock_guard lock(mutex_);
  allocations_[*address] = {bytes, alignment};
  return KIESEL_OK;
}

void Remote::free(std::uint64_t address) {
  {
    std::lock_guard lock(mutex_);
    allocations_.erase(address);
    if (dead_) return;
  }
  send({FrameKind::kFree, KIESEL_OK, 0, address}, {});
}

kiesel_result Remote::load(const void* elf, std::uint64_t bytes, std::uint64_t* address,
                           kiesel_reason* reason) {
  const std::span file(static_cast<const std::byte*>(elf), bytes);
  const Waiting answer = ask_alive({FrameKind::kLoad}, file);
  if (const auto result = result_with_reason(answer, reason); result != KIESEL_OK) return result;
  *address = answer.reply.a;
  std::lock_guard lock(mutex_);
  programs_[*address].assign(file.begin(), file.end());
  return KIESEL_OK;
}

void Remote::unload(std::uint64_t address) {
  {
    std::lock_guard lock(mutex_);
    programs_.erase(address);
    if (dead_) return;
  }
  send({FrameKind::kUnload, KIESEL_OK, 0, address}, {});
}

// A command that cannot be sent ends as the others do that the process had.
kiesel_result Remote::post(Frame frame, std::span<const std::byte> bytes, Sent sent, kiesel_reason* reason) {
  if (auto alive = revive(); !alive) {
    say(reason, alive.error().reason);
    return KIESEL_LOST;
  }
  {
    std::lock_guard lock(mutex_);
    if (dead_) {
      say(reason, "the device's process has ended");
      return KIESEL_FAULT;
    }
    frame.id = ++last_;
    sent_.emplace(frame.id, std::move(sent));
  }
  if (!send(frame, bytes)) child_.kill();
  return KIESEL_OK;
}

kiesel_result Remote::launch(const kiesel_launch& l, kiesel_done done, void* command, kiesel_reason* reason) {
  LaunchMessage m;
  m.kernel = l.kernel;
  m.program = l.program, m.start = l.start, m.entry = l.entry, m.private_bytes = l.private_bytes;
  std::copy_n(l.groups, 3, m.groups.begin());
  std::copy_n(l.local_size, 3, m.local_size.begin());
  m.local_bytes = l.local_bytes, m.first_core = l.first_core, m.cores = l.cores, m.priority = l.priority;
  const auto* block = static_cast<const std::byte*>(l.block);
  m.block.assign(block, block + l.block_bytes);
  return post({FrameKind::kLaunch}, encode_value(m),
              {done, command, nullptr, 0, fmt::format("'{}'", l.kernel)}, reason);
}

kiesel_result Remote::transfer(const kiesel_transfer& t, kiesel_done done, void* command,
                               kiesel_reason* reason) {
  auto* const host = static_cast<std::byte*>(t.host);
  Sent sent{done, command, nullptr, 0, {}};
  switch (t.kind) {
    case KIESEL_READ:
      sent.target = host, sent.bytes = t.bytes;
      return post({FrameKind::kRead, KIESEL_OK, 0, t.source, t.bytes}, {}, std::move(sent), reason);
    case KIESEL_WRITE:
      return post({FrameKind::kWrite, KIESEL_OK, 0, t.target}, {host, t.bytes}, std::move(sent), reason);
    case KIESEL_COPY:
      return post({FrameKind::kCopy, KIESEL_OK, 0, t.source, t.target, t.bytes}, {}, std::move(sent), reason);
    default:
      return post({FrameKind::kFill, KIESEL_OK, 0, t.target, t.bytes}, {host, t.pattern_bytes},
                  std::move(sent), reason);
  }
}

kiesel_result Remote::counters(std::uint64_t* values, std::uint32_t count, kiesel_reason* reason) {
  const Waiting answer = ask_alive({FrameKind::kCounters}, {});
  if (const auto result = result_with_reason(answer, reason); result != KIESEL_OK) return result;
  std::memcpy(values, answer.bytes.data(),
              std::min<std::size_t>(answer.bytes.size(), count * sizeof *values));
  return KIESEL_OK;
}

void Remote::describe(kiesel_description& out) {
  memories_.clear(), counters_.clear();
  for (const auto& memory : message_.memories)
    memories_.push_back({sizeof(kiesel_memory), memory.kind, memory.bytes, memory.line_bytes});
  for (const auto& counter : message_.counters)
    counters_.push_back({sizeof(kiesel_counter), counter.name.c_str(), counter.unit.c_str(),
                         counter.scope.c_str(), counter.text.c_str()});
  const auto flags = message_.flags & ~(KIESEL_RUNS_IN_SUBMIT | KIESEL_ENDS_IN_POLL);
  // What waits for its turn waits on this side, where the most urgent one can go first.
  const std::uint32_t pending = message_.flags & KIESEL_RUNS_IN_SUBMIT ? 1 : message_.pending;
  out = {sizeof out,
         message_.name.c_str(),
         message_.vendor.c_str(),
         message_.vendor_id,
         message_.lanes,
         message_.warps,
         message_.cores,
         message_.clock_mhz,
         message_.extensions.c_str(),
         message_.quirks.c_str(),
         memories_.data(),
         static_cast<std::uint32_t>(memories_.size()),
         static_cast<std::uint32_t>(counters_.size()),
         counters_.data(),
         message_.max_allocation_bytes,
         message_.private_bytes,
         message_.alignment,
         pending,
         flags};
}

// ---- as a table ----

Remote& of(kiesel_device* device) { return *reinterpret_cast<Remote*>(device); }

constexpr kiesel_plugin_table kTable{
    .version = KIESEL_DEVICE_VERSION,
    .size = sizeof(kiesel_plugin_table),
    .name = "a device's process",
    .open = nullptr,  // open_remote()
    .close = [](kiesel_device* device) { delete &of(device); },
    .describe = [](kiesel_device* device, kiesel_description* out, kiesel_reason*) -> kiesel_result {
      of(device).describe(*out);
      return KIESEL_OK;
    },
    .allocate = [](kiesel_device* device, std::uint64_t bytes, std::uint64_t alignment, std::uint64_t,
                   std::uint64_t* address,
                   kiesel_reason* reason) { return of(device).allocate(bytes, alignment, address, reason); },
    .free = [](kiesel_device* device, std::uint64_t address) { of(device).free(address); },
    .load = [](kiesel_device* device, const void* elf, std::uint64_t bytes, std::uint64_t,
               std::uint64_t* address,
               kiesel_reason* reason) { return of(device).load(elf, bytes, address, reason); },
    .unload = [](kiesel_device* device, std::uint64_t address) { of(device).unload(address); },
    .launch = [](kiesel_device* device, const kiesel_launch* launch, kiesel_done done, void* command,
                 kiesel_reason* reason) { return of(device).launch(*launch, done, command, reason); },
    .transfer = [](kiesel_device* device, const kiesel_transfer* transfer, kiesel_done done, void* command,
                   kiesel_reason* reason) { return of(device).transfer(*transfer, done, command, reason); },
    .poll = nullptr,
    .counters = [](kiesel_device* device, std::uint64_t* values, std::uint32_t count,
                   kiesel_reason* reason) { return of(device).counters(values, count, reason); },
    .reset = [](kiesel_device* device, kiesel_reason* reason) { return of(device).reset(reason); },
};

}  // namespace

Result<Opened> open_remote(const std::string& program, const std::string& library,
                           const std::string& options) {
  auto remote = std::make_unique<Remote>(program, library, options);
  if (auto started = remote->start(); !started) return started.error();
  return Opened{kTable, reinterpret_cast<kiesel_device*>(remote.release())};
}

}  // namespace kiesel::device::plugin
