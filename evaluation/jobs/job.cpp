#include "evaluation/jobs/job.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "evaluation/jobs/process.hpp"
#include "support/descriptor.hpp"

namespace kiesel::jobs {
namespace {

namespace fs = std::filesystem;
constexpr std::chrono::hours kNoLimit{24 * 365};

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// Keeps others from making the same file at the same time; where the file system has no locks it is made
// twice.
class Lock {
 public:
  explicit Lock(const fs::path& made) {
    if (made.empty()) return;
    file_ = Descriptor(::open(fs::path(made).concat(".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    while (file_.get() >= 0 && ::flock(file_.get(), LOCK_EX) != 0 && errno == EINTR) {
    }
  }

 private:
  Descriptor file_;
};

// Why it is not done, or nothing.
std::string run_step(const Job& job, const Step& step, Outcome& outcome) {
  const Lock lock(step.temporary.empty() ? fs::path() : step.makes);
  if (is_there(step.makes)) return {};
  std::error_code error;
  fs::remove(step.temporary, error);
  const auto ending = run({step.words.front(),
                           {step.words.begin() + 1, step.words.end()},
                           job.folder,
                           {},
                           job.log,
                           kNoLimit,
                           true});
  outcome.seconds += ending.seconds;
  outcome.peak_bytes = std::max(outcome.peak_bytes, ending.peak_bytes);
  const bool good = ending.kind == Ending::Kind::kExit &&
                    std::find(step.good.begin(), step.good.end(), ending.code) != step.good.end();
  if (!good) return fmt::format("'{}' {}", step.words.front(), words_for(ending));
  if (!step.temporary.empty()) fs::rename(step.temporary, step.makes, error);
  return is_there(step.makes) ? std::string() : fmt::format("'{}' made nothing", step.words.front());
}

std::string run_steps(const Job& job, Outcome& outcome) {
  for (const Step& step : job.steps)
    if (auto reason = run_step(job, step, outcome); !reason.empty()) return reason;
  return {};
}

}  // namespace

bool is_made(const Job& job) { return is_there(job.makes()); }

Outcome attempt(const Job& job, unsigned tries) {
  Outcome outcome;
  std::error_code error;
  fs::remove(job.log, error);
  for (; !outcome.good && outcome.tries < tries && !stopped(); ++outcome.tries) {
    outcome.reason = run_steps(job, outcome);
    outcome.good = outcome.reason.empty();
  }
  return outcome;
}

std::string to_json(std::span<const Job> jobs) {
  auto list = nlohmann::json::array();
  for (const Job& job : jobs) {
    auto steps = nlohmann::json::array();
    for (const Step& step : job.steps)
      steps.push_back({{"words", step.words},
                       {"makes", step.makes.string()},
                       {"temporary", step.temporary.string()},
                       {"good", step.good}});
    list.push_back({{"name", job.name},
                    {"log", job.log.string()},
                    {"folder", job.folder.string()},
                    {"steps", std::move(steps)}});
  }
  return list.dump(1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<std::vector<Job>> jobs_from_json(std::string_view text) {
  std::vector<Job> jobs;
  try {
    for (const auto& entry : nlohmann::json::parse(text)) {
      Job job{
          entry.at("name"), {}, entry.at("log").get<std::string>(), entry.at("folder").get<std::string>()};
      for (const auto& step : entry.at("steps"))
        job.steps.push_back({step.at("words"), step.at("makes").get<std::string>(),
                             step.at("temporary").get<std::string>(), step.at("good")});
      jobs.push_back(std::move(job));
    }
  } catch (const nlohmann::json::exception& error) {
    return Error{Errc::kInvalidArgument, fmt::format("no list of jobs: {}", error.what())};
  }
  for (const Job& job : jobs)
    if (job.steps.empty() ||
        std::ranges::any_of(job.steps, [](const Step& step) { return step.words.empty(); }))
      return Error{Errc::kInvalidArgument, fmt::format("job '{}' has nothing to run", job.name)};
  return jobs;
}

}  // namespace kiesel::jobs
