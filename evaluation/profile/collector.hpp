// What the devices of a process write together while they are profiled. Threads: any.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>

#include "evaluation/profile/log.hpp"
#include "support/descriptor.hpp"

namespace kiesel::profile {

class Collector {
 public:
  // Makes a file of its own in the folder; where that cannot be, the log says why and nothing is kept.
  Collector(const std::filesystem::path& folder, ProcessNote process);
  ~Collector();
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  // Keeps a program for the report; what it is called in keys.
  std::string add_program(std::span<const std::byte> elf);
  std::uint64_t next_launch() { return launches_++; }
  // `code`: the launch's counts by instruction, in addresses of the program's file; null where there are
  // none.
  void add(const LaunchNote& launch, const device::LaunchCounts* code);
  void add(const TransferNote& transfer);
  // Writes what waits. After it nothing is kept.
  void finish();

 private:
  struct Waiting {
    std::uint64_t launches = 0;
    device::LaunchCounts counts;
  };
  void open(const std::filesystem::path& folder, const ProcessNote& process);
  template <class Note>
  void write(RecordKind kind, const Note& note);
  bool is_here() const;
  RestNote& rest_of(const KernelKey& key);
  void flush();
  void flush_if_due(std::uint64_t now);

  const std::filesystem::path folder_;
  const pid_t owner_;  // a forked child has a collector of its own
  std::atomic<std::uint64_t> launches_{0};
  std::mutex mutex_;  // guards what follows
  Descriptor file_;
  std::uint64_t written_ = 0;  // records of launches and transfers
  std::uint64_t bytes_ = 0, flushed_ns_ = 0;
  std::map<KernelKey, Waiting> code_;
  std::map<KernelKey, RestNote> rest_;
  std::set<std::string> programs_;
};

}  // namespace kiesel::profile
