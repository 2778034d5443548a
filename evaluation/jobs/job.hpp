// Work for one machine or many: programs that each make a file. What is made already is not made again, so a
// set of jobs that was interrupted is asked for again as it is.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "support/result.hpp"

namespace kiesel::jobs {

// One program. It is left out when the file that it makes is there.
struct Step {
  std::vector<std::string> words;
  std::filesystem::path makes;
  // Where it writes what is then renamed, and which other jobs may make, too; empty: it renames itself.
  std::filesystem::path temporary;
  std::vector<int> good{0};  // exit statuses
};

struct Job {
  std::string name;              // for people
  std::vector<Step> steps;       // the last one makes what the job is for
  std::filesystem::path log;     // what the programs say
  std::filesystem::path folder;  // where they run

  const std::filesystem::path& makes() const { return steps.back().makes; }
};

struct Outcome {
  bool good = false;
  std::string reason;  // why it is not, in words
  unsigned tries = 0;
  double seconds = 0;
  std::uint64_t peak_bytes = 0;  // of memory
};

inline constexpr unsigned kTries = 3;

bool is_made(const Job& job);
// Runs the steps, again when one fails. Threads: any, also for jobs with the same temporary.
Outcome attempt(const Job& job, unsigned tries = kTries);

// Jobs as a file, and back.
std::string to_json(std::span<const Job> jobs);
Result<std::vector<Job>> jobs_from_json(std::string_view text);

// Runs jobs that are not made. `told` is called for each that has ended, by one thread at a time; an error is
// what keeps the engine as a whole from working.
using Told = std::function<void(std::size_t job, const Outcome& outcome)>;

}  // namespace kiesel::jobs
