#include "tools/kiesel/score.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <numeric>

#include "evaluation/score/score.hpp"
#include "support/file.hpp"
#include "tools/kiesel/installation.hpp"
#include "tools/kiesel/refuse.hpp"
#include "tools/kiesel/runs.hpp"

namespace kiesel::tools {
namespace {

namespace fs = std::filesystem;

struct Settings {
  std::vector<std::string> designs, workloads;
  std::string suite, size = "small";
  RunSettings runs;
  bool sample = false, list = false;
};

Result<score::Suite> suite_of(const Settings& settings) {
  fs::path file = settings.suite;
  if (file.empty()) {
    const auto found = first_of({"../../workloads/suite.toml", "../share/kiesel/workloads/suite.toml",
                                 fs::path(KIESEL_DATADIR "/workloads/suite.toml")});
    if (!found) return Error{Errc::kNotFound, "workloads/suite.toml of this installation is missing"};
    file = *found;
  }
  auto suite = score::load_suite(file);
  return suite ? score::chosen(std::move(*suite), settings.workloads) : suite;
}

int print_list(const score::Suite& suite) {
  for (const auto& entry : suite.entries) {
    fmt::print("{:<12} {:<4} {}\n", entry.name, entry.field, entry.about);
    for (const auto size : score::kSizes)
      fmt::print("{:17} {:<7}{} {}\n", "", size, fmt::join(entry.command, " "),
                 fmt::join(entry.sizes.find(size)->second, " "));
    if (!entry.packages.empty()) fmt::print("{:17} needs {}\n", "", fmt::join(entry.packages, ", "));
  }
  return 0;
}

Status write_reports(const nlohmann::ordered_json& score, const fs::path& folder, bool goes_on) {
  const auto page = score::page_of(score, goes_on ? kLiveSeconds : 0);
  if (auto written = write_file_atomically(folder / "score.html", page); !written || goes_on) return written;
  if (auto written = write_file_atomically(folder / "score.csv", score::table_of(score)); !written)
    return written;
  return write_file_atomically(folder / "score.json", score.dump(1) + "\n");
}

// What those need that failed: most failures are packages that are missing.
void print_needs(const score::Suite& suite, const sweep::Sweep& sweep) {
  for (std::size_t i = 0; i < sweep.findings.size(); ++i) {
    const auto& entry = suite.entries[i % suite.entries.size()];
    if (sweep.findings[i].state == sweep::Finding::State::kFailed && !entry.packages.empty())
      fmt::print("{} needs the packages {}\n", entry.name, fmt::join(entry.packages, ", "));
  }
}

std::vector<std::size_t> all_runs(const sweep::Sweep& sweep) {
  std::vector<std::size_t> out(sweep.runs.size());
  std::iota(out.begin(), out.end(), 0);
  return out;
}

int run(const Settings& settings) {
  const auto suite = suite_of(settings);
  if (!suite) return refuse("score", suite.error().reason);
  if (settings.list) return print_list(*suite);
  if (settings.designs.empty())
    return refuse("score", "name a design, or several to compare: rv-gpu-mid, mine.toml");
  const auto plan = score::plan_of(*suite, settings.size, settings.designs, settings.sample);
  const auto points = sweep::make_points(plan);
  if (!points) return refuse("score", points.error().reason);
  const auto write = [&](const sweep::Sweep& sweep, const fs::path& folder, bool goes_on) {
    const auto score = score::describe(*suite, settings.size, sweep);
    if (!goes_on) {
      print_needs(*suite, sweep);
      fmt::print("{}\n", score::text_of(score));
    }
    return write_reports(score, folder, goes_on);
  };
  return do_runs("score", settings.runs, plan, *points,
                 {"score.html, score.csv and score.json", write, all_runs});
}

}  // namespace

void add_score(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "score", "run a suite of workloads on designs: how long each takes, and what limits it");
  auto settings = std::make_shared<Settings>();
  command->add_option(
      "designs", settings->designs,
      "names or files, as the option device takes them; the first is what others are held against");
  command->add_option("--size", settings->size, "of each workload")
      ->check(CLI::IsMember({"small", "medium", "large"}))
      ->capture_default_str();
  command->add_option("--workloads", settings->workloads, "only these: names or patterns, as gemm*")
      ->delimiter(',')
      ->allow_extra_args(false);
  command->add_option("--suite", settings->suite,
                      "another suite than the one that comes along (docs/score.md)");
  command->add_flag("--sample", settings->sample, "time a part of each workload, and estimate the rest");
  command->add_flag("--list", settings->list, "show the workloads, and run nothing");
  settings->runs.output = "score";
  add_run_flags(*command, settings->runs, "score.html", "each run");
  command->footer(
      "Exit status: 0 all workloads are done, 1 some failed, 2 it could not do its work or was stopped.");
  command->callback([settings, &exit_code] { exit_code = run(*settings); });
}

}  // namespace kiesel::tools
