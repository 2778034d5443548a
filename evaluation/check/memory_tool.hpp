// Finds accesses to what a kernel may not use: to the byte, with names. Threads: one.
#pragma once

#include <vector>

#include "evaluation/check/launch.hpp"
#include "evaluation/check/memory_map.hpp"
#include "evaluation/check/reporter.hpp"

namespace kiesel::check {

class MemoryTool {
 public:
  // `reports`: or it only says which accesses must not happen, for the other tools.
  MemoryTool(const MemoryMap& map, Reporter& reporter, bool reports)
      : map_(map), reporter_(reporter), reports_(reports) {}

  void begin(const LaunchState& launch);
  // The lanes that may do it.
  std::uint64_t access(const Access& access);

 private:
  struct Region {
    device::Address begin, end;
    bool may_read, may_write;
  };
  struct Site {
    device::Address begin = 0, end = 0;
  };
  void find_regions();
  void find_local();
  void add(device::Address begin, std::uint64_t bytes, bool may_read = true, bool may_write = true);
  std::uint64_t slow(const Access& access);
  const Region* region_of(const Fact& fact, device::Address address);
  bool open_region(device::Address address, std::uint64_t bytes);
  struct Verdict {
    Kind kind;
    std::string what;
    LaunchState::Named memory;
  };
  void report(const Access& access, unsigned lane, Verdict verdict);
  void find_mapped(const Access& access);
  Verdict judge(const Fact& fact, device::Address address) const;
  Verdict judge_near(device::Address address, const std::string& deed) const;
  Verdict judge_local(device::Address address, const std::string& deed) const;

  const MemoryMap& map_;
  Reporter& reporter_;
  const bool reports_;
  const LaunchState* launch_ = nullptr;
  std::vector<Region> regions_, local_;  // the latter: addresses of the work-group's local memory
  std::vector<device::HostUse> mapped_;  // by the host, now
  std::vector<Site> sites_;              // by instruction: where its last access was right
  std::uint64_t epoch_ = 0;              // of the map, that regions and sites are of
};

}  // namespace kiesel::check
