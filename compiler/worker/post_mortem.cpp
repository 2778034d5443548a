#include "compiler/worker/post_mortem.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "compiler/worker/child.hpp"

namespace kiesel::compiler {
namespace {

constexpr off_t kLongestMessage = 2000;  // characters of what the process said last

std::string cause(const Death& death) {
  const auto& limits = death.limits;
  if (death.overdue || (WIFSIGNALED(death.status) && WTERMSIG(death.status) == SIGXCPU))
    return fmt::format("the build was stopped: it took longer than its limit of {} s (option build_seconds)",
                       limits.build_seconds);
  if (WIFEXITED(death.status) && WEXITSTATUS(death.status) == kExitOutOfMemory)
    return fmt::format(
        "the build was stopped: it needs more memory than its limit of {} MiB (option build_mib)",
        limits.build_mib);
  if (WIFEXITED(death.status) && WEXITSTATUS(death.status) == kExitBadMessage)
    return "the request makes no sense: is kiesel-compiler of the same version as the library?";
  if (WIFEXITED(death.status) && WEXITSTATUS(death.status) == kExitNoFiles)
    return "the process that reads the build's files died during this build";
  if (WIFSIGNALED(death.status))
    return fmt::format("the compiler crashed: signal {} ({})", WTERMSIG(death.status),
                       ::strsignal(WTERMSIG(death.status)));
  return fmt::format("the compiler stopped with code {}", WEXITSTATUS(death.status));
}

// The file may be as long as the process wanted.
std::string last_words(int file) {
  const auto end = ::lseek(file, 0, SEEK_END);
  std::string text(kLongestMessage, '\0');
  const auto count = ::pread(file, text.data(), text.size(), std::max<off_t>(0, end - kLongestMessage));
  if (count <= 0) return {};
  text.resize(static_cast<std::size_t>(count));
  return fmt::format("{}{}", text, text.ends_with('\n') ? "" : "\n");
}

}  // namespace

Reply post_mortem(const Death& death) {
  Reply reply;
  reply.log = "error: " + cause(death) + "\n" + last_words(death.messages);
  return reply;
}

Reply cannot_start() {
  Reply reply;
  reply.log = fmt::format("error: cannot start a build process: {}\n", std::strerror(errno));
  return reply;
}

}  // namespace kiesel::compiler
