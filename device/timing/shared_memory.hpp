// What the cores of a design share: optional second and third level caches, and memory.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "device/timing/cache.hpp"
#include "device/timing/dram.hpp"

namespace kiesel::timing {

class SharedMemory {
 public:
  explicit SharedMemory(const Design& design);

  void add(const MemoryRequest& request) { arriving_.push_back(request); }
  // Does what happens before `until`. What was added for later stays.
  void run(std::uint64_t until);
  // When it has something to do; ~0 where that is never.
  std::uint64_t next() const;

  std::vector<Answer> answers;  // to cores, since somebody took them

  void begin();  // counts of a launch
  const CacheCounts* l2() const { return levels_.empty() ? nullptr : &levels_.front()->counts; }
  const CacheCounts* l3() const { return levels_.size() < 2 ? nullptr : &levels_.back()->counts; }
  const DramCounts& dram() const { return dram_.counts; }

 private:
  void enter(std::size_t level, const MemoryRequest& request);
  void step();

  std::vector<std::unique_ptr<Cache>> levels_;
  Dram dram_;
  std::vector<MemoryRequest> arriving_;
  std::uint64_t now_ = 0;
};

}  // namespace kiesel::timing
