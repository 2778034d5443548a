// What the checks of a process have found: each cause once, written to a file as it is found, so that it is
// there whatever happens to the application. Threads: any.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <span>

#include "evaluation/check/finding.hpp"
#include "support/descriptor.hpp"

namespace kiesel::check {

inline constexpr std::string_view kLogSuffix = ".kcheck";

class Collector {
 public:
  // Makes a file of its own in the folder; where that cannot be, the log says why and nothing is kept.
  Collector(const std::filesystem::path& folder, std::string command);
  ~Collector();
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  // Keeps a program for the report; what it is called in findings.
  std::string add_program(std::span<const std::byte> elf);
  // The number of a launch that is checked.
  std::uint64_t next_launch();
  // Cheap where this was found before: `make` is called for new causes only. Keys are of one program's
  // instructions: kind, place, other place, and which allocation.
  struct Key {
    Kind kind;
    std::string program, kernel;
    std::uint64_t place, other;
    std::string object;
    bool operator<(const Key& key) const;
  };
  template <class Make>
  void add(Key key, std::uint64_t count, Make make) {
    std::lock_guard lock(mutex_);
    if (!is_here()) return;
    auto [found, is_new] = counts_.try_emplace(std::move(key));
    found->second.count += count;
    if (!is_new) return;
    if (counts_.size() > kMostCauses) {
      counts_.erase(found);
      return;
    }
    found->second.number = counts_.size() - 1;
    write(to_json(make()));
  }
  // Something that could not be checked; each sentence is told once.
  void note(const std::string& sentence);
  // Writes the counts. After it nothing is kept.
  void finish();
  const std::filesystem::path& folder() const { return folder_; }

 private:
  static constexpr std::size_t kMostCauses = 10'000;
  struct Count {
    std::uint64_t number = 0, count = 0;
  };
  bool is_here() const;
  void tell_launches();
  void write(const nlohmann::ordered_json& line);

  const std::filesystem::path folder_;
  const pid_t owner_;  // a forked child has a collector of its own
  std::mutex mutex_;   // guards what follows
  std::uint64_t launches_ = 0, told_launches_ = 0;
  Descriptor file_;
  std::map<Key, Count> counts_;
  std::set<std::string> programs_, notes_;
};

}  // namespace kiesel::check
