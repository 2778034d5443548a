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

struct Options {
  std::string cts, driver, device, expectations, other, output = "conformance-results";
  std::vector<std::string> names, checkouts;
  bool quick = false, full = false, applications = false;
  unsigned jobs = std::max(std::thread::hardware_concurrency(), 1U);
};

// The quick tier runs on the shape whose small limits make tests that grow with them affordable.
std::string device_of(const Options& options) {
  return !options.device.empty() ? options.device : options.full ? "kiesel" : "kiesel-small";
}

// A device's own file, or that of the built-in shapes.
std::optional<fs::path> expectations_file(const Options& options) {
  if (!options.expectations.empty()) return options.expectations;
  for (const auto& name :
       {fs::path(device_of(options)).stem().string() + ".json", std::string("kiesel.json")})
    if (auto found = first_of({fs::path("../../conformance/expectations") / name,
                               fs::path("../share/kiesel/expectations") / name,
                               fs::path(KIESEL_DATADIR "/expectations") / name,
                               fs::path("/usr/share/kiesel/expectations") / name}))
      return found;
  return {};
}

Result<Expectations> load_expectations(const Options& options) {
  const auto found = expectations_file(options);
  if (!found) {
    fmt::print(stderr,
               "kiesel conformance: no expectations for the device '{}' beside this program or in {}: every "
               "sub-test "
               "has to pass (--expectations names a file)\n",
               device_of(options), KIESEL_DATADIR);
    return Expectations();
  }
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
    const auto text = read_text_file(options.other);
    if (!text) return refuse("conformance", text.error().reason);
    auto parsed = results_from_json(*text);
    if (!parsed) return refuse("conformance", options.other + ": " + parsed.error().reason);
    other = std::move(*parsed);
  }

  const fs::path folder = fs::absolute(options.output);
  const auto progress = [&](const std::string& name, const SubTest& test) {
    fmt::print("{:8} {:8.2f} s  {}\n", to_string(test.verdict), test.seconds, name);
    std::fflush(stdout);
  };
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, [](int) { jobs::stop_running(); });
  const auto results = run_suites(
      {options.cts, *driver, device_of(options), options.full, options.names, options.jobs, folder},
      progress);
  if (!results) return refuse("conformance", results.error().reason), fmt::print(stderr, "{}", kHowToGet), 2;
  const auto* beside_it = other ? &*other : nullptr;
  for (const auto& [name, text] : {std::pair("results.json", to_json(*results)),
                                   std::pair("results.html", html_page(*results, *expectations, beside_it)),
                                   std::pair("results.md", markdown_table(*results, beside_it))})
    if (const auto written = write_file_atomically(folder / name, text); !written)
      return refuse("conformance", written.error().reason);
  fmt::print("\n{}\n", markdown_table(*results, beside_it));
  fmt::print("{:.0f} s; results.json, results.html, results.md and each sub-test's output are in {}\n",
             results.value().seconds, folder.string());
  const int verdict = judge(*results, *expectations);
  return jobs::stopped() ? refuse("conformance", "stopped before the end") : verdict;
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
  command->add_flag("--full", options->full, "all sub-tests at full size")->excludes(quick);
  command->add_option("names", options->names,
                      "suites (basic) or sub-tests (basic/host*); all when there is none");
  command->add_option("--driver", options->driver,
                      "the ICD library to test; this installation's when not given");
  command->add_option(
      "--device", options->device,
      "configuration of the device model; kiesel-small for --quick, kiesel for --full when not given");
  command->add_option("--expectations", options->expectations,
                      "JSON file of what does not pass; this installation's for the device when not given");
  command->add_option("--beside", options->other, "results.json of another driver, shown beside");
  command->add_option("--jobs", options->jobs, "sub-tests at a time");
  command->add_option("--output", options->output, "folder for results and outputs");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace kiesel::tools
