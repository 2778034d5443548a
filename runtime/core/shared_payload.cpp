#include "runtime/core/shared_payload.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "support/fork.hpp"
#include "support/single.hpp"
#include "support/uncancelled.hpp"

namespace kiesel::runtime {
namespace {

// Also whether it still is one: applications close descriptors that are not theirs, and nothing is written to
// or read from what has taken the number.
bool is_eventfd(int file) {
  std::array<char, 64> target{};
  const auto length =
      ::readlink(fmt::format("/proc/self/fd/{}", file).c_str(), target.data(), target.size() - 1);
  return length > 0 && std::string_view(target.data()) == "anon_inode:[eventfd]";
}

void add_one(int file) {
  const std::uint64_t one = 1;
  const Uncancelled while_writing;
  if (!is_eventfd(file)) return;
  // Fails only where nobody has taken the last 2^64 signals.
  while (::write(file, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

class Watcher {
 public:
  void add(const SharedPayload& payload, Ref<Object> owner, Ref<Event> gate) {
    {
      std::lock_guard lock(mutex_);
      waits_.push_back({&payload, std::move(owner), std::move(gate)});
      if (!started_) std::thread([this] { run(); }).detach();
      started_ = true;
    }
    add_one(wake());
  }

 private:
  struct Wait {
    const SharedPayload* payload;
    Ref<Object> owner;
    Ref<Event> gate;
  };

  struct Ended {
    Wait wait;
    cl_int status;
  };

  int wake() {
    std::lock_guard lock(mutex_);
    if (!is_eventfd(wake_)) wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return wake_;
  }

  // Those that could be taken now, in their order, and those whose payload is lost.
  std::vector<Ended> take() {
    std::lock_guard lock(mutex_);
    std::vector<Ended> ended;
    std::vector<Wait> left;
    for (auto& wait : waits_) {
      const cl_int status = wait.payload->take() ? CL_COMPLETE : CL_OUT_OF_RESOURCES;
      if (status == CL_COMPLETE || !is_eventfd(wait.payload->file()))
        ended.push_back({std::move(wait), status});
      else
        left.push_back(std::move(wait));
    }
    waits_ = std::move(left);
    return ended;
  }

  void run() {
    for (;;) {
      std::vector<pollfd> files{{wake(), POLLIN, 0}};
      {
        std::lock_guard lock(mutex_);
        for (const auto& wait : waits_) files.push_back({wait.payload->file(), POLLIN, 0});
      }
      ::poll(files.data(), files.size(), -1);
      std::uint64_t count = 0;
      (void)!::read(wake(), &count, sizeof count);
      for (auto& [wait, status] : take()) {
        wait.owner = {};  // who hears of the end may count on it
        wait.gate->set_user_status(status);
      }
    }
  }

  std::mutex mutex_;  // guards what follows
  int wake_ = -1;
  std::vector<Wait> waits_;
  bool started_ = false;
};

constinit Single<Watcher> the_watcher;  // whose thread uses it until the process ends
const InForkedChild renews{[] { the_watcher.forget(); }};

}  // namespace

Outcome<SharedPayload> SharedPayload::create() {
  const int file = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
  if (file < 0) return ApiError{CL_OUT_OF_RESOURCES, fmt::format("eventfd: {}", std::strerror(errno))};
  return SharedPayload(file);
}

Outcome<SharedPayload> SharedPayload::import(int file) {
  if (!is_eventfd(file))
    return ApiError{CL_INVALID_PROPERTY, fmt::format("file descriptor {} is of no semaphore", file)};
  ::fcntl(file, F_SETFD, FD_CLOEXEC);
  return SharedPayload(file);
}

SharedPayload::~SharedPayload() {
  const Uncancelled while_closing;
  if (is_eventfd(file_)) ::close(file_);
}

Outcome<int> SharedPayload::duplicate() const {
  const int file = ::fcntl(file_, F_DUPFD_CLOEXEC, 0);
  if (file < 0) return ApiError{CL_OUT_OF_RESOURCES, fmt::format("dup: {}", std::strerror(errno))};
  return file;
}

void SharedPayload::signal() const { add_one(file_); }

bool SharedPayload::signalled() const {
  pollfd state{file_, POLLIN, 0};
  return ::poll(&state, 1, 0) == 1 && (state.revents & POLLIN);
}

bool SharedPayload::take() const {
  std::uint64_t count = 0;
  return is_eventfd(file_) && ::read(file_, &count, sizeof count) == sizeof count;
}

void take_later(const SharedPayload& payload, Ref<Object> owner, Ref<Event> gate) {
  the_watcher.get().add(payload, std::move(owner), std::move(gate));
}

}  // namespace kiesel::runtime
