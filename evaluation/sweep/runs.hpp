// One run: a workload on a point's design. Its result is a file whose name is a hash over all that decides
// it.
#pragma once

#include "evaluation/capture/counts.hpp"
#include "evaluation/jobs/job.hpp"
#include "evaluation/sweep/points.hpp"

namespace kiesel::sweep {

struct Place {
  std::filesystem::path folder;   // of the sweep
  std::filesystem::path program;  // kiesel
  std::string kiesel;             // its version, as results name it
};

struct Run {
  std::size_t point = 0, workload = 0;  // their places in the lists
  std::string key;
  jobs::Job job;

  const std::filesystem::path& result() const { return job.makes(); }
};

// Makes the folder, and a file for each design. kIo, kNotFound.
Result<std::vector<Run>> make_runs(const Plan& plan, const Points& points, const Place& place);

// The run's profile: a report of its own in the folder. It runs once the run is done, whose capture it takes.
jobs::Job profile_of(const Run& run, const Place& place);

// What a run has found. kNotFound before it has run; kInvalidBinary when the file is damaged or another
// Kiesel's: then it is removed.
Result<capture::CountsFile> result_of(const Run& run, const Place& place);

}  // namespace kiesel::sweep
