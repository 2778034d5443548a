// A design at work: its cores side by side, and the memory that they share. The same launch takes the same
// cycles whatever the host does.
// Threads: one at a time; it has more of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "device/timing/core.hpp"
#include "device/timing/shared_memory.hpp"
#include "device/timing/team.hpp"

namespace kiesel::timing {

class Machine {
 public:
  // With so many threads of the host at most.
  Machine(Design design, unsigned threads);

  enum class Outcome : std::uint8_t { kDone, kFault, kStopped };
  // Runs the launch to its end.
  Outcome run(Work& work);

  // Of the last launch.
  std::uint64_t cycles() const { return finished_ - began_; }
  const Design& design() const { return design_; }
  const std::vector<std::unique_ptr<Core>>& cores() const { return cores_; }
  const SharedMemory& memory() const { return *memory_; }

 private:
  void make_cores();
  bool run_cores(bool together, std::uint64_t until);
  void hand_out(GroupQueue& all);
  Outcome give_up(Outcome outcome);
  void exchange();
  bool is_done(const GroupQueue& all) const;
  std::uint64_t next() const;
  std::uint64_t reached() const;

  const Design design_;
  std::vector<std::unique_ptr<Core>> cores_;
  std::unique_ptr<SharedMemory> memory_;
  std::vector<GroupQueue> groups_;  // by core
  const unsigned threads_;
  std::unique_ptr<Team> team_;  // once a launch has been worth it
  std::uint64_t now_ = 1, began_ = 0, finished_ = 0;
  std::uint64_t memory_done_ = 0;  // all that memory does before that cycle is done
};

}  // namespace kiesel::timing
