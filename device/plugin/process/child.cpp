#include "device/plugin/process/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <set>

#include "device/plugin/process/frames.hpp"
#include "support/config.hpp"
#include "support/fork.hpp"

extern char** environ;

namespace kiesel::device::plugin {
namespace {

Error io_error(const std::string& what) { return {Errc::kIo, what + ": " + std::strerror(errno)}; }

// Sockets of this process. A child of fork() closes its copies, so that a device's process hears when the
// application is gone; and none is made while a fork is on its way.
constinit std::mutex mutex;
std::set<int>& sockets() {
  static auto* all = new std::set<int>;
  return *all;
}
const AroundFork waits{[] { mutex.lock(); }, [] { mutex.unlock(); }};
const InForkedChild closes{[] {
  for (const int socket : sockets()) ::close(socket);
}};

Descriptor above_standard(int file) {
  Descriptor given(file);
  return Descriptor(::fcntl(given.get(), F_DUPFD_CLOEXEC, kDeviceSocket + 1));
}

class SpawnSettings {
 public:
  SpawnSettings(int socket, int output) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, socket, kDeviceSocket);
    posix_spawn_file_actions_addclosefrom_np(&actions_, kDeviceSocket + 1);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnSettings(const SpawnSettings&) = delete;

  Result<pid_t> spawn(const std::string& program, std::vector<std::string>& arguments) const {
    std::string name = program;
    std::vector<char*> words{name.data()};
    for (std::string& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    char* nothing = nullptr;
    pid_t pid = -1;
    const int error = ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_, words.data(),
                                    is_privileged() ? &nothing : environ);
    if (error == 0) return pid;
    errno = error;
    return io_error("cannot start " + program);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status))
    return fmt::format("signal {}: {}", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  return fmt::format("exit status {}", WEXITSTATUS(status));
}

}  // namespace

Result<Child> Child::start(const std::string& program, std::vector<std::string> arguments) {
  const std::lock_guard lock(mutex);
  std::array<int, 2> ends{}, pipe{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return io_error("cannot make a socket pair for a device's process");
  Child child;
  child.socket_ = above_standard(ends[0]);
  const Descriptor theirs = above_standard(ends[1]);
  if (::pipe2(pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0) return io_error("cannot make a pipe");
  child.output_ = above_standard(pipe[0]);
  const Descriptor printed = above_standard(pipe[1]);
  if (!child.socket_ || !theirs || !child.output_ || !printed)
    return io_error("cannot start a device's process");
  ::fcntl(printed.get(), F_SETFL, 0);  // the process may wait until what it prints is read
  const auto pid = SpawnSettings(theirs.get(), printed.get()).spawn(program, arguments);
  if (!pid) return pid.error();
  child.process_.pid = *pid;
  child.process_.owner = ::getpid();
  sockets().insert(child.socket_.get());
  return child;
}

Child& Child::operator=(Child&& other) noexcept {
  end();
  socket_ = std::move(other.socket_);
  output_ = std::move(other.output_);
  process_ = std::move(other.process_);
  return *this;
}

void Child::kill() const {
  if (process_.pid > 0 && process_.owner == ::getpid()) ::kill(process_.pid, SIGKILL);
}

std::string Child::end() {
  if (process_.pid <= 0 || process_.owner != ::getpid()) return "it had not started";
  {
    const std::lock_guard lock(mutex);
    sockets().erase(socket_.get());
    socket_.reset();
  }
  int status = 0;
  const pid_t pid = std::exchange(process_.pid, -1);
  // Without its socket it ends by itself, if it can.
  for (int i = 0; i < 50; ++i, ::usleep(2000)) {
    const pid_t seen = ::waitpid(pid, &status, WNOHANG);
    if (seen == pid) return how_it_ended(status);
    if (seen < 0 && errno != EINTR) return "unknown";  // the application has waited for all its children
  }
  ::kill(pid, SIGKILL);
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return "unknown";
  return how_it_ended(status);
}

WorkFolder WorkFolder::make() {
  WorkFolder out;
  std::error_code error;
  auto pattern = (std::filesystem::temp_directory_path(error) / "kiesel-device-XXXXXX").string();
  if (!error && ::mkdtemp(pattern.data())) out.path_ = pattern;
  return out;
}

WorkFolder::~WorkFolder() {
  std::error_code error;
  if (!path_.empty()) std::filesystem::remove_all(path_, error);
}

}  // namespace kiesel::device::plugin
