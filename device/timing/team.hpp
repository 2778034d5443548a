// Threads that do the same thing at the same time, again and again, each its part: for windows of some
// microseconds, which are too short to hand out and to wait for by other means.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace kiesel::timing {

class Team {
 public:
  // The caller is one of so many.
  explicit Team(unsigned members);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  unsigned members() const { return static_cast<unsigned>(threads_.size()) + 1; }
  // part(member) for each, at the same time; returns when all are done. `part` throws nothing.
  void run(const std::function<void(unsigned)>& part);

 private:
  void work(unsigned member);

  const std::function<void(unsigned)>* part_ = nullptr;
  std::atomic<std::uint32_t> round_{0}, left_{0};
  std::atomic<unsigned> sleeping_{0};
  std::atomic<bool> ends_{false};
  std::vector<std::thread> threads_;
};

}  // namespace kiesel::timing
