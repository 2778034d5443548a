// A design at work: its cores side by side, and the memory that they share. The same launch takes the same
// cycles whatever the host does.
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "device/timing/core.hpp"
#include "device/timing/shared_memory.hpp"

namespace kiesel::timing {

class Machine {
 public:
  explicit Machine(Design design);

  enum class Outcome : std::uint8_t { kDone, kFault, kStopped };
  // Runs the launch to its end. Lines that caches have from the launch before are gone from the first levels.
  Outcome run(Work& work);

  // Of the last launch.
  std::uint64_t cycles() const { return finished_ - began_; }
  const Design& design() const { return design_; }
  const std::vector<std::unique_ptr<Core>>& cores() const { return cores_; }
  const SharedMemory& memory() const { return *memory_; }

 private:
  void make_cores();
  void hand_out(GroupQueue& all);
  Outcome give_up(Outcome outcome);
  void exchange();
  bool is_done(const GroupQueue& all) const;
  std::uint64_t next() const;

  const Design design_;
  std::vector<std::unique_ptr<Core>> cores_;
  std::unique_ptr<SharedMemory> memory_;
  std::vector<GroupQueue> groups_;  // by core
  std::uint64_t now_ = 1, began_ = 0, finished_ = 0;
};

}  // namespace kiesel::timing
