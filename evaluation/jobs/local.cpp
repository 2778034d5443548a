#include "evaluation/jobs/local.hpp"

#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "evaluation/jobs/process.hpp"

namespace kiesel::jobs {
namespace {

// The number in a file of one line: none when it is not there or says "max".
std::optional<std::uint64_t> number_in(const char* path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  return file >> value ? std::optional(value) : std::nullopt;
}

// The number behind a name, in a file of lines with a name and a number each.
std::optional<std::uint64_t> number_of(const char* path, std::string_view wanted) {
  std::ifstream file(path);
  std::string name, rest;
  for (std::uint64_t value = 0; file >> name >> value; std::getline(file, rest))
    if (name == wanted) return value;
  return std::nullopt;
}

std::uint64_t memory_of_computer() {
  if (const auto kib = number_of("/proc/meminfo", "MemAvailable:")) return *kib * 1024;
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) / 2;
}

// What files keep in memory makes room when it is wanted.
std::optional<std::uint64_t> memory_of_container() {
  const auto most = number_in("/sys/fs/cgroup/memory.max"), used = number_in("/sys/fs/cgroup/memory.current");
  if (!most || !used) return std::nullopt;
  const auto files = number_of("/sys/fs/cgroup/memory.stat", "inactive_file").value_or(0);
  const std::uint64_t kept = *used - std::min(files, *used);
  return *most > kept ? *most - kept : 0;
}

class Crew {
 public:
  Crew(std::span<const Job> jobs, const Local& settings, const Told& told)
      : jobs_(jobs), settings_(settings), share_(settings.memory_bytes), told_(told) {}

  void run() {
    std::vector<std::jthread> threads;
    const auto count = std::min<std::size_t>(std::max(settings_.jobs, 1U), jobs_.size());
    for (std::size_t i = 0; i < count; ++i)
      threads.emplace_back([this] {
        while (const auto index = start()) end(*index, attempt(jobs_[*index]));
      });
  }

 private:
  // The next job, once there is room for it.
  std::optional<std::size_t> start() {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] { return next_ == jobs_.size() || stopped() || share_.fits_another(running_); });
    if (next_ == jobs_.size() || stopped()) return std::nullopt;
    ++running_;
    return next_++;
  }
  void end(std::size_t index, const Outcome& outcome) {
    {
      const std::lock_guard lock(mutex_);
      --running_;
      share_.ended(outcome.peak_bytes);
      if (outcome.good || !stopped()) told_(index, outcome);
    }
    room_.notify_all();
  }

  const std::span<const Job> jobs_;
  const Local settings_;
  MemoryShare share_;
  const Told& told_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::size_t next_ = 0;
  unsigned running_ = 0;
};

}  // namespace

std::uint64_t available_memory() {
  return std::min(memory_of_computer(), memory_of_container().value_or(~std::uint64_t{0}));
}

bool MemoryShare::fits_another(unsigned running) const {
  const std::uint64_t each = std::max<std::uint64_t>(1, largest_ ? largest_ + largest_ / 8 : available_ / 4);
  return running == 0 || (std::uint64_t{running} + 1) * each <= available_;
}

void MemoryShare::ended(std::uint64_t peak_bytes) { largest_ = std::max(largest_, peak_bytes); }

Status run_local(std::span<const Job> jobs, const Local& settings, const Told& told) {
  Crew(jobs, settings, told).run();
  return {};
}

}  // namespace kiesel::jobs
