#include "tools/kiesel/sweep.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <thread>

#include "evaluation/jobs/local.hpp"
#include "evaluation/jobs/process.hpp"
#include "evaluation/jobs/slurm.hpp"
#include "evaluation/sweep/report.hpp"
#include "support/descriptor.hpp"
#include "support/file.hpp"
#include "tools/kiesel/installation.hpp"

namespace kiesel::tools {
namespace {

namespace fs = std::filesystem;
using namespace kiesel::sweep;
using Clock = std::chrono::steady_clock;
using State = Finding::State;

constexpr std::uint64_t kManyRuns = 10000;
constexpr std::chrono::seconds kLivePause{5};

struct Settings {
  std::string plan, output, engine = "local";
  std::vector<std::string> slurm_options;
  unsigned jobs = 0;
  bool dry_run = false, watch = false, live = false, yes = false;
};

int refuse(std::string_view reason) {
  fmt::print(stderr, "kiesel sweep: {}\n", reason);
  return 2;
}

// What is left and when it ends: a line that is written again and again on a terminal, one now and then
// elsewhere.
class Watch {
 public:
  explicit Watch(bool wanted) : wanted_(wanted), terminal_(::isatty(STDERR_FILENO) == 1) {}
  ~Watch() { clear(); }

  void show(std::size_t done, std::size_t failed, std::size_t all) {
    const auto now = Clock::now();
    const auto pause = std::chrono::milliseconds(terminal_ ? 200 : 10000);
    if (!wanted_ || (done < all && shown_ && now - *shown_ < pause)) return;
    shown_ = now;
    const double elapsed = std::chrono::duration<double>(now - start_).count();
    const double left = done ? elapsed * static_cast<double>(all - done) / static_cast<double>(done) : 0;
    fmt::print(stderr, "{}{} of {} runs, {} failed, {} left; {:.0f} s{}{}", terminal_ ? "\r" : "", done, all,
               failed, all - done, elapsed,
               done && done < all ? fmt::format(", it ends in some {:.0f} s", left) : "",
               terminal_ ? "\033[K" : "\n");
    std::fflush(stderr);
  }
  void clear() const {
    if (wanted_ && terminal_ && shown_) fmt::print(stderr, "\r\033[K");
  }

 private:
  const bool wanted_, terminal_;
  const Clock::time_point start_ = Clock::now();
  std::optional<Clock::time_point> shown_;
};

class Sweeper {
 public:
  Sweeper(const Settings& settings, const Plan& plan, const Points& points, const Place& place,
          const std::vector<Run>& runs)
      : settings_(settings),
        plan_(plan),
        place_(place),
        runs_(runs),
        watch_(settings.watch),
        sweep_{plan, points, runs, {}, place.kiesel} {}

  Result<int> run() {
    for (const Run& run : runs_) sweep_.findings.push_back(finding(run, result_of(run, place_)));
    std::vector<std::size_t> wanted;
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      State& state = sweep_.findings[i].state;
      if (state == State::kFailed)
        fmt::print("{}: is done again: {}\n", runs_[i].job.name, sweep_.findings[i].reason);
      if (state != State::kDone) state = State::kWaiting, wanted.push_back(i);
    }
    fmt::print("{} runs: {} points, {} workloads; {} are done already\n", runs_.size(),
               sweep_.points.points.size(), plan_.workloads.size(), runs_.size() - wanted.size());
    std::fflush(stdout);
    if (auto written = settings_.live ? report(true) : Status(); !written) return written.error();
    const Status worked = wanted.empty() ? Status() : work(wanted);
    if (auto written = report(false); !written) return written.error();
    if (!worked) return worked.error();
    return conclude();
  }

 private:
  Finding finding(const Run& run, const Result<capture::CountsFile>& result) const {
    return finding_of(plan_, sweep_.points, run, result);
  }

  Status work(const std::vector<std::size_t>& wanted) {
    std::vector<jobs::Job> jobs;
    for (const std::size_t index : wanted) jobs.push_back(runs_[index].job);
    std::size_t done = 0, failed = 0;
    watch_.show(0, 0, wanted.size());
    const auto told = [&](std::size_t job, const jobs::Outcome& outcome) {
      failed += !note(wanted[job], outcome);
      watch_.show(++done, failed, wanted.size());
      keep_live();
    };
    if (settings_.engine == "slurm") {
      jobs::Slurm slurm;
      slurm.folder = place_.folder / "slurm";
      slurm.runner = {place_.program.string(), "jobs"};
      for (const auto& option : settings_.slurm_options) slurm.options.push_back("--" + option);
      if (settings_.jobs) slurm.tasks = settings_.jobs;
      return jobs::run_slurm(jobs, slurm, told);
    }
    return jobs::run_local(
        jobs, {.jobs = settings_.jobs ? settings_.jobs : std::thread::hardware_concurrency()}, told);
  }

  // Whether it is well.
  bool note(std::size_t index, const jobs::Outcome& outcome) {
    const Run& run = runs_[index];
    Finding& now = sweep_.findings[index];
    now = finding(run, result_of(run, place_));
    if (now.state == State::kWaiting) now.state = State::kFailed, now.reason = outcome.reason;
    if (now.state != State::kFailed) return true;
    watch_.clear();
    fmt::print("{}: failed, {} times: {}; its log is {}\n", run.job.name, outcome.tries, now.reason,
               run.job.log.string());
    std::fflush(stdout);
    return false;
  }

