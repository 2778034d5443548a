#include "tools/kiesel/capture.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <memory>

#include "evaluation/capture/reader.hpp"
#include "tools/kiesel/application.hpp"
#include "tools/kiesel/option_flags.hpp"
#include "tools/kiesel/refuse.hpp"

namespace kiesel::tools {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWithoutApplication = "name an application: -- ./app arguments";

int run(const OptionFlags& flags, const std::vector<std::string>& words) {
  if (words.empty()) return refuse("run", kWithoutApplication);
  flags.put_into_environment();
  if (auto found = use_this_driver(); !found) return refuse("run", found.error().reason);
  return refuse("run", become(words).reason);
}

std::shared_ptr<std::vector<std::string>> add_application(CLI::App& command) {
  auto words = std::make_shared<std::vector<std::string>>();
  command.add_option("application", *words, "the application and its arguments, after --");
  return words;
}

// ---- capture ----

struct Settings {
  OptionFlags flags;
  std::string output = "capture.kcap";
  bool without_source = false;
};

// Other processes of the application write to files with their numbers behind the name.
std::vector<fs::path> files_like(const fs::path& path) {
  std::vector<fs::path> found;
  std::error_code error;
  const std::string start = path.filename().string();
  for (const auto& entry : fs::directory_iterator(path.parent_path(), error)) {
    const std::string name = entry.path().filename().string();
    const bool numbered = name.size() > start.size() + 1 && name.starts_with(start + ".") &&
                          name.find_first_not_of("0123456789", start.size() + 1) == std::string::npos;
    if (name == start || numbered) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

void tell(const fs::path& path) {
  const auto reader = capture::Reader::open(path);
  if (!reader) return fmt::print(stderr, "kiesel capture: {}\n", reader.error().reason);
  const auto& summary = (*reader)->summary();
  fmt::print(stderr, "kiesel capture: {}: {} launches, {} bytes{}\n", path.string(), summary.launches,
             summary.file_bytes, summary.damage.empty() ? "" : "; " + summary.damage);
}

int capture(Settings& settings, const std::vector<std::string>& words) {
  if (words.empty()) return refuse("capture", kWithoutApplication);
  const fs::path path = fs::absolute(settings.output);
  for (const auto& old : files_like(path)) {
    if (std::error_code error; !fs::is_regular_file(old, error) || !fs::remove(old, error))
      return refuse("capture", fmt::format("{} is in the way", old.string()));
  }
  settings.flags.set("capture", path.string());
  if (settings.without_source) settings.flags.set("capture_source", "false");
  settings.flags.put_into_environment();
  if (auto found = use_this_driver(); !found) return refuse("capture", found.error().reason);
  const auto status = run_application(words);
  if (!status) return refuse("capture", status.error().reason);
  if (*status) fmt::print(stderr, "kiesel capture: the application ended with status {}\n", *status);
  const auto files = files_like(path);
  for (const auto& file : files) tell(file);
  if (files.empty())
    fmt::print(stderr,
               "kiesel capture: nothing was recorded: the application started no kernel that was "
               "asked for on this driver\n");
  return *status ? *status : files.empty() ? 1 : 0;
}

// ---- info ----

std::string sizes(const std::array<std::uint64_t, 3>& size) {
  return fmt::format("{}x{}x{}", size[0], size[1], size[2]);
}

std::uint64_t bytes_in(const capture::Reader& reader, const std::vector<capture::Change>& changes) {
  std::uint64_t bytes = 0;
  for (const auto& change : changes)
    for (const auto& block : change.blocks) bytes += reader.content_bytes(block.content).value_or(0);
  return bytes;
}

void print_summary(const capture::Reader& reader) {
  const auto& summary = reader.summary();
  const auto& devices = reader.devices();
  fmt::print("format          version {}, by Kiesel {}\n", capture::kVersion, devices.kiesel);
  for (const auto& device : devices.devices)
    fmt::print("recorded on     {}: {}\n", device.name, device.target);
  fmt::print("launches        {}\n", summary.launches);
  fmt::print("file            {} bytes\n", summary.file_bytes);
  fmt::print("contents        {}: {} bytes, {} compressed\n", summary.contents, summary.content_bytes,
             summary.packed_bytes);
  if (!summary.damage.empty()) fmt::print("the rest is not used: {}\n", summary.damage);
}

struct KernelTotals {
  std::uint64_t launches = 0, nanoseconds = 0, changed_bytes = 0;
};

int info(const std::string& path) {
  auto reader = capture::Reader::open(path);
  if (!reader) return refuse("capture info", reader.error().reason);
  print_summary(**reader);
  std::map<std::string, KernelTotals> kernels;
  fmt::print("\n{:>8}  {:<24}  {:>18}  {:>12}  {:>14}  {:>14}  {}\n", "launch", "kernel", "work-items",
             "work-group", "bytes new", "bytes changed", "outcome");
  for (;;) {
    auto step = (*reader)->next();
    if (!step) return refuse("capture info", step.error().reason);
    if (!*step) break;
    const auto& [launch, outcome] = **step;
    const std::uint64_t changed = outcome ? bytes_in(**reader, outcome->after) : 0;
    const auto& local = launch.region.local_size;
    fmt::print("{:>8}  {:<24}  {:>18}  {:>12}  {:>14}  {:>14}  {}\n", launch.number, launch.kernel,
               sizes(launch.region.global_size), sizes({local[0], local[1], local[2]}),
               bytes_in(**reader, launch.before), changed,
               !outcome                 ? "not recorded"
               : outcome->fault.empty() ? "well"
                                        : outcome->fault);
    auto& totals = kernels[launch.kernel];
    ++totals.launches;
    totals.nanoseconds += outcome ? outcome->nanoseconds : 0;
    totals.changed_bytes += changed;
  }
  fmt::print("\n{:>8}  {:<24}  {:>14}  {:>14}\n", "launches", "kernel", "ms", "bytes changed");
  for (const auto& [name, totals] : kernels)
    fmt::print("{:>8}  {:<24}  {:>14.3f}  {:>14}\n", totals.launches, name,
               static_cast<double>(totals.nanoseconds) / 1e6, totals.changed_bytes);
  return (*reader)->summary().damage.empty() || (*reader)->summary().ends_early ? 0 : 2;
}

}  // namespace

void add_run(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("run", "run an application on this driver, with any option as a flag");
  auto flags = std::make_shared<OptionFlags>();
  flags->add_general(*command);
  auto words = add_application(*command);
  command->footer("Exit status: the application's.");
  command->callback([=, &exit_code] { exit_code = run(*flags, *words); });
}

void add_capture(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "capture", "record the kernel launches of an application; capture info FILE shows a record");
  auto settings = std::make_shared<Settings>();
  command->add_option("-o,--output", settings->output, "the file to write")->capture_default_str();
  for (const auto& [option, flag] : {std::pair("capture_kernels", "--kernels"),
                                     {"capture_first", "--first"},
                                     {"capture_last", "--last"},
                                     {"capture_every", "--every"},
                                     {"capture_mib", "--mib"}})
    settings->flags.add(*command, option, flag);
  command->add_flag("--without-source", settings->without_source,
                    "leave out SPIR-V, source and debug information: only devices of the same target can "
                    "replay it");
  settings->flags.add_general(*command);
  auto words = add_application(*command);
  command->footer(
      "Exit status: the application's; 1 when that is 0 and nothing was recorded, 2 could not run.");
  auto* show = command->add_subcommand("info", "show what a capture holds");
  auto path = std::make_shared<std::string>();
  show->add_option("file", *path, "a capture")->required();
  command->callback(
      [=, &exit_code] { exit_code = show->parsed() ? info(*path) : capture(*settings, *words); });
}

}  // namespace kiesel::tools
