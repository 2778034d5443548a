// One capture that the devices of a process write together: which launches it takes, and the file. Launches
// are recorded one at a time, whatever their device. Threads: any; writer() and stop() with the turn.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evaluation/capture/writer.hpp"
#include "support/config.hpp"

namespace kiesel::capture {

// Which launches of an application are wanted.
class Filter {
 public:
  explicit Filter(const Config& config);
  // Of a kernel's launch: its number among all, if it is wanted.
  std::optional<std::uint64_t> take(std::string_view kernel);

 private:
  bool is_named(std::string_view kernel) const;

  const std::vector<std::string> kernels_;  // patterns as of file names; none: all
  const std::uint64_t first_, last_, every_;
  std::mutex mutex_;
  std::uint64_t launches_ = 0, matches_ = 0;
};

class Recording {
 public:
  Recording(const Config& config, Devices devices);

  Filter& filter() { return filter_; }
  bool keeps_source() const { return keeps_source_; }
  std::uint64_t next_id() { return ++ids_; }
  std::mutex& turn() { return turn_; }
  // Makes the file; null when it cannot be or after stop().
  Writer* writer();
  // For good: the file ends there, and the log says why.
  void stop(const Error& error, std::uint64_t end);

 private:
  Result<std::unique_ptr<Writer>> make_file() const;

  Filter filter_;
  const std::filesystem::path path_;
  const std::uint64_t most_bytes_;
  const bool keeps_source_;
  const Devices devices_;
  std::atomic<std::uint64_t> ids_{0};
  std::mutex turn_;
  std::unique_ptr<Writer> writer_;
  bool stopped_ = false;
};

}  // namespace kiesel::capture
