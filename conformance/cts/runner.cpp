#include "conformance/cts/runner.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <thread>

#include "conformance/cts/suites.hpp"
#include "evaluation/jobs/process.hpp"
#include "support/file.hpp"

namespace kiesel::conformance {
namespace {

namespace fs = std::filesystem;
constexpr std::chrono::seconds kListLimit{60};
constexpr unsigned kFullFactor = 10;

struct Job {
  const Suite* suite;
  fs::path program;
  std::string sub_test;
};

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> list;
  for (std::string word; stream >> word;) list.push_back(word);
  return list;
}

bool fits(std::string_view pattern, std::string_view name) {
  if (pattern.ends_with('*')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == name;
}

bool fits_one(const std::vector<std::string>& patterns, std::string_view name) {
  return patterns.empty() || std::ranges::any_of(patterns, [&](const auto& p) { return fits(p, name); });
}

// "basic" asks for all of it, "basic/host*" for some.
bool wanted(const Request& request, const std::string& suite, const std::string& sub_test) {
  if (request.names.empty()) return true;
  return std::ranges::any_of(request.names, [&](const std::string& name) {
    return fits(name, suite) || fits(name, suite + "/" + sub_test);
  });
}

bool may_be_wanted(const Request& request, const std::string& suite) {
  if (request.names.empty()) return true;
  return std::ranges::any_of(request.names, [&](const std::string& name) {
    return fits(name.substr(0, name.find('/')), suite) || name.ends_with('*');
  });
}

std::map<std::string, fs::path> programs_below(const fs::path& folder) {
  std::map<std::string, fs::path> found;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, fs::directory_options::skip_permission_denied, error), end;
       !error && it != end; it.increment(error))
    if (it->is_regular_file(error) && ::access(it->path().c_str(), X_OK) == 0)
      found.emplace(it->path().filename().string(), fs::absolute(it->path()));
  return found;
}

class Runner {
 public:
  Runner(const Request& request, const Progress& progress) : request_(request), progress_(progress) {}

  Result<Results> run() {
    if (auto prepared = prepare(); !prepared) return prepared.error();
    auto jobs = find_jobs();
    if (!jobs) return jobs.error();
    const auto start = std::chrono::steady_clock::now();
    run_all(*jobs);
    results_.device = request_.device;
    results_.driver = request_.driver.string();
    results_.tier = request_.full ? "full" : "quick";
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

  const char* arguments(const Suite& suite) const { return request_.full ? suite.full : suite.quick; }

  Result<std::vector<Job>> find_jobs() {
    const auto programs = programs_below(request_.cts);
    std::vector<Job> jobs;
    bool any_program = false;
    for (const auto& suite : suites()) {
      const auto program = programs.find(suite.binary);
      if (program == programs.end()) continue;
      any_program = true;
      if (!arguments(suite) || !may_be_wanted(request_, suite.name)) continue;
      for (auto& name : sub_tests(suite, program->second))
        if (wanted(request_, suite.name, name)) jobs.push_back({&suite, program->second, std::move(name)});
    }
    if (!any_program)
      return Error{Errc::kNotFound,
                   fmt::format("there is no program of the OpenCL-CTS below '{}'", request_.cts.string())};
    if (jobs.empty()) return Error{Errc::kNotFound, "no suite or sub-test has such a name"};
    return jobs;
  }

  std::vector<std::string> sub_tests(const Suite& suite, const fs::path& program) {
    return suite.names == Names::kConversions ? conversion_pairs() : list(suite, program);
  }

  // The harness prints one name a line behind a tab.
  std::vector<std::string> list(const Suite& suite, const fs::path& program) {
    const auto output = request_.folder / fmt::format("{}.list.txt", suite.name);
    jobs::run({program, {"--list"}, program.parent_path(), environment_, output, kListLimit});
    const auto text = read_text_file(output);
    std::vector<std::string> names;
    if (!text) return names;
    const auto tier_names = request_.full ? std::vector<std::string>() : words(suite.quick_names);
    std::istringstream stream(*text);
    for (std::string line; std::getline(stream, line);)
      if (line.starts_with('\t') && words(line).size() == 1)
        if (auto name = words(line).front(); fits_one(tier_names, name)) names.push_back(std::move(name));
    return names;
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
    const auto stem = request_.folder / fmt::format("{}.{}", job.suite->name, job.sub_test);
    const auto json_file = fs::path(stem).concat(".json");
    std::error_code error;
    fs::remove(json_file, error);
    jobs::Command command{job.program,
                          words(job.suite->before),
                          job.program.parent_path(),
                          environment_,
                          fs::path(stem).concat(".txt"),
                          std::chrono::seconds(job.suite->seconds * (request_.full ? kFullFactor : 1))};
    if (job.suite->names == Names::kConversions)
      for (auto& name : conversions_of(job.sub_test)) command.arguments.push_back(std::move(name));
    else
      command.arguments.push_back(job.sub_test);
    for (auto& word : words(arguments(*job.suite))) command.arguments.push_back(std::move(word));
    command.environment.emplace_back("CL_CONFORMANCE_RESULTS_FILENAME", fs::absolute(json_file).string());
    const auto ending = jobs::run(command);
    if (ending.kind == jobs::Ending::Kind::kStopped) return {};
    if (ending.kind == jobs::Ending::Kind::kTimeout) return SubTest{Verdict::kTimeout, ending.seconds};
    return SubTest{ending.kind == jobs::Ending::Kind::kExit ? read_verdict(json_file) : Verdict::kCrash,
                   ending.seconds};
  }

  // The harness writes this file when it ends in order; without it the program died. It names the sub-tests
  // that ran: the one that was asked for, or the one that conversions run in.
  static Verdict read_verdict(const fs::path& file) {
    const auto text = read_text_file(file);
    if (!text) return Verdict::kCrash;
    const auto whole = nlohmann::json::parse(*text, nullptr, false);
    if (!whole.is_object() || !whole.contains("results") || !whole["results"].is_object() ||
        whole["results"].empty())
      return Verdict::kCrash;
    bool skipped = true;
    for (const auto& result : whole["results"]) {
      if (result != "pass" && result != "skip") return Verdict::kFail;
      skipped = skipped && result == "skip";
    }
    return skipped ? Verdict::kSkip : Verdict::kPass;
  }

  void record(const Job& job, const SubTest& test) {
    std::lock_guard lock(mutex_);
    results_.suites[job.suite->name][job.sub_test] = test;
    if (progress_) progress_(fmt::format("{}/{}", job.suite->name, job.sub_test), test);
  }

  const Request& request_;
  const Progress& progress_;
  std::vector<std::pair<std::string, std::string>> environment_;
  std::mutex mutex_;  // guards results_
  Results results_;
};

}  // namespace

Result<Results> run_suites(const Request& request, const Progress& progress) {
  return Runner(request, progress).run();
}

}  // namespace kiesel::conformance
