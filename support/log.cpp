#include "support/log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <mutex>
#include <string>

#include "support/clock.hpp"
#include "support/config.hpp"
#include "support/file_identity.hpp"
#include "support/fork.hpp"
#include "support/single.hpp"
#include "support/uncancelled.hpp"

namespace kiesel::log {
namespace {

constexpr std::array<std::string_view, kGroupCount> kGroups{"api", "event", "memory", "compiler", "device"};
constexpr std::array<std::string_view, 5> kLevels{"off", "error", "warning", "info", "debug"};

// The file of the option log_file. The application may close it, unknowingly; then it is opened anew.
class LogFile {
 public:
  bool open(const std::string& path) {
    file_ = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    identity_ = FileIdentity::of(file_);
    return file_ >= 0;
  }
  bool write(std::string_view text, const std::string& path) {
    if ((!identity_ || identity_ != FileIdentity::of(file_)) && !open(path)) return false;
    ssize_t written;
    do written = ::write(file_, text.data(), text.size());
    while (written < 0 && errno == EINTR);
    return written == static_cast<ssize_t>(text.size());
  }

 private:
  int file_ = -1;
  std::optional<FileIdentity> identity_;
};

struct Sink {
  std::array<Level, kGroups.size()> levels{};
  bool to_file = false;
  std::mutex mutex;  // guards writing
  LogFile file;
};

template <std::size_t n>
int find(const std::array<std::string_view, n>& names, std::string_view name) {
  for (std::size_t i = 0; i < n; ++i)
    if (names[i] == name) return static_cast<int>(i);
  return -1;
}

void print(Sink& sink, std::string_view group, std::string_view level, std::string_view line) {
  const std::string text = fmt::format("kiesel: {:.6f} {} {}: {}\n", now_ns() * 1e-9, group, level, line);
  const Uncancelled while_writing;
  std::lock_guard lock(sink.mutex);
  if (sink.to_file && sink.file.write(text, config().log_file)) return;
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

void set_levels(Sink& sink, std::string_view text) {
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto part = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    const auto equals = part.find('=');
    const int level = find(kLevels, equals == std::string_view::npos ? part : part.substr(equals + 1));
    const int group = equals == std::string_view::npos ? -1 : find(kGroups, part.substr(0, equals));
    if (level < 0 || (equals != std::string_view::npos && group < 0)) {
      print(sink, "config", "warning", fmt::format("log: cannot read '{}'", part));
      continue;
    }
    for (std::size_t i = 0; i < kGroups.size(); ++i)
      if (group < 0 || group == static_cast<int>(i)) sink.levels[i] = static_cast<Level>(level);
  }
}

constinit Single<Sink> the_sink;
const InForkedChild renews{[] {
  if (Sink* const made = the_sink.if_made()) new (&made->mutex) std::mutex;
}};

Sink& sink() {
  return the_sink.get([] {
    auto* made = new Sink;
    for (auto& level : made->levels) level = Level::kError;
    if (const auto& path = config().log_file; !path.empty()) {
      if (made->file.open(path))
        made->to_file = true;
      else
        print(*made, "config", "warning", fmt::format("log_file: cannot open '{}'", path));
    }
    set_levels(*made, config().log);
    for (const auto& warning : config_warnings()) print(*made, "config", "warning", warning);
    return made;
  });
}

}  // namespace

constinit std::array<std::atomic<Level>, kGroupCount> levels{kUnread, kUnread, kUnread, kUnread, kUnread};

void read_levels() {
  const Sink& from = sink();
  for (std::size_t i = 0; i < kGroupCount; ++i) levels[i].store(from.levels[i], std::memory_order_relaxed);
}

void write(Group group, Level level, std::string_view line) {
  print(sink(), kGroups[static_cast<std::size_t>(group)], kLevels[static_cast<std::size_t>(level)], line);
}

}  // namespace kiesel::log
