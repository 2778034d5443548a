// Jobs on this computer: some at a time, not more than its memory holds.
#pragma once

#include <mutex>

#include "evaluation/jobs/job.hpp"

namespace kiesel::jobs {

// How much memory programs can still get here, limits of a container included.
std::uint64_t available_memory();

// Which jobs fit side by side. What a job takes is not known before one has ended: until then each is taken
// to need a quarter of what there is, later what the largest needed, and some more.
class MemoryShare {
 public:
  explicit MemoryShare(std::uint64_t available) : available_(available) {}
  // A job may always start when none runs.
  bool fits_another(unsigned running) const;
  void ended(std::uint64_t peak_bytes);

 private:
  const std::uint64_t available_;
  std::uint64_t largest_ = 0;
};

struct Local {
  unsigned jobs = 1;  // at a time
  std::uint64_t memory_bytes = available_memory();
};
Status run_local(std::span<const Job> jobs, const Local& settings, const Told& told);

}  // namespace kiesel::jobs
