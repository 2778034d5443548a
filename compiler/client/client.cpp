#include "compiler/client/client.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <mutex>

#include "compiler/client/protocol.hpp"
#include "support/config.hpp"
#include "support/fork.hpp"
#include "support/log.hpp"
#include "support/uncancelled.hpp"

extern char** environ;

namespace kiesel::compiler {
namespace {

// A translation that takes longer is worth nothing to anybody.
constexpr std::uint32_t kTranslationSeconds = 20, kTranslationMib = 2048;

Error io_error(std::string what) { return {Errc::kIo, std::move(what) + ": " + std::strerror(errno)}; }

struct SocketPair {
  Descriptor ours, theirs;
};

Result<SocketPair> make_socket_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return io_error("cannot make a socket pair for the compiler");
  SocketPair pair{above_standard(Descriptor(ends[0])), above_standard(Descriptor(ends[1]))};
  if (!pair.ours || !pair.theirs) return io_error("cannot make a socket pair for the compiler");
  return pair;
}

// The server starts with a clean signal state, /dev/null as its standard input and output, the control
// socket, and nothing else of what the application has open: a pipe of the application must not stay open
// because of us. Of a privileged application it has no environment either. It keeps the rights: a process of
// the user could be made to answer with code of the user's.
Result<pid_t> spawn_server(const std::string& program, int control) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  if (::fcntl(STDERR_FILENO, F_GETFD) < 0)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, control, kControlDescriptor);
  posix_spawn_file_actions_addclosefrom_np(&actions, kControlDescriptor + 1);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);

  std::string name = program, mode = "serve";
  const std::array<char*, 3> arguments{name.data(), mode.data(), nullptr};
  pid_t pid = -1;
  char* nothing = nullptr;
  const int error = ::posix_spawn(&pid, program.c_str(), &actions, &attributes, arguments.data(),
                                  is_privileged() ? &nothing : environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error) {
    errno = error;
    return io_error("cannot start the compiler " + program);
  }
  return pid;
}

// The compiler started in another folder, perhaps.
Request complete(Request request) {
  if (!request.working_folder.empty()) return request;
  std::error_code error;
  request.working_folder = std::filesystem::current_path(error).string();
  if (error) request.working_folder = "/";
  return request;
}

// Once in a process.
void note_confinement(const Confinement& confinement) {
  static std::atomic<bool> noted = false;
  if (confinement.calls || noted.exchange(true)) return;
  KIESEL_LOG(kCompiler, kWarning, "compiler: this system has no seccomp{}: builds run {}",
             confinement.files ? "" : " and no Landlock",
             confinement.files ? "with Landlock alone, which keeps them from files" : "without a sandbox");
}

Reply died() {
  Reply reply;
  reply.log = "error: the compiler process died during this build\n";
  return reply;
}

// Of all clients. Held while descriptors are open that a child of fork() must not have: with the compiler's
// end of a connection in another process, nobody would hear that the compiler has died.
constinit std::mutex mutex;
const AroundFork waits{[] { mutex.lock(); }, [] { mutex.unlock(); }};

}  // namespace

// One running server. `owner` tells a fork of the application, which must not talk on its parent's socket.
// The application may close the socket and give its number to another file, and wait for any child of its:
// nothing is written, closed or killed before a look at what it is now.
struct Client::State {
  const std::string program;
  Descriptor control;  // guarded by mutex, like all below
  pid_t server = -1;
  pid_t owner = -1;

  explicit State(std::string path) : program(std::move(path)) {}
  ~State() { stop(); }

  // Callers hold mutex. A server without its socket ends by itself; the kill only makes it quick.
  void stop() {
    control.reset();
    if (server > 0 && owner == ::getpid() && ::waitpid(server, nullptr, WNOHANG) == 0) {
      ::kill(server, SIGKILL);
      while (::waitpid(server, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
    server = -1;
  }

  // Callers hold mutex.
  Status start() {
    if (control.intact() && owner == ::getpid()) return {};
    stop();
    auto pair = make_socket_pair();
    if (!pair) return pair.error();
    const auto pid = spawn_server(program, pair->theirs.get());
    if (!pid) return pid.error();
    server = *pid;
    owner = ::getpid();
    control = std::move(pair->ours);
    return {};
  }

  // Sends the request; what comes back is where the answer will come. A server that was dead before is
  // replaced, so that only builds it was busy with fail.
  Result<Descriptor> send(std::span<const std::byte> message, int request) {
    const std::lock_guard lock(mutex);
    auto connection = make_socket_pair();
    if (!connection) return connection.error();
    const std::array<int, 2> descriptors{request, connection->theirs.get()};
    for (int attempt = 0; attempt < 2; ++attempt) {
      if (auto started = start(); !started) return started.error();
      if (send_message(control.get(), message, descriptors)) return std::move(connection->ours);
      const int reason = errno;
      stop();
      errno = reason;
    }
    return io_error("cannot reach the compiler");
  }

  // After a build without an answer: the server is gone, or it lost this one child.
  void reap() {
    const std::lock_guard lock(mutex);
    if (server > 0 && owner == ::getpid() && ::waitpid(server, nullptr, WNOHANG) != 0) {
      server = -1;
      control.reset();
    }
  }
};

Client::Client(std::string program) : state_(std::make_unique<State>(std::move(program))) {}
Client::~Client() = default;

void Client::warm_up() {
  const Uncancelled while_starting;
  const std::lock_guard lock(mutex);
  static_cast<void>(state_->start().ok());
}

Result<Reply> Client::run(const Request& request) {
  const Uncancelled until_answered;
  const auto request_file = memory_file(encode(complete(request)));
  if (!request_file || !seal(request_file.get())) return io_error("cannot hand the program to the compiler");
  const ControlMessage message{kProtocol, request.build_seconds, request.build_mib};
  const auto connection = state_->send(std::as_bytes(std::span(&message, 1)), request_file.get());
  if (!connection) return connection.error();

  ReplyMessage answer;
  std::array<Descriptor, 1> reply_file;
  if (!receive_message(connection->get(), std::as_writable_bytes(std::span(&answer, 1)), reply_file)) {
    state_->reap();
    return died();
  }
  const auto bytes = read_whole(reply_file[0].get());
  auto reply = bytes && answer.protocol == kProtocol ? decode_reply(*bytes) : std::nullopt;
  if (!reply)
    return Error{Errc::kIo,
                 "the compiler's answer makes no sense: is it of the same version as the library?"};
  note_confinement(reply->confinement);
  return std::move(*reply);
}

Result<std::vector<std::byte>> Client::translate(std::span<const std::byte> bytes) {
  Request request;
  request.operation = Operation::kTranslate;
  request.inputs.emplace_back(bytes.begin(), bytes.end());
  request.build_seconds = kTranslationSeconds;
  request.build_mib = kTranslationMib;
  auto reply = run(request);
  if (!reply) return reply.error();
  if (reply->outcome != Outcome::kSuccess) return Error{Errc::kCrashed, std::move(reply->log)};
  return std::move(reply->binary);
}

}  // namespace kiesel::compiler
