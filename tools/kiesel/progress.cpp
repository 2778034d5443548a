#include "tools/kiesel/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace kiesel::tools {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000, kQuiet = 2 * kSecond;

}  // namespace

Progress::Progress(std::string what) : what_(std::move(what)), terminal_(::isatty(STDERR_FILENO) == 1) {}

void Progress::clear() const {
  if (shown_ && terminal_) fmt::print(stderr, "\r\033[K");
}

// A terminal has a line a second; what is no terminal, in a file mostly, one in ten seconds.
void Progress::show(std::uint64_t done, std::uint64_t all, const std::string& unit) {
  const std::uint64_t now = now_ns(), elapsed = now - start_;
  if (elapsed < kQuiet || (shown_ && now - shown_ < (terminal_ ? 1 : 10) * kSecond)) return;
  shown_ = now;
  std::string line = fmt::format("{}: {}{} {}, {} s", what_, done, all ? fmt::format(" of {}", all) : "",
                                 unit, elapsed / kSecond);
  if (all && done && done <= all)
    line += fmt::format(", {:.0f} s left", static_cast<double>(elapsed) / 1e9 *
                                               static_cast<double>(all - done) / static_cast<double>(done));
  fmt::print(stderr, "{}{}{}", terminal_ ? "\r" : "", line, terminal_ ? "\033[K" : "\n");
  std::fflush(stderr);
}

}  // namespace kiesel::tools
