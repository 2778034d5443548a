#include "tools/kiesel/doctor/finding.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>

namespace kiesel::tools::doctor {
namespace {

constexpr char kSeparator = '\0';

std::string encode(const Finding& finding) {
  return std::string(1, static_cast<char>('0' + static_cast<int>(finding.verdict))) + finding.found +
         kSeparator + finding.mend;
}

Finding decode(const std::string& text) {
  const auto middle = text.find(kSeparator);
  return {static_cast<Verdict>(text.front() - '0'), text.substr(1, middle - 1), text.substr(middle + 1)};
}

void write_all(int descriptor, const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const auto size = ::write(descriptor, text.data() + done, text.size() - done);
    if (size <= 0) return;
    done += static_cast<std::size_t>(size);
  }
}

// Until the other end is closed or the time is over.
std::string read_until(int descriptor, std::chrono::steady_clock::time_point end) {
  std::string text;
  std::array<char, 4096> piece;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    pollfd ready{descriptor, POLLIN, 0};
    if (left <= 0 || (::poll(&ready, 1, static_cast<int>(left)) <= 0 && errno != EINTR)) return text;
    const auto size = ::read(descriptor, piece.data(), piece.size());
    if (size <= 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(size));
  }
}

std::string last_line(int file) {
  std::string text(4096, '\0');
  const auto size = ::lseek(file, 0, SEEK_END);
  const auto start = std::max<off_t>(size - static_cast<off_t>(text.size()), 0);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(::pread(file, text.data(), text.size(), start), 0)));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

[[noreturn]] void run_and_tell(const Function& check, int answer, int output) {
  ::setpgid(0, 0);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  write_all(answer, encode(check()));
  ::_exit(0);
}

std::string ending(int status, unsigned seconds) {
  if (!WIFSIGNALED(status)) return fmt::format("the check's process ended with {}", WEXITSTATUS(status));
  if (WTERMSIG(status) == SIGKILL) return fmt::format("no answer within {} s", seconds);
  return fmt::format("the check's process died: {}", ::strsignal(WTERMSIG(status)));
}

}  // namespace

const char* to_string(Verdict verdict) {
  constexpr const char* kNames[] = {"ok", "warning", "error"};
  return kNames[static_cast<int>(verdict)];
}

std::string counted(std::size_t count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

Finding ok(std::string found) { return {Verdict::kOk, std::move(found), {}}; }
Finding warning(std::string found, std::string mend) {
  return {Verdict::kWarning, std::move(found), std::move(mend)};
}
Finding error(std::string found, std::string mend) {
  return {Verdict::kError, std::move(found), std::move(mend)};
}

Finding apart(const Function& check, unsigned seconds) {
  int ends[2];
  const int output = ::memfd_create("doctor", MFD_CLOEXEC);
  if (output < 0 || ::pipe2(ends, O_CLOEXEC) != 0)
    return error(fmt::format("no process for the check: {}", std::strerror(errno)), "free some resources");
  const pid_t child = ::fork();
  if (child == 0) run_and_tell(check, ends[1], output);
  ::close(ends[1]);
  const auto answer = read_until(ends[0], std::chrono::steady_clock::now() + std::chrono::seconds(seconds));
  ::close(ends[0]);
  int status = 0;
  if (child > 0) {
    ::kill(-child, SIGKILL);
    ::waitpid(child, &status, 0);
  }
  auto finding = answer.find(kSeparator) != std::string::npos
                     ? decode(answer)
                     : error(ending(status, seconds), "see `KIESEL_LOG=debug` and the kernel's log");
  const auto said = last_line(output);
  ::close(output);
  if (finding.verdict != Verdict::kOk && !said.empty()) finding.found += fmt::format(" ({})", said);
  return finding;
}

}  // namespace kiesel::tools::doctor
