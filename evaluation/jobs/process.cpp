#include "evaluation/jobs/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <thread>

namespace kiesel::jobs {
namespace {

using Clock = std::chrono::steady_clock;

std::atomic<bool> stop_asked = false;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<std::string> environment_of(const Command& command) {
  std::vector<std::string> list;
  for (char** entry = environ; *entry; ++entry) {
    const std::string text = *entry;
    bool replaced = false;
    for (const auto& [name, value] : command.environment) replaced = replaced || text.starts_with(name + "=");
    if (!replaced) list.push_back(text);
  }
  for (const auto& [name, value] : command.environment) list.push_back(name + "=" + value);
  return list;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (auto& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

int spawn(const Command& command, pid_t& child) {
  std::vector<std::string> words{command.program.string()};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  auto variables = environment_of(command);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, command.folder.c_str());
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, command.output.c_str(),
                                   O_WRONLY | O_CREAT | (command.append ? O_APPEND : O_TRUNC), 0644);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  const int error = posix_spawnp(&child, command.program.c_str(), &actions, &attributes,
                                 pointers(words).data(), pointers(variables).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

// False when the child still runs at the limit, or when all shall stop. It asks now and then: descriptors of
// processes are not everywhere.
bool wait_until(pid_t child, Clock::time_point deadline) {
  constexpr std::chrono::milliseconds kPause{2};
  while (!stopped() && Clock::now() < deadline) {
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid == child)
      return true;
    std::this_thread::sleep_for(kPause);
  }
  return false;
}

}  // namespace

std::string words_for(const Ending& ending) {
  switch (ending.kind) {
    case Ending::Kind::kExit:
      return fmt::format("ended with status {}", ending.code);
    case Ending::Kind::kSignal:
      return fmt::format("was ended by signal {} ({})", ending.code, ::strsignal(ending.code));
    case Ending::Kind::kTimeout:
      return fmt::format("was stopped after {:.0f} s", ending.seconds);
    case Ending::Kind::kStopped:
      return "was stopped";
    case Ending::Kind::kNotStarted:
      break;
  }
  return fmt::format("could not be started: {}", std::strerror(ending.code));
}

void stop_running() { stop_asked = true; }
bool stopped() { return stop_asked; }

Ending run(const Command& command) {
  if (stopped()) return {Ending::Kind::kStopped};
  const auto start = Clock::now();
  pid_t child = 0;
  if (const int error = spawn(command, child)) return {Ending::Kind::kNotStarted, error};
  const bool ended = wait_until(child, start + command.limit);
  // What the program started (or the program itself, at the limit) goes with it.
  ::kill(-child, SIGKILL);
  int status = 0;
  rusage used{};
  while (::wait4(child, &status, 0, &used) < 0 && errno == EINTR) {
  }
  Ending ending{Ending::Kind::kExit, WEXITSTATUS(status), seconds_since(start),
                static_cast<std::uint64_t>(used.ru_maxrss) * 1024};
  if (!ended)
    ending.kind = stopped() ? Ending::Kind::kStopped : Ending::Kind::kTimeout;
  else if (WIFSIGNALED(status))
    ending.kind = Ending::Kind::kSignal, ending.code = WTERMSIG(status);
  return ending;
}

}  // namespace kiesel::jobs
