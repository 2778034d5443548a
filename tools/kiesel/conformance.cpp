#include "tools/kiesel/conformance.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <thread>

#include "conformance/cts/page.hpp"
#include "conformance/cts/runner.hpp"
#include "evaluation/jobs/process.hpp"
#include "support/file.hpp"
#include "tools/kiesel/installation.hpp"
#include "tools/kiesel/refuse.hpp"
#include "tools/kiesel/submission.hpp"

namespace kiesel::tools {
namespace {

namespace fs = std::filesystem;
using namespace kiesel::conformance;

constexpr const char* kHowToGet =
    "The OpenCL-CTS is the Khronos Group's conformance suite: its repository is KhronosGroup/OpenCL-CTS on "
    "GitHub\n"
    "(results in docs/conformance.md are of commit b8f8906c, August 2026). Build it as its README says, "
    "then:\n"
    "    kiesel conformance --cts <its build folder> --quick\n";
constexpr const char* kList = "opencl_conformance_tests_full.csv";
constexpr unsigned kSecondsOfOne = 8 * 60 * 60;

struct Options {
  std::string cts, driver, device, expectations, other, output = "conformance-results";
  std::vector<std::string> names, checkouts;
  bool quick = false, submission = false, applications = false;
  std::string list = kList, shard = "1/1", measured;
  unsigned limit = kSecondsOfOne;
  unsigned jobs = std::max(std::thread::hardware_concurrency(), 1U);
};

// The quick tier runs on the shape whose small limits make tests that grow with them affordable.
std::string device_of(const Options& options) {
  return !options.device.empty() ? options.device : options.submission ? "kiesel" : "kiesel-small";
}

// A device's own file, or none: that of the built-in shapes is part of this program.
std::optional<fs::path> expectations_file(const Options& options) {
  if (!options.expectations.empty()) return options.expectations;
  const auto name = fs::path(device_of(options)).stem().string() + ".json";
  return first_of(
      {fs::path("../../conformance/expectations") / name, fs::path("../share/kiesel/expectations") / name,
       fs::path(KIESEL_DATADIR "/expectations") / name, fs::path("/usr/share/kiesel/expectations") / name});
}

Result<Expectations> load_expectations(const Options& options) {
  const auto found = expectations_file(options);
  if (!found) return Expectations::parse(built_in_expectations());
  const auto text = read_text_file(*found);
  if (!text) return text.error();
  auto rows = Expectations::parse(*text);
  if (!rows) return Error{Errc::kInvalidArgument, found->string() + ": " + rows.error().reason};
  return rows;
}

int judge(const Results& results, const Expectations& expectations) {
  const auto list = surprises(results, expectations);
  for (const auto& [name, expected, found] : list)
    fmt::print("{}: {}, expected {}\n", name, to_string(found), to_string(expected));
  if (list.empty()) fmt::print("all results are as expected\n");
  return list.empty() ? 0 : 1;
}

// The applications' script replaces this process: it prints the table and ends with the result.
int run_applications(const Options& options) {
  const auto script = first_of({"../../conformance/applications/run_applications.py"});
  if (!script)
    return refuse(
        "conformance",
        "the applications' scripts are in the source tree; this program is not in its build folder");
  const std::string build = program_folder().parent_path();
  std::vector<const char*> arguments{script->c_str(), "--build", build.c_str()};
  if (options.names.empty()) arguments.push_back("--all");
  for (const auto& checkout : options.checkouts)
    arguments.insert(arguments.end(), {"--checkout", checkout.c_str()});
  for (const auto& name : options.names) arguments.push_back(name.c_str());
  arguments.push_back(nullptr);
  ::execv(script->c_str(), const_cast<char* const*>(arguments.data()));
  return refuse("conformance", fmt::format("cannot start '{}': {}", script->string(), std::strerror(errno)));
}

Result<Results> read_results(const fs::path& file) {
  const auto text = read_text_file(file);
  if (!text) return text.error();
  auto results = results_from_json(*text);
  if (!results) return Error{Errc::kInvalidArgument, file.string() + ": " + results.error().reason};
  return results;
}

// "2/8".
std::optional<Shard> shard_of(const std::string& text) {
  Shard shard;
  char rest = 0;
  if (std::sscanf(text.c_str(), "%u/%u%c", &shard.index, &shard.count, &rest) != 2) return {};
  return shard.index >= 1 && shard.index <= shard.count ? std::optional(shard) : std::nullopt;
}

std::string results_name(const Shard& shard) {
  return shard.count == 1 ? "results.json" : fmt::format("results.{}-of-{}.json", shard.index, shard.count);
}

// Where the suite's build has copied it to, or a file.
std::optional<fs::path> find_list(const Options& options) {
  std::error_code error;
  if (fs::is_regular_file(options.list, error)) return fs::absolute(options.list);
  for (const auto& entry :
       fs::recursive_directory_iterator(options.cts, fs::directory_options::skip_permission_denied, error))
    if (entry.path().filename() == options.list) return fs::absolute(entry.path());
  return {};
}

// What a submission needs besides the request: results that earlier runs and other parts left in the folder.
struct Earlier {
  Results all;
  std::optional<Results> measured;
};

Result<Earlier> find_earlier(const Options& options, const fs::path& folder, const Results& current) {
  Earlier earlier;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with("results.") || !name.ends_with(".json")) continue;
    auto part = read_results(entry.path());
    if (!part) return part.error();
    if (part->version != current.version || part->device != current.device || part->tier != current.tier)
      return Error{Errc::kInvalidArgument,
                   fmt::format("{} is of another driver, device or list: --output names another folder",
                               entry.path().string())};
    if (name != "results.json") part->seconds = 0;  // the whole has them, or will not be there
    merge(earlier.all, *part);
  }
  if (options.measured.empty()) return earlier;
  auto measured = read_results(options.measured);
  if (!measured) return measured.error();
  earlier.measured = std::move(*measured);
  return earlier;
}

