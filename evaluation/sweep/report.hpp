// What a sweep has found so far: as JSON, as a table of CSV, and as one page that needs no network.
#pragma once

#include <nlohmann/json.hpp>
#include <set>

#include "evaluation/sweep/objectives.hpp"
#include "evaluation/sweep/runs.hpp"

namespace kiesel::sweep {

// How a run stands.
struct Finding {
  enum class State { kWaiting, kDone, kFailed } state = State::kWaiting;
  std::string reason;  // of kFailed
  std::uint64_t launches = 0, different = 0;
  device::LaunchCounts counts;  // in total
  Values values;                // of the objectives
};
Finding finding_of(const Plan& plan, const Points& points, const Run& run,
                   const Result<capture::CountsFile>& result);

struct Sweep {
  const Plan& plan;
  const Points& points;
  const std::vector<Run>& runs;  // a point's workloads one after the other
  std::vector<Finding> findings;
  std::string kiesel;
  std::set<std::string> profiled{};  // keys of runs that have a profile
};

// Runs of points that no other one beats in all objectives.
std::vector<std::size_t> runs_on_front(const Sweep& sweep);
// Where a run's profile is, as seen from the folder.
std::string profile_page(const Run& run);

// With the counters of each run, or without.
nlohmann::ordered_json describe(const Sweep& sweep, bool with_counts);
// A line for each run, with all counters.
std::string table_of(const Sweep& sweep);
// `refresh`: seconds after which a browser loads it again; 0: it does not.
std::string page_of(const nlohmann::ordered_json& description, unsigned refresh);

}  // namespace kiesel::sweep
