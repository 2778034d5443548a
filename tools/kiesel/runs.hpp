// Runs of workloads on designs, for the commands that ask for some: what is missing is done, here or on a
// cluster, and told as it goes on.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "evaluation/sweep/report.hpp"

namespace kiesel::tools {

struct RunSettings {
  std::string output, engine = "local";
  std::vector<std::string> slurm_options;
  unsigned jobs = 0;
  bool watch = false, live = false, profiles = false;
};
// `page`: the file that --live keeps current; `worth`: what --profiles makes profiles of.
void add_run_flags(CLI::App& command, RunSettings& settings, const std::string& page,
                   const std::string& worth);

inline constexpr unsigned kLiveSeconds = 5;

// What a command makes of its runs.
struct Reporter {
  std::string files;  // their names, for people
  // Into the folder; `goes_on`: more will come, and a page is enough.
  std::function<Status(const sweep::Sweep&, const std::filesystem::path& folder, bool goes_on)> write;
  // Runs that --profiles profiles, once all are done; those that are not done are left out.
  std::function<std::vector<std::size_t>(const sweep::Sweep&)> worth_a_profile;
};

// Exit status: 0 all runs are done, 1 some failed, 2 it could not do its work, which is told, or was stopped.
int do_runs(std::string_view command, const RunSettings& settings, const sweep::Plan& plan,
            const sweep::Points& points, const Reporter& reporter);

// `kiesel jobs`: what tasks of a cluster are started as.
void add_jobs(CLI::App& app, int& exit_code);

}  // namespace kiesel::tools
