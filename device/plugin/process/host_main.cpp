// The process of a device: a plug-in, and a socket to the application's process. What the plug-in does to its
// process it does to this one.
//   kiesel-device-host LIBRARY OPTIONS FOLDER      descriptor 3 is the socket; works in the folder
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "device/plugin/host_services.hpp"
#include "device/plugin/library.hpp"
#include "device/plugin/live_commands.hpp"
#include "device/plugin/process/frames.hpp"

namespace kiesel::device::plugin {
namespace {

DescriptionMessage message_of(const PluginDescription& d) {
  const Description& known = d.description;
  DescriptionMessage out{d.name,
                         known.vendor,
                         d.extensions,
                         d.quirks,
                         known.vendor_id,
                         known.target.lanes,
                         known.target.warps,
                         known.cores,
                         known.clock_mhz,
                         known.max_allocation_bytes,
                         known.private_memory_bytes,
                         d.alignment,
                         d.pending,
                         d.flags,
                         {},
                         d.counters};
  for (const kiesel_memory& memory : d.memories)
    out.memories.push_back({memory.kind, memory.line_bytes, memory.bytes});
  return out;
}

// A command that the plug-in has, with what it points to.
struct Pending {
  std::uint64_t id = 0;
  std::vector<std::byte> data;  // read, to be written, or a pattern
  kiesel_transfer transfer{};
  LaunchMessage message;
  kiesel_launch launch{};
  bool is_launch = false;
};

// Frames on their way to the application, in their order. Whoever sends one never waits: this process must go
// on reading while the application's sends and does not read.
class Outbox {
 public:
  void send(Frame frame, std::span<const std::byte> bytes) {
    frame.bytes = bytes.size();
    std::vector<std::byte> whole(sizeof frame + bytes.size());
    std::memcpy(whole.data(), &frame, sizeof frame);
    std::ranges::copy(bytes, whole.begin() + sizeof frame);
    std::lock_guard lock(mutex_);
    if (waiting_.empty()) {
      const ssize_t sent = ::send(kDeviceSocket, whole.data(), whole.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent == static_cast<ssize_t>(whole.size())) return;
      if (sent > 0) whole.erase(whole.begin(), whole.begin() + sent);
    }
    waiting_.push_back(std::move(whole));
    wake_.notify_one();
  }

