// One capture that the devices of a process write together: which launches it takes, and the file. Launches
// are recorded one at a time, whatever their device. Threads: any; writer() and stop() with the turn.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "evaluation/capture/filter.hpp"
#include "evaluation/capture/writer.hpp"

namespace kiesel::capture {

class Recording {
 public:
  Recording(const Config& config, Devices devices);

  // Of a kernel's launch: its number among all, if it is wanted.
  std::optional<std::uint64_t> take(std::string_view kernel);
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
  std::atomic<std::uint64_t> ids_{0}, launches_{0};
  std::mutex turn_;
  std::unique_ptr<Writer> writer_;
  bool stopped_ = false;
};

}  // namespace kiesel::capture
