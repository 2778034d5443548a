#include "tools/kiesel/check.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <memory>

#include "compiler/client/client.hpp"
#include "evaluation/capture/filter.hpp"
#include "evaluation/check/captured.hpp"
#include "evaluation/check/report.hpp"
#include "support/config.hpp"
#include "support/file.hpp"
#include "tools/kiesel/application.hpp"
#include "tools/kiesel/option_flags.hpp"
#include "tools/kiesel/refuse.hpp"
#include "tools/kiesel/replay.hpp"

namespace kiesel::tools {
namespace {

namespace fs = std::filesystem;

struct Settings {
  OptionFlags flags;
  std::string tools = "all", format = "text", output, suppressions;
  std::size_t most = 100;
  bool without_lines = false;
  std::vector<std::string> words;
};

// A folder that is gone with this.
class DataFolder {
 public:
  static Result<std::unique_ptr<DataFolder>> make() {
    std::error_code error;
    std::string name = (fs::temp_directory_path(error) / "kiesel-check-XXXXXX").string();
    if (error || !::mkdtemp(name.data())) return Error{Errc::kIo, "cannot make a temporary folder"};
    return std::unique_ptr<DataFolder>(new DataFolder(name));
  }
  ~DataFolder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  const fs::path& path() const { return path_; }

