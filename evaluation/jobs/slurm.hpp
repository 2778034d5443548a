// Jobs on the machines of a Slurm cluster: an array of tasks, each of which does some of the jobs and tries a
// failed one again. Nothing of ours runs between them: what is done is told by the files that are there, in a
// folder that all machines see at the same place.
#pragma once

#include <chrono>

#include "evaluation/jobs/job.hpp"

namespace kiesel::jobs {

struct Slurm {
  std::filesystem::path folder;          // for the list of jobs, the script, what tasks say
  std::vector<std::string> runner;       // the program that calls run_part(), without its arguments
  std::vector<std::string> options;      // of sbatch: a partition, an account, limits
  unsigned tasks = 1000;                 // most in an array
  unsigned submissions = 3;              // of what is not done when an array is over
  std::chrono::milliseconds pause{500};  // between two looks at what is there
};
Status run_slurm(std::span<const Job> jobs, const Slurm& settings, const Told& told);

// What a task does: the jobs number `part`, `part` + `of`, and so on of a list. The exit status.
int run_part(const std::filesystem::path& list, unsigned part, unsigned of);

}  // namespace kiesel::jobs