 private:
  void send_waiting() {
    for (std::unique_lock lock(mutex_);;) {
      wake_.wait(lock, [this] { return !waiting_.empty(); });
      const auto& first = waiting_.front();  // stays until it is sent, so that nothing overtakes it
      lock.unlock();
      send_bytes(kDeviceSocket, first);
      lock.lock();
      waiting_.pop_front();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::vector<std::byte>> waiting_;
  std::thread sender_{[this] { send_waiting(); }};  // ends with the process
};

class Host {
 public:
  explicit Host(const Opened& opened) : table_(opened.table), device_(opened.device) {}

  // Whether the device can be used.
  bool greet() {
    const auto known = describe({table_, device_});
    if (!known) return refuse(known.error());
    flags_ = known->flags;
    counters_ = known->counters.size();
    return send_frame(kDeviceSocket, {FrameKind::kHello}, encode_value(message_of(*known)));
  }

  static bool refuse(const Error& error) {
    send_frame(kDeviceSocket, {FrameKind::kHello, result_of(error.code)}, error.reason);
    return false;
  }

  // Until the application is gone.
  void serve() {
    std::thread runner, poller;
    if (flags_ & KIESEL_RUNS_IN_SUBMIT) runner = std::thread([this] { run_commands(); });
    if (flags_ & KIESEL_ENDS_IN_POLL) poller = std::thread([this] { poll_forever(); });
    Frame frame;
    while (receive_frame(kDeviceSocket, frame)) {
      std::vector<std::byte> bytes(frame.bytes);
      if (!receive_bytes(kDeviceSocket, bytes)) break;
      answer(frame, std::move(bytes));
    }
    std::fflush(nullptr);
    ::_exit(0);  // whatever the plug-in is still at
  }

 private:
  void answer(const Frame& frame, std::vector<std::byte> bytes) {
    switch (frame.kind) {
      case FrameKind::kAllocate:
        return reply_address(frame, [&](std::uint64_t* address, kiesel_reason* reason) {
          return table_.allocate(device_, frame.a, frame.b, frame.c, address, reason);
        });
      case FrameKind::kFree:
        return table_.free(device_, frame.a);
      case FrameKind::kLoad:
        return reply_address(frame, [&](std::uint64_t* address, kiesel_reason* reason) {
          return load(frame, bytes, address, reason);
        });
      case FrameKind::kUnload:
        return table_.load ? table_.unload(device_, frame.a) : table_.free(device_, frame.a);
      case FrameKind::kCounters:
        return reply_counters(frame);
      case FrameKind::kReset:
        return reply_address(frame, [&](std::uint64_t*, kiesel_reason* reason) {
          return table_.reset ? table_.reset(device_, reason) : KIESEL_OK;
        });
      default:
        return command(frame, std::move(bytes));
    }
  }

  template <class Call>
  void reply_address(const Frame& frame, Call call) {
    std::uint64_t address = 0;
    kiesel_reason reason{};
    const kiesel_result result = call(&address, &reason);
    send({FrameKind::kReply, result, frame.id, address}, std::as_bytes(std::span(text_of(reason))));
  }

  kiesel_result load(const Frame& frame, const std::vector<std::byte>& elf, std::uint64_t* address,
                     kiesel_reason* reason) {
    if (table_.load) return table_.load(device_, elf.data(), elf.size(), frame.c, address, reason);
    const std::uint64_t bytes = host_services().program_bytes(elf.data(), elf.size(), reason);
    if (bytes == 0) return KIESEL_INVALID_PROGRAM;
    if (const auto result = table_.allocate(device_, bytes, 4096, frame.c, address, reason);
        result != KIESEL_OK)
      return result;
    std::vector<std::byte> image(bytes);
    host_services().place_program(elf.data(), elf.size(), *address, image.data(), reason);
    return write_now(*address, image, reason);
  }

  kiesel_result write_now(std::uint64_t address, std::vector<std::byte>& image, kiesel_reason* reason) {
    const kiesel_transfer write{sizeof write, KIESEL_WRITE, 0, address, image.size(), image.data(), 0};
    std::atomic<int> over{0};
    End how;
    void* const number = add_live_command([&](void*, End end) {
      how = std::move(end);
      over.store(1, std::memory_order_release);
      over.notify_one();
    });
    if (const auto result = table_.transfer(device_, &write, end_live_command, number, reason);
        result != KIESEL_OK && take_live_command(number))
      return result;
    while (!over.load(std::memory_order_acquire))
      if (!table_.poll || !table_.poll(device_)) over.wait(0, std::memory_order_acquire);
    say(reason, how.reason);
    return how.result;
  }

  void reply_counters(const Frame& frame) {
    std::vector<std::uint64_t> values(counters_);
    kiesel_reason reason{};
    const kiesel_result result =
        table_.counters
            ? table_.counters(device_, values.data(), static_cast<std::uint32_t>(counters_), &reason)
            : KIESEL_UNSUPPORTED;
    const auto text = text_of(reason);
    send({FrameKind::kReply, result, frame.id},
         result == KIESEL_OK ? std::as_bytes(std::span(values)) : std::as_bytes(std::span(text)));
  }

  // ---- commands ----

  void command(const Frame& frame, std::vector<std::byte> bytes) {
    auto pending = std::make_shared<Pending>();
    pending->id = frame.id;
    pending->data = std::move(bytes);
    kiesel_transfer& t = pending->transfer;
    t.size = sizeof t;
    switch (frame.kind) {
      case FrameKind::kLaunch:
        if (!take_launch(*pending)) return ended(*pending, {KIESEL_INVALID, "a launch that cannot be read"});
        break;
      case FrameKind::kRead:
        t.kind = KIESEL_READ, t.source = frame.a, t.bytes = frame.b;
        pending->data.resize(frame.b);
        break;
      case FrameKind::kWrite:
        t.kind = KIESEL_WRITE, t.target = frame.a, t.bytes = pending->data.size();
        break;
      case FrameKind::kCopy:
        t.kind = KIESEL_COPY, t.source = frame.a, t.target = frame.b, t.bytes = frame.c;
        break;
      case FrameKind::kFill:
        t.kind = KIESEL_FILL, t.target = frame.a, t.bytes = frame.b;
        t.pattern_bytes = static_cast<std::uint32_t>(pending->data.size());
        break;
      default:
        return;
    }
    t.host = pending->data.data();
    if (!(flags_ & KIESEL_RUNS_IN_SUBMIT)) return start(pending);
    std::lock_guard lock(mutex_);
    ready_.push_back(std::move(pending));
    wake_.notify_one();
  }

  static bool take_launch(Pending& pending) {
    auto message = decode_value<LaunchMessage>(pending.data);
    if (!message) return false;
    pending.is_launch = true;
    LaunchMessage& m = pending.message = std::move(*message);
    kiesel_launch& l = pending.launch;
    l.size = sizeof l;
    l.kernel = m.kernel.c_str();
    l.program = m.program, l.start = m.start, l.entry = m.entry;
    std::ranges::copy(m.groups, l.groups);
    std::ranges::copy(m.local_size, l.local_size);
    l.local_bytes = m.local_bytes, l.first_core = m.first_core, l.cores = m.cores, l.priority = m.priority;
    l.private_bytes = m.private_bytes;
    l.block = m.block.data(), l.block_bytes = m.block.size();
    return true;
  }

  void start(const std::shared_ptr<Pending>& pending) {
    void* const number = add_live_command([this, pending](void*, const End& end) { ended(*pending, end); });
    kiesel_reason reason{};
    const kiesel_result result =
        pending->is_launch ? table_.launch(device_, &pending->launch, end_live_command, number, &reason)
                           : table_.transfer(device_, &pending->transfer, end_live_command, number, &reason);
    if (result != KIESEL_OK && take_live_command(number))
      ended(*pending, {result, std::string(text_of(reason))});
  }

  void ended(const Pending& pending, const End& end) {
    const Frame frame{FrameKind::kEnded, end.result, pending.id, end.start_ns, end.end_ns};
    if (end.result == KIESEL_OK)
      send(frame, pending.transfer.kind == KIESEL_READ ? pending.data : std::span<const std::byte>());
    else
      send(frame, std::as_bytes(std::span(end.reason)));
  }

  void run_commands() {
    for (std::unique_lock lock(mutex_);;) {
      wake_.wait(lock, [this] { return !ready_.empty(); });
      const auto pending = std::move(ready_.front());
      ready_.pop_front();
      lock.unlock();
      start(pending);
      lock.lock();
    }
  }

  void poll_forever() {
    for (;;)
      if (!table_.poll(device_)) std::this_thread::sleep_for(std::chrono::microseconds(50));
  }

  void send(const Frame& frame, std::span<const std::byte> bytes) { outbox_.send(frame, bytes); }

  const kiesel_plugin_table table_;
  kiesel_device* const device_;
  std::uint32_t flags_ = 0;
  std::size_t counters_ = 0;
  Outbox outbox_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Pending>> ready_;
};

int run(const char* library, const char* options, const char* folder) {
  if (*folder && ::chdir(folder) != 0) std::perror("kiesel-device-host: chdir");
  const auto opened = open_here(library, options);
  if (!opened) return Host::refuse(opened.error()), 1;
  Host host(*opened);
  if (!host.greet()) ::_exit(1);  // with a thread that nobody waits for
  host.serve();
  return 0;
}

}  // namespace
}  // namespace kiesel::device::plugin

int main(int argc, char** argv) {
  if (argc == 4) return kiesel::device::plugin::run(argv[1], argv[2], argv[3]);
  fmt::print(stderr, "kiesel-device-host is started by Kiesel, for devices that are plug-ins\n");
  return 2;
}