  Status report(bool goes_on) {
    const auto page = page_of(describe(sweep_, false), goes_on ? kLivePause.count() : 0);
    if (auto written = write_file_atomically(place_.folder / "sweep.html", page); !written || goes_on)
      return written;
    if (auto written = write_file_atomically(place_.folder / "sweep.csv", table_of(sweep_)); !written)
      return written;
    return write_file_atomically(place_.folder / "sweep.json", describe(sweep_, true).dump(1) + "\n");
  }
  void keep_live() {
    const auto now = Clock::now();
    if (!settings_.live || now - reported_ < kLivePause) return;
    if (auto written = report(true); !written)
      fmt::print(stderr, "kiesel sweep: {}\n", written.error().reason);
    reported_ = Clock::now();
  }

  int conclude() const {
    std::size_t count[3]{}, different = 0;
    for (const Finding& f : sweep_.findings) ++count[static_cast<int>(f.state)], different += f.different > 0;
    fmt::print("{} done, {} failed, {} not run", count[1], count[2], count[0]);
    if (different) fmt::print("; in {} some launch ended otherwise than it was recorded", different);
    fmt::print("; sweep.html, sweep.csv and sweep.json are in {}\n", place_.folder.string());
    return count[0] ? 2 : count[2] ? 1 : 0;
  }

  const Settings& settings_;
  const Plan& plan_;
  const Place& place_;
  const std::vector<Run>& runs_;
  ::kiesel::tools::Watch watch_;
  Sweep sweep_;
  Clock::time_point reported_ = Clock::now();
};

void print_points(const Plan& plan, const Points& points) {
  for (const Point& point : points.points) fmt::print("{:>8}  {}\n", point.number, point.name(plan));
  fmt::print("{} points of {} combinations ({} excluded, {} no designs), {} workloads: {} runs\n",
             points.points.size(), points.combinations, points.excluded, points.invalid,
             plan.workloads.size(), points.points.size() * plan.workloads.size());
}

// A folder has one sweep at a time.
Result<Descriptor> lock_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  const fs::path path = folder / "lock";
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (file.get() < 0) return Error{Errc::kIo, fmt::format("{} cannot be written", folder.string())};
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    return Error{Errc::kUnsupported, fmt::format("another sweep works in {}", folder.string())};
  return file;
}

int run(const Settings& settings) {
  const auto plan = load_plan(settings.plan);
  if (!plan) return refuse(plan.error().reason);
  const std::uint64_t most = combinations(*plan);
  if (most > kManyRuns && !settings.yes)
    return refuse(fmt::format("the plan has {} combinations, more than {}: --yes if that is what you want",
                              most, kManyRuns));
  const auto points = make_points(*plan);
  if (!points) return refuse(points.error().reason);
  if (settings.dry_run) return print_points(*plan, *points), 0;
  if (points->points.empty()) return refuse("no point is left of the plan's combinations");
  if (settings.output.empty()) return refuse("name a folder for results: -o DIR");
  const Place place{fs::absolute(settings.output).lexically_normal(), fs::canonical("/proc/self/exe"),
                    this_version()};
  const auto lock = lock_folder(place.folder);
  if (!lock) return refuse(lock.error().reason);
  const auto runs = make_runs(*plan, *points, place);
  if (!runs) return refuse(runs.error().reason);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, [](int) { jobs::stop_running(); });
  const auto status = Sweeper(settings, *plan, *points, place, *runs).run();
  if (!status) return refuse(status.error().reason);
  return jobs::stopped() ? refuse("stopped before the end: the same command goes on where it was") : *status;
}

}  // namespace

void add_sweep(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("sweep", "run workloads on many designs, and compare what they cost");
  auto settings = std::make_shared<Settings>();
  command->add_option("plan", settings->plan, "what to run: a file of TOML (docs/sweep.md)")->required();
  command->add_option("-o,--output", settings->output, "folder for results; what is there is not done again");
  command->add_flag("--dry-run", settings->dry_run, "list the points, and run nothing");
  command->add_option("--engine", settings->engine, "where runs go: to this computer, or to a Slurm cluster")
      ->check(CLI::IsMember({"local", "slurm"}))
      ->capture_default_str();
  command->add_option(
      "--jobs", settings->jobs,
      "runs at a time, as far as memory lasts: one for each processor when not given; with Slurm, "
      "most tasks of an array: 1000");
  command
      ->add_option("--slurm-option", settings->slurm_options,
                   "an option for sbatch, without its dashes, as partition=long; may be given again")
      ->allow_extra_args(false);
  command->add_flag("--watch", settings->watch, "show what is left, and when it ends");
  command->add_flag("--live", settings->live,
                    "write sweep.html while it goes on; the page loads itself again");
  command->add_flag("--yes", settings->yes, "also when there are very many points");
  command->footer(
      "Exit status: 0 all runs are done, 1 some failed, 2 it could not do its work or was stopped.");
  command->callback([settings, &exit_code] { exit_code = run(*settings); });
}

void add_jobs(CLI::App& app, int& exit_code) {
  struct Part {
    std::string list;
    unsigned part = 0, of = 1;
  };
  auto* command =
      app.add_subcommand("jobs", "do a part of a list of jobs: what tasks of a cluster are started as");
  auto part = std::make_shared<Part>();
  command->add_option("list", part->list, "the list, as kiesel sweep wrote it")->required();
  command->add_option("--part", part->part, "which part, from 0");
  command->add_option("--of", part->of, "how many parts there are");
  command->callback([part, &exit_code] {
    for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { jobs::stop_running(); });
    exit_code = jobs::run_part(part->list, part->part, part->of);
  });
}

}  // namespace kiesel::tools
