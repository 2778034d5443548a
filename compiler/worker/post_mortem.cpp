#include "compiler/worker/post_mortem.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>

#include <cstring>

#include "compiler/worker/child.hpp"

namespace kiesel::compiler {
namespace {

constexpr std::size_t kLongestMessage = 2000;  // characters of what the process said last

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

std::string last_words(int file) {
  const auto bytes = read_whole(file);
  if (!bytes || bytes->empty()) return {};
  std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  if (text.size() > kLongestMessage) text.remove_prefix(text.size() - kLongestMessage);
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
