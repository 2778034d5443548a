#include "conformance/cts/runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "conformance/cts/plan.hpp"
#include "conformance/cts/verdict.hpp"
#include "evaluation/jobs/process.hpp"
#include "support/file.hpp"

namespace kiesel::conformance {
namespace {

namespace fs = std::filesystem;

const SubTest* find(const Results* results, const Job& job) {
  if (!results) return nullptr;
  const auto suite = results->suites.find(job.suite);
  if (suite == results->suites.end()) return nullptr;
  const auto test = suite->second.find(job.sub_test);
  return test == suite->second.end() ? nullptr : &test->second;
}

// What is not measured takes as long as the measured ones do in the middle.
std::vector<double> seconds_of(const std::vector<Job>& jobs, const Results* measured) {
  double sum = 0;
  std::size_t count = 0;
  for (const auto& job : jobs)
    if (const auto* test = find(measured, job)) sum += test->seconds, ++count;
  const double mean = count ? sum / static_cast<double>(count) : 1;
  std::vector<double> list;
  for (const auto& job : jobs) {
    const auto* test = find(measured, job);
    list.push_back(test ? test->seconds : mean);
  }
  return list;
}

std::vector<Job> part_of(std::vector<Job> jobs, const Request& request) {
  if (request.shard.count <= 1) return jobs;
  const auto parts = divide(seconds_of(jobs, request.measured), request.shard.count);
  std::vector<Job> list;
  for (std::size_t i = 0; i < jobs.size(); ++i)
    if (parts[i] + 1 == request.shard.index) list.push_back(std::move(jobs[i]));
  return list;
}

class Runner {
 public:
  Runner(const Request& request, const Progress& progress) : request_(request), progress_(progress) {}

  Result<Results> run() {
    if (auto prepared = prepare(); !prepared) return prepared.error();
    auto planned = plan(request_, environment_);
    if (!planned) return planned.error();
    results_.device = request_.device;
    results_.driver = request_.driver.string();
    results_.tier = request_.list.empty() ? "quick" : request_.list.filename().string();
    for (const auto& job : *planned) note(job);
    const auto start = std::chrono::steady_clock::now();
    run_all(left_of(part_of(std::move(*planned), request_)));
    results_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return std::move(results_);
  }

 private:
  // Both loaders find one driver and no other: a folder with one .icd file.
  Status prepare() {
    std::error_code error;
    const auto vendors = request_.folder / "vendors";
    fs::create_directories(vendors, error);
    if (error) return Error{Errc::kIo, fmt::format("{}: {}", vendors.string(), error.message())};
    const auto text = fs::absolute(request_.driver).string() + "\n";
    if (auto written = write_file_atomically(vendors / "driver.icd", text); !written) return written.error();
    environment_ = {{"OCL_ICD_VENDORS", fs::absolute(vendors).string()},
                    {"OCL_ICD_FILENAMES", ""},
                    {"CL_PLATFORM_INDEX", "0"}};
    if (!request_.device.empty()) environment_.emplace_back("KIESEL_DEVICE", request_.device);
    return {};
  }

  void note(const Job& job) {
    if (results_.known_as.emplace(job.suite, job.known_as).second) results_.order.push_back(job.suite);
  }

  // Takes what is there already into the results.
  std::vector<Job> left_of(std::vector<Job> jobs) {
    std::vector<Job> left;
    for (auto& job : jobs) {
      if (const auto* test = find(request_.done, job))
        results_.suites[job.suite][job.sub_test] = *test;
      else
        left.push_back(std::move(job));
    }
    return left;
  }

  void run_all(const std::vector<Job>& jobs) {
    std::atomic<std::size_t> next = 0;
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < std::max(request_.jobs, 1U); ++i)
      threads.emplace_back([&] {
        for (std::size_t index; (index = next++) < jobs.size();)
          if (const auto test = run_one(jobs[index])) record(jobs[index], *test);
      });
  }

  // Nothing when the run was stopped meanwhile.
  std::optional<SubTest> run_one(const Job& job) {
    const auto output = output_of(request_.folder, job.suite, job.sub_test);
    if (job.program.empty()) {
      static_cast<void>(write_file_atomically(output, job.sub_test + " is not in this build of the suite\n"));
      return SubTest{Verdict::kFail, 0};
    }
    const auto json_file = fs::path(output).replace_extension(".json");
    std::error_code error;
    fs::remove(json_file, error);
    jobs::Command command{job.program,  job.arguments, job.program.parent_path(),
                          environment_, output,        job.limit};
    command.environment.emplace_back("CL_CONFORMANCE_RESULTS_FILENAME", fs::absolute(json_file).string());
    const auto ending = jobs::run(command);
    if (ending.kind == jobs::Ending::Kind::kStopped) return {};
    return SubTest{verdict_of(job, ending, json_file, output), ending.seconds};
  }

  static Verdict verdict_of(const Job& job, const jobs::Ending& ending, const fs::path& results,
                            const fs::path& output) {
    if (ending.kind == jobs::Ending::Kind::kTimeout) return Verdict::kTimeout;
    if (ending.kind != jobs::Ending::Kind::kExit) return Verdict::kCrash;
    return job.has_sub_tests ? read_verdict(results, output) : read_status(ending.code, output);
  }

  void record(const Job& job, const SubTest& test) {
    std::lock_guard lock(mutex_);
    results_.suites[job.suite][job.sub_test] = test;
    if (progress_) progress_(fmt::format("{}/{}", job.suite, job.sub_test), test, results_);
  }

  const Request& request_;
  const Progress& progress_;
  Environment environment_;
  std::mutex mutex_;  // guards results_
  Results results_;
};

}  // namespace

Result<Results> run_suites(const Request& request, const Progress& progress) {
  return Runner(request, progress).run();
}

fs::path output_of(const fs::path& folder, const std::string& suite, const std::string& sub_test) {
  auto name = suite + "." + sub_test;
  std::ranges::replace_if(
      name, [](char c) { return c == '/' || c == ' '; }, '_');
  return folder / (name + ".txt");
}

}  // namespace kiesel::conformance
