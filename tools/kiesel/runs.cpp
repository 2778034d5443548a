#include "tools/kiesel/runs.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>

#include "evaluation/jobs/local.hpp"
#include "evaluation/jobs/process.hpp"
#include "evaluation/jobs/slurm.hpp"
#include "support/descriptor.hpp"
#include "tools/kiesel/installation.hpp"
#include "tools/kiesel/progress.hpp"
#include "tools/kiesel/refuse.hpp"

namespace kiesel::tools {
namespace {

namespace fs = std::filesystem;
using namespace kiesel::sweep;
using Clock = std::chrono::steady_clock;
using State = Finding::State;

class Runner {
 public:
  Runner(std::string_view command, const RunSettings& settings, const Reporter& reporter, const Place& place,
         const Plan& plan, const Points& points, const std::vector<Run>& runs)
      : command_(command),
        settings_(settings),
        reporter_(reporter),
        place_(place),
        runs_(runs),
        sweep_{plan, points, runs, {}, place.kiesel} {
    if (settings.watch) progress_.emplace(fmt::format("kiesel {}", command));
  }

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
               sweep_.points.points.size(), sweep_.plan.workloads.size(), runs_.size() - wanted.size());
    std::fflush(stdout);
    if (auto written = settings_.live ? report(true) : Status(); !written) return written.error();
    Status worked = wanted.empty() ? Status() : work(wanted);
    if (worked && settings_.profiles && !jobs::stopped()) worked = profile(reporter_.worth_a_profile(sweep_));
    if (auto written = report(false); !written) return written.error();
    if (!worked) return worked.error();
    return conclude();
  }

 private:
  Finding finding(const Run& run, const Result<capture::CountsFile>& result) const {
    return finding_of(sweep_.plan, sweep_.points, run, result);
  }

  Status work(const std::vector<std::size_t>& wanted) {
    std::vector<jobs::Job> jobs;
    for (const std::size_t index : wanted) jobs.push_back(runs_[index].job);
    std::size_t done = 0, failed = 0;
    return run_jobs(jobs, [&](std::size_t job, const jobs::Outcome& outcome) {
      failed += !note(wanted[job], outcome);
      ++done;
      if (progress_) progress_->show(done, wanted.size(), fmt::format("runs, {} failed", failed));
      keep_live();
    });
  }

  // Of those that are done.
  Status profile(const std::vector<std::size_t>& worth) {
    std::vector<std::size_t> wanted;
    std::vector<jobs::Job> jobs;
    for (const std::size_t index : worth) {
      if (sweep_.findings[index].state != State::kDone) continue;
      wanted.push_back(index);
      jobs.push_back(profile_of(runs_[index], place_));
    }
    std::size_t done = 0;
    Status worked = run_jobs(jobs, [&](std::size_t, const jobs::Outcome&) {
      if (progress_) progress_->show(++done, jobs.size(), "profiles");
    });
    for (std::size_t i = 0; i < jobs.size(); ++i)
      if (jobs::is_made(jobs[i]))
        sweep_.profiled.insert(runs_[wanted[i]].key);
      else
        fmt::print("{}: failed; its log is {}\n", jobs[i].name, jobs[i].log.string());
    return worked;
  }

  Status run_jobs(std::span<const jobs::Job> jobs, const jobs::Told& told) const {
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
    if (progress_) progress_->clear();
    fmt::print("{}: failed, {} times: {}; its log is {}\n", run.job.name, outcome.tries, now.reason,
               run.job.log.string());
    std::fflush(stdout);
    return false;
  }

  Status report(bool goes_on) { return reporter_.write(sweep_, place_.folder, goes_on); }
  void keep_live() {
    const auto now = Clock::now();
    if (!settings_.live || now - reported_ < std::chrono::seconds(kLiveSeconds)) return;
    if (auto written = report(true); !written)
      fmt::print(stderr, "kiesel {}: {}\n", command_, written.error().reason);
    reported_ = Clock::now();
  }

  int conclude() const {
    std::size_t count[3]{}, different = 0;
    for (const Finding& f : sweep_.findings) ++count[static_cast<int>(f.state)], different += f.different > 0;
    fmt::print("{} done, {} failed, {} not run", count[1], count[2], count[0]);
    if (different) fmt::print("; in {} some launch ended otherwise than it was recorded", different);
    fmt::print("; {} are in {}\n", reporter_.files, place_.folder.string());
    return count[0] ? 2 : count[2] ? 1 : 0;
  }

  const std::string_view command_;
  const RunSettings& settings_;
  const Reporter& reporter_;
  const Place& place_;
  const std::vector<Run>& runs_;
  std::optional<Progress> progress_;
  Sweep sweep_;
  Clock::time_point reported_ = Clock::now();
};

// One command at a time works in a folder.
Result<Descriptor> lock_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  const fs::path path = folder / "lock";
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (file.get() < 0) return Error{Errc::kIo, fmt::format("{} cannot be written", folder.string())};
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    return Error{Errc::kUnsupported, fmt::format("another one works in {}", folder.string())};
  return file;
}

}  // namespace

void add_run_flags(CLI::App& command, RunSettings& settings, const std::string& page,
                   const std::string& worth) {
  command.add_option("-o,--output", settings.output, "folder for results; what is there is not done again")
      ->capture_default_str();
  command.add_option("--engine", settings.engine, "where runs go: to this computer, or to a Slurm cluster")
      ->check(CLI::IsMember({"local", "slurm"}))
      ->capture_default_str();
  command.add_option(
      "--jobs", settings.jobs,
      "runs at a time, as far as memory lasts: one for each processor when not given; with Slurm, "
      "most tasks of an array: 1000");
  command
      .add_option("--slurm-option", settings.slurm_options,
                  "an option for sbatch, without its dashes, as partition=long; may be given again")
      ->allow_extra_args(false);
  command.add_flag("--profiles", settings.profiles,
                   fmt::format("then profile {}, and link the reports", worth));
  command.add_flag("--watch", settings.watch, "show what is left, and when it ends");
  command.add_flag("--live", settings.live,
                   fmt::format("write {} while it goes on; the page loads itself again", page));
}

int do_runs(std::string_view command, const RunSettings& settings, const Plan& plan, const Points& points,
            const Reporter& reporter) {
  if (settings.output.empty()) return refuse(command, "name a folder for results: -o DIR");
  const Place place{fs::absolute(settings.output).lexically_normal(), fs::canonical("/proc/self/exe"),
                    this_version()};
  const auto lock = lock_folder(place.folder);
  if (!lock) return refuse(command, lock.error().reason);
  const auto runs = make_runs(plan, points, place);
  if (!runs) return refuse(command, runs.error().reason);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, [](int) { jobs::stop_running(); });
  const auto status = Runner(command, settings, reporter, place, plan, points, *runs).run();
  if (!status) return refuse(command, status.error().reason);
  return jobs::stopped() ? refuse(command, "stopped before the end: the same command goes on where it was")
                         : *status;
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