 private:
  explicit DataFolder(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

// Names that a log has are not made paths of unless they are names of programs.
bool is_program(const std::string& name) {
  return name.size() == 32 && name.find_first_not_of("0123456789abcdef") == name.npos;
}

profile::Lister lister_for(const fs::path& folder) {
  return [folder](const std::string& program) -> Result<profile::Listing> {
    if (!is_program(program)) return Error{Errc::kNotFound, "no program"};
    const auto text =
        output_of({compiler::find_compiler(), "disasm", "--json", (folder / (program + ".elf")).string()});
    if (!text) return text.error();
    return profile::parse_listing(*text);
  };
}

Result<check::Suppressions> suppressions_of(const Settings& settings) {
  if (settings.suppressions.empty()) return check::Suppressions();
  const auto text = read_text_file(settings.suppressions);
  if (!text) return text.error();
  auto parsed = check::Suppressions::parse(*text);
  if (!parsed)
    return Error{Errc::kInvalidArgument, fmt::format("{}: {}", settings.suppressions, parsed.error().reason)};
  return parsed;
}

Status write(const Settings& settings, const check::Data& data) {
  const std::string text = settings.format == "json"    ? check::to_json_text(data, settings.most)
                           : settings.format == "sarif" ? check::to_sarif(data, settings.most, KIESEL_VERSION)
                                                        : check::to_text(data, settings.most);
  if (!settings.output.empty()) return write_file_atomically(settings.output, text);
  fmt::print(settings.format == "text" ? stderr : stdout, "{}", text);
  return {};
}

int report(const Settings& settings, const fs::path& folder, const check::Suppressions& suppressions) {
  auto data = check::read_folder(folder);
  if (!data) return refuse("check", data.error().reason);
  check::locate(*data, lister_for(folder));
  check::suppress(*data, suppressions);
  if (auto written = write(settings, *data); !written) return refuse("check", written.error().reason);
  if (!data->findings.empty()) return 1;
  if (!data->launches)
    return refuse("check", "no kernel was checked: the application uses another platform, or none");
  return 0;
}

int check_application(Settings& settings, const fs::path& folder, const check::Suppressions& suppressions) {
  settings.flags.set("checks", settings.tools);
  settings.flags.set("check_data", folder.string());
  settings.flags.put_into_environment();
  if (!settings.without_lines)  // besides those of flags, the environment and the configuration file
    ::setenv(environment_name("build_options").c_str(),
             (config().build_options + " -g -kiesel-notes").c_str(), 1);
  if (auto found = use_this_driver(); !found) return refuse("check", found.error().reason);
  const auto status = run_application(settings.words);
  if (!status) return refuse("check", status.error().reason);
  if (*status > 128)
    fmt::print(stderr, "kiesel check: signal {} ended the application: these are the findings so far\n",
               *status - 128);
  else if (*status)
    fmt::print(stderr, "kiesel check: the application ended with status {}\n", *status);
  return report(settings, folder, suppressions);
}

// Launches that the flags leave out only change what memory should be.
Status check_launches(capture::Reader& reader, device::Device& device, compiler::Client& compiler,
                      const check::Tools& tools, const std::shared_ptr<check::Collector>& collector) {
  check::CapturedChecks checks(device, tools, collector);
  capture::Filter filter(config());
  capture::Replay replay(reader, device, compiler);
  replay.follow([&](const auto&... of) { return checks.begin(of...); });
  replay.watch(
      [&](const auto&, const auto&, const device::Completion& completion) { checks.end(completion.status); });
  for (;;) {
    auto step = reader.next();
    if (!step) return step.error();
    if (!*step) return {};
    const auto& launch = (*step)->launch;
    if (!filter.wants(launch.number, launch.kernel)) {
      if (auto passed = replay.pass(**step); !passed) return passed.error();
      continue;
    }
    const auto verdict = replay.run(**step);
    if (!verdict) return verdict.error();
    if (verdict->kind == capture::Verdict::Kind::kRefused)
      collector->note(fmt::format("launch {} of '{}': {}", launch.number, launch.kernel, verdict->reason));
  }
}

int check_capture(Settings& settings, const fs::path& folder, const check::Suppressions& suppressions) {
  settings.flags.put_into_environment();
  auto reader = capture::Reader::open(settings.words.front());
  if (!reader) return refuse("check", reader.error().reason);
  const auto compiler = std::make_shared<compiler::Client>(compiler::find_compiler());
  const auto device = open_replay_device(compiler, **reader);
  if (!device) return refuse("check", device.error().reason);
  const auto tools = check::Tools::parse(settings.tools);
  const auto collector = std::make_shared<check::Collector>(folder, settings.words.front());
  const auto done = check_launches(**reader, **device, *compiler, *tools, collector);
  if (!done) collector->note(done.error().reason);
  const auto& summary = (*reader)->summary();
  if (!summary.damage.empty()) collector->note("what follows in the capture: " + summary.damage);
  collector->finish();
  const int status = report(settings, folder, suppressions);
  return done && (summary.damage.empty() || summary.ends_early) ? status : 2;
}

int run(Settings& settings) {
  if (settings.words.empty()) return refuse("check", "name a capture, or an application: -- ./app arguments");
  if (const auto tools = check::Tools::parse(settings.tools); !tools)
    return refuse("check", tools.error().reason);
  const auto suppressions = suppressions_of(settings);
  if (!suppressions) return refuse("check", suppressions.error().reason);
  const auto folder = DataFolder::make();
  if (!folder) return refuse("check", folder.error().reason);
  return is_capture(settings.words.front()) ? check_capture(settings, (*folder)->path(), *suppressions)
                                            : check_application(settings, (*folder)->path(), *suppressions);
}

}  // namespace

void add_check(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "check", "run an application and say what its kernels do wrong with memory and with each other");
  auto settings = std::make_shared<Settings>();
  command
      ->add_option(
          "--tools", settings->tools,
          "memory, races, initialisation, synchronisation, leaks, separated by commas; all is all but leaks")
      ->capture_default_str();
  command->add_option("--format", settings->format, "text, json, or sarif")
      ->check(CLI::IsMember({"text", "json", "sarif"}))
      ->capture_default_str();
  command->add_option("-o,--output", settings->output, "write the report to this file");
  command->add_option("--max", settings->most, "findings to show")->capture_default_str();
  command->add_option("--suppressions", settings->suppressions, "file of findings that are not wanted");
  command->add_flag(
      "--without-lines", settings->without_lines,
      "leave the application's builds as they are: no source lines, and less is known of atomics");
  for (const auto& [option, flag] : {std::pair("capture_kernels", "--kernels"),
                                     {"capture_first", "--first"},
                                     {"capture_last", "--last"},
                                     {"capture_every", "--every"}})
    settings->flags.add(*command, option, flag);
  settings->flags.add_general(*command);
  command->add_option("subject", settings->words,
                      "a capture, or behind -- an application with its arguments");
  command->footer(
      "Flags that choose launches are for captures.\n"
      "Exit status: 0 nothing was found, 1 something was found, 2 could not run.");
  command->callback([settings, &exit_code] { exit_code = run(*settings); });
}

}  // namespace kiesel::tools
