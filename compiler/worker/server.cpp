#include "compiler/worker/server.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <thread>

#include "compiler/worker/build.hpp"
#include "compiler/worker/child.hpp"
#include "compiler/worker/huge_code.hpp"
#include "compiler/worker/post_mortem.hpp"
#include "support/clock.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
// An application that has built so many programs will build more.
constexpr unsigned kManyBuilds = 64;

struct Running {
  pid_t pid;
  Descriptor connection;
  Descriptor messages;
  ControlMessage limits;
  std::uint64_t deadline_ns;
  bool overdue = false;
};

// A build that waits for something (a file that never ends its read) uses no processor time: the wall clock
// stops it.
std::uint64_t wall_limit_ns(const ControlMessage& limits) {
  return (4 * std::uint64_t{limits.build_seconds} + 5) * kSecond;
}

class Server {
 public:
  Server(int control, BuildFunction build) : control_(control), build_(build) {
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &children, nullptr);
    child_events_ = Descriptor(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK));
    most_ = std::max(4U, 2 * std::thread::hardware_concurrency());
  }

  int run() {
    while (step()) {
    }
    for (const auto& child : running_) ::kill(child.pid, SIGKILL);
    return 0;
  }

 private:
  // Waits for one event. False when the client has gone.
  bool step() {
    std::array<pollfd, 2> events{pollfd{child_events_.get(), POLLIN, 0}, pollfd{control_, POLLIN, 0}};
    // With enough builds running the next ones wait in the socket; its end is noticed all the same.
    if (running_.size() >= most_) events[1].events = 0;
    if (::poll(events.data(), events.size(), wait_ms()) < 0) return errno == EINTR;
    if (events[0].revents) reap();
    stop_overdue();
    if (events[1].revents & POLLIN) return accept();
    return (events[1].revents & (POLLHUP | POLLERR)) == 0;
  }

  int wait_ms() const {
    std::uint64_t next = UINT64_MAX;
    for (const auto& child : running_)
      if (!child.overdue) next = std::min(next, child.deadline_ns);
    if (next == UINT64_MAX) return -1;
    const auto now = now_ns();
    return next <= now ? 0 : static_cast<int>(std::min<std::uint64_t>((next - now) / 1'000'000 + 1, INT_MAX));
  }

  bool accept() {
    ControlMessage message;
    std::array<Descriptor, 2> files;
    if (!receive_message(control_, std::as_writable_bytes(std::span(&message, 1)), files)) return false;
    start(message, std::move(files[0]), std::move(files[1]));
    if (++builds_ > kManyBuilds) code_.move_some();  // while the build runs
    return true;
  }

  void start(const ControlMessage& message, Descriptor request, Descriptor connection) {
    auto messages = memory_file({});
    const auto parent = ::getpid();
    const auto pid = ::fork();
    if (pid == 0) {
      become_child(parent);
      run_child({std::move(request), std::move(connection), std::move(messages)}, message, build_);
    }
    Running child{pid, std::move(connection), std::move(messages), message,
                  now_ns() + wall_limit_ns(message)};
    if (pid < 0) return send_reply(child.connection.get(), cannot_start());
    running_.push_back(std::move(child));
  }

  // A build must not outlive its server, nor hold the sockets of others open.
  void become_child(pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(kExitFatal);
    ::close(control_);
    child_events_.reset();
    running_.clear();
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
  }

  void reap() {
    std::array<signalfd_siginfo, 16> drained;
    while (::read(child_events_.get(), drained.data(), sizeof drained) > 0) {
    }
    int status = 0;
    for (pid_t pid; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      const auto child = std::ranges::find(running_, pid, &Running::pid);
      if (child == running_.end()) continue;
      if (!WIFEXITED(status) || WEXITSTATUS(status) != kExitDone)
        send_reply(child->connection.get(),
                   post_mortem({status, child->overdue, child->limits, child->messages.get()}));
      running_.erase(child);
    }
  }

  void stop_overdue() {
    const auto now = now_ns();
    for (auto& child : running_) {
      if (child.overdue || child.deadline_ns > now) continue;
      child.overdue = true;
      ::kill(child.pid, SIGKILL);
    }
  }

  static void send_reply(int connection, const Reply& reply) {
    const auto file = memory_file(encode(reply));
    const ReplyMessage message;
    const std::array<int, 1> descriptors{file.get()};
    if (file) send_message(connection, std::as_bytes(std::span(&message, 1)), descriptors);
  }

  int control_;
  BuildFunction build_;
  Descriptor child_events_;
  std::size_t most_;
  unsigned builds_ = 0;
  CodeInHugePages code_;
  std::vector<Running> running_;
};

}  // namespace

int serve(int control, BuildFunction build) {
  // Signals of the terminal are for the application; its end closes the socket.
  for (const int number : {SIGINT, SIGQUIT, SIGHUP, SIGPIPE}) ::signal(number, SIG_IGN);
  // Clang cannot work in a folder that is gone, as the application's may be.
  if (::chdir("/") != 0) return 1;
  warm_up_builds();
  return Server(control, build).run();
}

}  // namespace kiesel::compiler