Status write_pages(const fs::path& folder, const std::string& file, const Results& results,
                   const Expectations& expectations, const Results* other) {
  for (const auto& [name, text] : {std::pair(file, to_json(results)),
                                   {"results.html", html_page(results, expectations, other)},
                                   {"results.md", markdown_table(results, other)}})
    if (auto written = write_file_atomically(folder / name, text); !written) return written.error();
  return {};
}

struct Run {
  const Options& options;
  fs::path driver, folder;
  const Expectations& expectations;
  const Results* other;

  Request request() const {
    return {options.cts, driver, device_of(options), options.names, options.jobs, folder, {}, {}, {}, {}, {}};
  }
};

void tell(const std::string& name, const SubTest& test) {
  fmt::print("{:8} {:8.2f} s  {}\n", to_string(test.verdict), test.seconds, name);
  std::fflush(stdout);
}

int end(const Run& run, const Results& results) {
  fmt::print("\n{}\n", markdown_table(results, run.other));
  fmt::print("{:.0f} s; results.json, results.html, results.md and each sub-test's output are in {}\n",
             results.seconds, run.folder.string());
  const int verdict = judge(results, run.expectations);
  return jobs::stopped() ? refuse("conformance", "stopped before the end") : verdict;
}

int run_quick(const Run& run) {
  const auto results = run_suites(
      run.request(), [](const auto& name, const SubTest& test, const Results&) { tell(name, test); });
  if (!results) return refuse("conformance", results.error().reason), fmt::print(stderr, "{}", kHowToGet), 2;
  if (const auto written = write_pages(run.folder, "results.json", *results, run.expectations, run.other);
      !written)
    return refuse("conformance", written.error().reason);
  return end(run, *results);
}

