#include "tools/kiesel/application.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "support/descriptor.hpp"
#include "tools/kiesel/installation.hpp"

namespace kiesel::tools {
namespace {

std::atomic<pid_t> running{0};

// What ends this program is for the application, which may want to tidy up. A terminal sends SIGINT and
// SIGQUIT to both by itself.
void pass_signals_on() {
  for (const int number : {SIGINT, SIGQUIT}) std::signal(number, [](int) {});
  for (const int number : {SIGTERM, SIGHUP})
    std::signal(number, [](int signal) {
      if (const pid_t process = running) ::kill(process, signal);
    });
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> out;
  for (const auto& word : words) out.push_back(const_cast<char*>(word.c_str()));
  out.push_back(nullptr);
  return out;
}

Error cannot_start(const std::string& name, int error) {
  return {Errc::kNotFound, fmt::format("cannot start '{}': {}", name, std::strerror(error))};
}

}  // namespace

Status use_this_driver() {
  const auto library = driver_library();
  if (!library) return Error{Errc::kNotFound, "the driver's library is not beside this program"};
  // The one loader takes a library here, the other one there; neither takes it twice.
  for (const char* variable : {"OCL_ICD_VENDORS", "OCL_ICD_FILENAMES"})
    ::setenv(variable, library->c_str(), 1);
  return {};
}

Error become(const std::vector<std::string>& words) {
  ::execvp(words.front().c_str(), pointers(words).data());
  return cannot_start(words.front(), errno);
}

Result<int> run_application(const std::vector<std::string>& words) {
  pid_t process = 0;
  const int error =
      ::posix_spawnp(&process, words.front().c_str(), nullptr, nullptr, pointers(words).data(), environ);
  if (error) return cannot_start(words.front(), error);
  running = process;
  pass_signals_on();
  int status = 0;
  while (::waitpid(process, &status, 0) < 0)
    if (errno != EINTR) return cannot_start(words.front(), errno);
  running = 0;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

Result<std::string> output_of(const std::vector<std::string>& words) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return cannot_start(words.front(), errno);
  const Descriptor from(ends[0]);
  Descriptor to(ends[1]);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, to.get(), STDOUT_FILENO);
  pid_t process = 0;
  const int error =
      ::posix_spawnp(&process, words.front().c_str(), &actions, nullptr, pointers(words).data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error) return cannot_start(words.front(), error);
  to.reset();
  std::string text;
  std::array<char, 1 << 16> piece;
  for (ssize_t got; (got = ::read(from.get(), piece.data(), piece.size())) != 0;)
    if (got > 0)
      text.append(piece.data(), static_cast<std::size_t>(got));
    else if (errno != EINTR)
      break;
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return text;
  return Error{Errc::kCrashed, fmt::format("'{}' failed", fmt::join(words, " "))};
}

}  // namespace kiesel::tools
