#include "tools/kiesel/profile.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <memory>
#include <thread>

#include "compiler/client/client.hpp"
#include "evaluation/capture/filter.hpp"
#include "evaluation/capture/replay.hpp"
#include "evaluation/profile/compare.hpp"
#include "evaluation/profile/profiler.hpp"
#include "evaluation/profile/report.hpp"
#include "evaluation/program_base.hpp"
#include "support/config.hpp"
#include "support/file.hpp"
#include "tools/kiesel/application.hpp"
#include "tools/kiesel/option_flags.hpp"
#include "tools/kiesel/progress.hpp"
#include "tools/kiesel/refuse.hpp"
#include "tools/kiesel/replay.hpp"

namespace kiesel::tools {
namespace {

namespace fs = std::filesystem;

struct Settings {
  OptionFlags flags;
  std::string output = "report";
  bool without_lines = false;
  std::vector<std::string> words;
};

// ---- the data's folder ----

// Of an earlier profile, only what a profile writes is taken away.
Result<fs::path> empty_data_folder(const fs::path& report) {
  const fs::path folder = report / "data";
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return Error{Errc::kIo, fmt::format("cannot make {}: {}", folder.string(), error.message())};
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const auto suffix = entry.path().extension();
    if (suffix == profile::kLogSuffix || suffix == profile::kProgramSuffix) fs::remove(entry.path(), error);
  }
  return folder;
}

// Names that a log has are not made paths of unless their files were found.
profile::Lister lister_for(const fs::path& folder, const profile::Data& data) {
  return [folder, &data](const std::string& program) -> Result<profile::Listing> {
    if (!data.programs.contains(program)) return Error{Errc::kNotFound, "its file is missing or damaged"};
    const auto file = folder / (program + std::string(profile::kProgramSuffix));
    const auto text = output_of({compiler::find_compiler(), "disasm", "--json", file.string()});
    if (!text) return text.error();
    return profile::parse_listing(*text);
  };
}

std::uint64_t launches_in(const profile::Data& data) {
  std::uint64_t launches = 0;
  for (const auto& process : data.processes)
    for (const auto& [key, kernel] : process.kernels) launches += kernel.launches;
  return launches;
}

// Exit status: `status`, or 1 where that is 0 and there is nothing to show.
int report(const Settings& settings, const fs::path& data_folder, const Result<profile::Data>& data,
           profile::ReportSettings about, int status) {
  if (!data) return refuse("profile", data.error().reason);
  about.kiesel = KIESEL_VERSION;
  about.machines = profile::machines_of(config().device);
  const fs::path folder = fs::absolute(settings.output);
  if (auto written = profile::write_report(*data, about, lister_for(data_folder, *data), folder); !written)
    return refuse("profile", written.error().reason);
  const std::uint64_t launches = launches_in(*data);
  fmt::print(stderr, "kiesel profile: {} launches; {}\n", launches, (folder / "report.html").string());
  for (const auto& note : about.notes) fmt::print(stderr, "kiesel profile: {}\n", note);
  return status ? status : launches ? 0 : 1;
}

// ---- of an application ----

std::uintmax_t bytes_in(const fs::path& folder) {
  std::uintmax_t bytes = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == profile::kLogSuffix) bytes += entry.file_size(error);
  return bytes;
}

int profile_application(Settings& settings, const fs::path& folder) {
  settings.flags.set("profile", folder.string());
  if (!settings.without_lines) settings.flags.set_if_missing("build_options", "-g");
  settings.flags.put_into_environment();
  if (auto found = use_this_driver(); !found) return refuse("profile", found.error().reason);
  Result<int> status = 0;
  {
    Progress progress("kiesel profile");
    std::jthread watch([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        progress.show(bytes_in(folder) >> 10, 0, "KiB of counts");
      }
    });
    status = run_application(settings.words);
  }
  if (!status) return refuse("profile", status.error().reason);
  profile::ReportSettings about;
  about.subject = fmt::format("{}", fmt::join(settings.words, " "));
  if (*status)
    about.notes.push_back(
        *status > 128 ? fmt::format("signal {} ended the application: its profile goes as far as it came",
                                    *status - 128)
                      : fmt::format("the application ended with status {}", *status));
  const auto data = profile::read_folder(folder, KIESEL_VERSION);
  if (data && data->processes.empty())
    about.notes.emplace_back(
        "the application did not open this driver: it uses another platform, or no OpenCL");
  return report(settings, folder, data, std::move(about), *status);
}

// ---- of a capture ----

std::atomic<bool> interrupted{false};

// The first Ctrl-C ends it after the launch that runs, the second one at once.
void end_when_interrupted() {
  for (const int number : {SIGINT, SIGTERM})
    std::signal(number, [](int signal) {
      interrupted = true;
      std::signal(signal, SIG_DFL);
    });
}

// Adds a replay's launches to a collector.
class Watcher {
 public:
  Watcher(const device::Device& device, profile::Collector& collector)
      : device_(device), collector_(collector) {}

  void operator()(const device::Launch& launch, const capture::LoadedProgram& program,
                  const device::Completion& completion) {
    const Program& known = program_of(program);
    auto note = profile::note_of(launch, {0, known.name, std::string(launch.kernel)}, collector_);
    note.times.submitted = completion.start_ns;
    profile::add_ended(collector_, note, known.base, completion);
  }