// What is there after each sub-test is what the next run begins with.
int run_submission(const Run& run) {
  const auto shard = shard_of(run.options.shard);
  if (!shard) return refuse("conformance", "--shard wants a part and how many there are, as 2/8");
  const auto list = find_list(run.options);
  if (!list)
    return refuse("conformance",
                  fmt::format("there is no list '{}' below '{}'", run.options.list, run.options.cts));
  const auto version = version_of(run.driver);
  const auto current =
      Results{device_of(run.options), run.driver.string(), list->filename().string(), 0, {}, version, {}, {}};
  auto earlier = find_earlier(run.options, run.folder, current);
  if (!earlier) return refuse("conformance", earlier.error().reason);
  auto request = run.request();
  request.list = *list;
  request.limit = std::chrono::seconds(run.options.limit);
  request.shard = *shard;
  request.done = &earlier->all;
  request.measured = earlier->measured ? &*earlier->measured : nullptr;
  const auto own = run.folder / results_name(*shard);
  const auto results = run_suites(request, [&](const auto& name, const SubTest& test, const Results& so_far) {
    tell(name, test);
    auto kept = so_far;
    kept.version = version;
    static_cast<void>(write_file_atomically(own, to_json(kept)));
  });
  if (!results) return refuse("conformance", results.error().reason), fmt::print(stderr, "{}", kHowToGet), 2;
  auto whole = *results;
  whole.version = version;
  merge(whole, earlier->all);
  if (auto written = write_pages(run.folder, "results.json", whole, run.expectations, run.other); !written)
    return refuse("conformance", written.error().reason);
  if (auto written = write_package({run.folder, run.options.cts, *list, version}, whole); !written)
    return refuse("conformance", written.error().reason);
  return end(run, whole);
}

int run(const Options& options) {
  if (options.applications) return run_applications(options);
  if (options.cts.empty()) return fmt::print(stderr, "{}", kHowToGet), 2;
  const auto driver = !options.driver.empty() ? std::optional<fs::path>(options.driver) : driver_library();
  if (!driver || !fs::exists(*driver))
    return refuse("conformance", "no driver: name its library with --driver");
  const auto expectations = load_expectations(options);
  if (!expectations) return refuse("conformance", expectations.error().reason);
  std::optional<Results> other;
  if (!options.other.empty()) {
    auto read = read_results(options.other);
    if (!read) return refuse("conformance", read.error().reason);
    other = std::move(*read);
  }
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, [](int) { jobs::stop_running(); });
  const Run one{options, *driver, fs::absolute(options.output), *expectations, other ? &*other : nullptr};
  return options.submission ? run_submission(one) : run_quick(one);
}

}  // namespace

void add_conformance(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  auto* command =
      app.add_subcommand("conformance", "run the Khronos OpenCL-CTS or applications on this driver");
  command->add_option("--cts", options->cts, "a build of the OpenCL-CTS");
  command->add_flag("--apps", options->applications,
                    "the applications that are installed (names: some of them)");
  command
      ->add_option(
          "--checkout", options->checkouts,
          "for --apps, NAME=FOLDER: programs that were built from their own sources, as vortex=tests/opencl")
      ->allow_extra_args(false);
  auto* quick = command->add_flag("--quick", options->quick, "reduced work: the default");
  command
      ->add_flag("--submission,--full", options->submission,
                 "what the suite's list names, as it is; goes on where an earlier run ended")
      ->excludes(quick);
  command->add_option("--list", options->list, "the list: its name below the build, or a file");
  command->add_option("--shard", options->shard, "I/N: the part I of N parts of the list");
  command->add_option("--measured", options->measured,
                      "results.json whose seconds make the parts of --shard equal");
  command->add_option("--limit", options->limit, "seconds for one sub-test of the list");
  command->add_option("names", options->names,
                      "suites (basic) or sub-tests (basic/host*); all when there is none");
  command->add_option("--driver", options->driver,
                      "the ICD library to test; this installation's when not given");
  command->add_option(
      "--device", options->device,
      "configuration of the device model; kiesel-small for --quick, kiesel for --submission when not given");
  command->add_option("--expectations", options->expectations,
                      "JSON file of what does not pass; the device's when not given");
  command->add_option("--beside", options->other, "results.json of another driver, shown beside");
  command->add_option("--jobs", options->jobs, "sub-tests at a time");
  command->add_option("--output", options->output, "folder for results and outputs");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace kiesel::tools
