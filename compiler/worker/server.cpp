#include "compiler/worker/server.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <thread>

#include "compiler/files/local_files.hpp"
#include "compiler/files/remote_files.hpp"
#include "compiler/worker/build.hpp"
#include "compiler/worker/child.hpp"
#include "compiler/worker/huge_code.hpp"
#include "compiler/worker/post_mortem.hpp"
#include "compiler/worker/sandbox.hpp"
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
  Descriptor request;
  Descriptor files;      // where it asks for files, until somebody answers
  pid_t librarian = -1;  // who answers
};

// A build that waits for something uses no processor time: the wall clock stops it, somewhat before the time
// is twice the limit.
std::uint64_t wall_limit_ns(const ControlMessage& limits) {
  return std::uint64_t{limits.build_seconds} * kSecond / 20 * 37;
}

struct SocketPair {
  Descriptor ours, theirs;
};

SocketPair make_socket_pair() {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) return {};
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

// The file system may keep this process waiting for ever, or its server may be slow: it has one build.
[[noreturn]] void run_librarian(int request_file, int socket) {
  const auto request = read_request(request_file);
  if (!request) ::_exit(kExitBadMessage);
  keep_descriptors(std::array{STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, socket});
  LocalFiles files(rights_of(*request));
  serve_files(socket, files);
  ::_exit(kExitDone);
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
    for (const auto& child : running_) stop(child);
    return 0;
  }

 private:
  // Waits for one event. False when the client has gone.
  bool step() {
    std::vector<pollfd> events{{child_events_.get(), POLLIN, 0}, {control_, POLLIN, 0}};
    for (const auto& child : running_) events.push_back({child.files.get(), POLLIN, 0});
    // With enough builds running the next ones wait in the socket; its end is noticed all the same.
    if (running_.size() >= most_) events[1].events = 0;
    if (::poll(events.data(), events.size(), wait_ms()) < 0) return errno == EINTR;
    for (std::size_t i = 2; i < events.size(); ++i) look_after(running_[i - 2], events[i].revents);
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
    auto files = make_socket_pair();
    const auto pid = fork_child();
    if (pid == 0) {
      files.ours.reset();
      run_child({std::move(request), std::move(connection), std::move(messages), std::move(files.theirs)},
                message, build_);
    }
    Running child{
        pid,   std::move(connection), std::move(messages),  message, now_ns() + wall_limit_ns(message),
        false, std::move(request),    std::move(files.ours)};
    if (pid < 0) return send_reply(child.connection.get(), cannot_start());
    running_.push_back(std::move(child));
  }

  void look_after(Running& child, short events) {
    if (events & POLLHUP)
      child.files.reset();
    else if (events)
      start_librarian(child);
  }

  // Most builds ask for no files; this process must not wait for any.
  void start_librarian(Running& child) {
    const int request = child.request.get();
    const Descriptor files = std::move(child.files);
    const Descriptor kept(::fcntl(request, F_DUPFD_CLOEXEC, 0));
    child.librarian = fork_child();
    if (child.librarian == 0) run_librarian(kept.get(), files.get());
  }

  pid_t fork_child() {
    const auto parent = ::getpid();
    const auto pid = ::fork();
    if (pid == 0) become_child(parent);
    return pid;
  }

  static void stop(const Running& child) {
    ::kill(child.pid, SIGKILL);
    if (child.librarian > 0) ::kill(child.librarian, SIGKILL);
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
      if (const auto asker = std::ranges::find(running_, pid, &Running::librarian); asker != running_.end())
        asker->librarian = -1;
      const auto child = std::ranges::find(running_, pid, &Running::pid);
      if (child == running_.end()) continue;
      if (child->librarian > 0) ::kill(child->librarian, SIGKILL);
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
      stop(child);
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
