#include "tools/kiesel/sweep.hpp"

#include <fmt/format.h>

#include <memory>

#include "support/file.hpp"
#include "tools/kiesel/refuse.hpp"
#include "tools/kiesel/runs.hpp"

namespace kiesel::tools {
namespace {

namespace fs = std::filesystem;
using namespace kiesel::sweep;

constexpr std::uint64_t kManyRuns = 10000;

struct Settings {
  std::string plan;
  RunSettings runs;
  bool dry_run = false, yes = false;
};

void print_points(const Plan& plan, const Points& points) {
  for (const Point& point : points.points) fmt::print("{:>8}  {}\n", point.number, point.name(plan));
  fmt::print("{} points of {} combinations ({} excluded, {} no designs), {} workloads: {} runs\n",
             points.points.size(), points.combinations, points.excluded, points.invalid,
             plan.workloads.size(), points.points.size() * plan.workloads.size());
}

Status write_reports(const Sweep& sweep, const fs::path& folder, bool goes_on) {
  const auto page = page_of(describe(sweep, false), goes_on ? kLiveSeconds : 0);
  if (auto written = write_file_atomically(folder / "sweep.html", page); !written || goes_on) return written;
  if (auto written = write_file_atomically(folder / "sweep.csv", table_of(sweep)); !written) return written;
  return write_file_atomically(folder / "sweep.json", describe(sweep, true).dump(1) + "\n");
}

int run(const Settings& settings) {
  const auto plan = load_plan(settings.plan);
  if (!plan) return refuse("sweep", plan.error().reason);
  const std::uint64_t most = combinations(*plan);
  if (most > kManyRuns && !settings.yes)
    return refuse("sweep",
                  fmt::format("the plan has {} combinations, more than {}: --yes if that is what you want",
                              most, kManyRuns));
  const auto points = make_points(*plan);
  if (!points) return refuse("sweep", points.error().reason);
  if (settings.dry_run) return print_points(*plan, *points), 0;
  if (points->points.empty()) return refuse("sweep", "no point is left of the plan's combinations");
  return do_runs("sweep", settings.runs, *plan, *points,
                 {"sweep.html, sweep.csv and sweep.json", write_reports, runs_on_front});
}

}  // namespace

void add_sweep(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("sweep", "run workloads on many designs, and compare what they cost");
  auto settings = std::make_shared<Settings>();
  command->add_option("plan", settings->plan, "what to run: a file of TOML (docs/sweep.md)")->required();
  command->add_flag("--dry-run", settings->dry_run, "list the points, and run nothing");
  add_run_flags(*command, settings->runs, "sweep.html", "the points that no other one beats");
  command->add_flag("--yes", settings->yes, "also when there are very many points");
  command->footer(
      "Exit status: 0 all runs are done, 1 some failed, 2 it could not do its work or was stopped.");
  command->callback([settings, &exit_code] { exit_code = run(*settings); });
}

}  // namespace kiesel::tools