 private:
  struct Program {
    std::string name;
    std::optional<device::Address> base;
  };
  const Program& program_of(const capture::LoadedProgram& program) {
    const auto [found, is_new] = programs_.try_emplace(program.module);
    if (!is_new) return found->second;
    found->second.name = collector_.add_program(program.elf);
    if (const auto view = ElfView::parse(program.elf))
      if (const auto base = program_base(device_, program.module, *view)) found->second.base = *base;
    return found->second;
  }
  const device::Device& device_;
  profile::Collector& collector_;
  std::map<device::ModuleId, Program> programs_;
};

struct Outcome {
  std::uint64_t differ = 0, refused = 0;
};

Result<Outcome> replay_all(capture::Reader& reader, device::Device& device, profile::Collector& collector,
                           compiler::Client& compiler) {
  Outcome outcome;
  Progress progress("kiesel profile");
  capture::Filter filter(config());
  capture::Replay replay(reader, device, compiler);
  replay.watch([watcher = std::make_shared<Watcher>(device, collector)](const auto&... event) {
    (*watcher)(event...);
  });
  for (std::uint64_t done = 0; !interrupted; ++done) {
    progress.show(done, reader.summary().launches, "launches");
    auto step = reader.next();
    if (!step) return step.error();
    if (!*step) break;
    const auto& launch = (*step)->launch;
    if (!filter.wants(launch.number, launch.kernel)) {
      if (auto passed = replay.pass(**step); !passed) return passed.error();
      continue;
    }
    const auto verdict = replay.run(**step);
    if (!verdict) return verdict.error();
    outcome.differ += verdict->kind == capture::Verdict::Kind::kDiffers;
    outcome.refused += verdict->kind == capture::Verdict::Kind::kRefused;
  }
  return outcome;
}

int profile_capture(Settings& settings, const fs::path& folder) {
  settings.flags.put_into_environment();
  auto reader = capture::Reader::open(settings.words.front());
  if (!reader) return refuse("profile", reader.error().reason);
  const auto compiler = std::make_shared<compiler::Client>(compiler::find_compiler());
  const auto device = open_replay_device(compiler, **reader);
  if (!device) return refuse("profile", device.error().reason);
  profile::ProcessNote note;
  note.kiesel = KIESEL_VERSION;
  note.command = settings.words.front();
  note.engine = config().engine;
  note.devices.push_back(profile::note_of((*device)->description()));
  profile::Collector collector(folder, std::move(note));
  end_when_interrupted();
  const auto outcome = replay_all(**reader, **device, collector, *compiler);
  collector.finish();
  profile::ReportSettings about;
  about.subject = settings.words.front();
  if (!outcome) about.notes.push_back(outcome.error().reason);
  if (interrupted) about.notes.emplace_back("it was interrupted: launches behind that are missing");
  if (outcome && outcome->differ)
    about.notes.push_back(fmt::format("{} launches did not end as they were recorded", outcome->differ));
  if (outcome && outcome->refused)
    about.notes.push_back(fmt::format("{} launches could not run here", outcome->refused));
  for (const auto& recorded : (*reader)->devices().devices)
    about.notes.push_back(
        fmt::format("recorded on {}: the application may have chosen sizes by that", recorded.name));
  const auto data = profile::read_folder(folder, KIESEL_VERSION);
  return report(settings, folder, data, std::move(about), outcome ? 0 : 2);
}

int run(Settings& settings) {
  if (settings.words.empty())
    return refuse("profile", "name a capture, or an application: -- ./app arguments");
  const auto folder = empty_data_folder(fs::absolute(settings.output));
  if (!folder) return refuse("profile", folder.error().reason);
  return is_capture(settings.words.front()) ? profile_capture(settings, *folder)
                                            : profile_application(settings, *folder);
}

// ---- compare ----

struct CompareSettings {
  std::vector<std::string> profiles;
  std::string output;
  std::size_t rows = 30;
};

int compare(const CompareSettings& settings) {
  std::vector<std::pair<std::string, nlohmann::ordered_json>> profiles;
  for (const auto& path : settings.profiles) {
    auto profile = profile::read_profile(path);
    if (!profile) return refuse("compare", profile.error().reason);
    profiles.emplace_back(path, std::move(*profile));
  }
  const auto comparison = profile::compare(profiles);
  fmt::print("{}", profile::comparison_text(comparison, settings.rows));
  if (settings.output.empty()) return 0;
  if (auto written = write_file_atomically(settings.output, profile::comparison_page(comparison)); !written)
    return refuse("compare", written.error().reason);
  return 0;
}

}  // namespace

void add_profile(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "profile", "count what an application's kernels, or those of a capture, execute, and write a report");
  auto settings = std::make_shared<Settings>();
  command->add_option("-o,--output", settings->output, "folder of the report")->capture_default_str();
  settings->flags.add(*command, "device", "--design");
  command->add_flag("--without-lines", settings->without_lines,
                    "do not add -g to the application's builds: no source lines in the report");
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
      "Exit status: the application's; 1 when that is 0 and there was no launch, 2 could not run.");
  command->callback([settings, &exit_code] { exit_code = run(*settings); });
}

void add_compare(CLI::App& app, int& exit_code) {
  auto* command =
      app.add_subcommand("compare", "show what differs between profiles, against the first one, most first");
  auto settings = std::make_shared<CompareSettings>();
  command->add_option("profiles", settings->profiles, "folders that kiesel profile made")
      ->required()
      ->expected(2, -1);
  command->add_option("-o,--output", settings->output, "write it as a page, too");
  command->add_option("--rows", settings->rows, "differences to print")->capture_default_str();
  command->callback([settings, &exit_code] { exit_code = compare(*settings); });
}

}  // namespace kiesel::tools
