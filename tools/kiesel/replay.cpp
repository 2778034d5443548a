#include "tools/kiesel/replay.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <memory>

#include "device/registry.hpp"
#include "evaluation/capture/counts.hpp"
#include "evaluation/capture/filter.hpp"
#include "evaluation/capture/replay.hpp"
#include "support/config.hpp"
#include "support/file.hpp"
#include "tools/kiesel/installation.hpp"
#include "tools/kiesel/option_flags.hpp"
#include "tools/kiesel/refuse.hpp"

namespace kiesel::tools {
namespace {

using capture::Verdict;

struct Settings {
  OptionFlags flags;
  std::string file, counts;
  bool verbose = false;
};

std::string hexadecimal(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += fmt::format("{}{:02x}", text.empty() ? "" : " ", byte);
  return text;
}

void print_difference(const capture::Difference& difference) {
  fmt::print("    {}: {} of {} bytes differ, the first at byte {}: recorded {}, here {}\n",
             difference.label.empty() ? "an unnamed allocation" : difference.label, difference.count,
             difference.bytes, difference.first, hexadecimal(difference.recorded),
             hexadecimal(difference.here));
}

constexpr const char* kWords[] = {"same", "differs", "no outcome was recorded", "could not run"};

void print_verdict(const capture::Launch& launch, const Verdict& verdict) {
  fmt::print("launch {} {}: {}{}\n", launch.number, launch.kernel, kWords[static_cast<int>(verdict.kind)],
             verdict.reason.empty() ? "" : ": " + verdict.reason);
  for (const auto& difference : verdict.differences) print_difference(difference);
  std::fflush(stdout);
}

struct Counts {
  std::uint64_t of[4]{};
  std::uint64_t nanoseconds = 0;

  std::uint64_t get(Verdict::Kind kind) const { return of[static_cast<int>(kind)]; }
};

// What the last launch was counted to be, where that is wanted.
using LastCounts = std::shared_ptr<const device::LaunchCounts>;

void add_line(const capture::Launch& launch, const Verdict& verdict, const LastCounts& counted,
              capture::CountsFile& file) {
  file.different += verdict.kind == Verdict::Kind::kDiffers;
  file.add({launch.number, launch.kernel, kWords[static_cast<int>(verdict.kind)],
            counted ? *counted : device::LaunchCounts()});
}

Result<Counts> replay_all(const Settings& settings, capture::Reader& reader, device::Device& device,
                          compiler::Client& compiler, capture::CountsFile& file) {
  Counts counts;
  LastCounts counted;
  capture::Filter filter(config());
  capture::Replay replay(reader, device, compiler);
  if (!settings.counts.empty())
    replay.watch(
        [&](const auto&, const auto&, const device::Completion& completion) { counted = completion.counts; });
  for (;;) {
    auto step = reader.next();
    if (!step) return step.error();
    if (!*step) return counts;
    const capture::Launch& launch = (*step)->launch;
    if (!filter.wants(launch.number, launch.kernel)) {
      if (auto passed = replay.pass(**step); !passed) return passed.error();
      continue;
    }
    const auto verdict = replay.run(**step);
    if (!verdict) return verdict.error();
    ++counts.of[static_cast<int>(verdict->kind)];
    counts.nanoseconds += verdict->nanoseconds;
    add_line(launch, *verdict, std::exchange(counted, {}), file);
    if (settings.verbose || verdict->kind != Verdict::Kind::kSame) print_verdict(launch, *verdict);
  }
}

Status write_counts(const std::string& path, const capture::CountsFile& file) {
  if (file.launches.empty()) return Error{Errc::kNotFound, "no launch was replayed: there are no counts"};
  return write_file_atomically(path, capture::to_json(file));
}

int run(const Settings& settings) {
  settings.flags.put_into_environment();
  auto reader = capture::Reader::open(settings.file);
  if (!reader) return refuse("replay", reader.error().reason);
  const auto compiler = std::make_shared<compiler::Client>(compiler::find_compiler());
  const auto device = open_replay_device(compiler, **reader);
  if (!device) return refuse("replay", device.error().reason);
  for (const auto& note : (*reader)->devices().devices) fmt::print("recorded on {}\n", note.name);
  fmt::print("replayed on {}\n", (*device)->description().name);
  capture::CountsFile file;
  file.kiesel = settings.counts.empty() ? std::string() : this_version();
  file.device = (*device)->description().name;
  const auto counts = replay_all(settings, **reader, **device, *compiler, file);
  if (!counts) return refuse("replay", counts.error().reason);
  fmt::print("{} same, {} different, {} without a recorded outcome, {} could not run; {:.3f} ms in kernels\n",
             counts->get(Verdict::Kind::kSame), counts->get(Verdict::Kind::kDiffers),
             counts->get(Verdict::Kind::kNoOutcome), counts->get(Verdict::Kind::kRefused),
             static_cast<double>(counts->nanoseconds) / 1e6);
  const auto& summary = (*reader)->summary();
  if (!summary.damage.empty()) fmt::print(stderr, "kiesel replay: {}\n", summary.damage);
  const bool damaged = !summary.damage.empty() && !summary.ends_early;
  const bool all = !counts->get(Verdict::Kind::kRefused) && !damaged;
  if (all && !settings.counts.empty())
    if (auto written = write_counts(settings.counts, file); !written)
      return refuse("replay", written.error().reason);
  return counts->get(Verdict::Kind::kDiffers) ? 1 : all ? 0 : 2;
}

}  // namespace

Result<std::unique_ptr<device::Device>> open_replay_device(const std::shared_ptr<compiler::Client>& compiler,
                                                           capture::Reader& reader) {
  const auto names = device::device_names(config().device);
  if (names.size() > 1) return Error{Errc::kInvalidArgument, "name one device"};
  const std::string name = names.empty() ? std::string(model::built_in_shapes().front()) : names.front();
  const auto lowest = capture::lowest_address(reader);
  if (!lowest) return lowest.error();
  return device::open_device(
      name, {[compiler](std::span<const std::byte> request) { return compiler->translate(request); }, {}},
      *lowest);
}

bool is_capture(const std::string& path) {
  std::array<char, capture::kMagic.size()> start{};
  std::ifstream file(path, std::ios::binary);
  return file.read(start.data(), start.size()) && start == capture::kMagic;
}

void add_replay(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "replay", "run the launches of a capture again on a device, and say what is not as it was recorded");
  auto settings = std::make_shared<Settings>();
  command->add_option("file", settings->file, "a capture")->required();
  command->add_flag("--verbose", settings->verbose, "show each launch, also those that are the same");
  command->add_option(
      "--counts", settings->counts,
      "write what was counted to this file, as JSON; none is written where a launch could not run");
  for (const auto& [option, flag] : {std::pair("capture_kernels", "--kernels"),
                                     {"capture_first", "--first"},
                                     {"capture_last", "--last"},
                                     {"capture_every", "--every"}})
    settings->flags.add(*command, option, flag);
  settings->flags.add_general(*command);
  command->footer("Exit status: 0 all the same, 1 some different, 2 could not run all of it.");
  command->callback([settings, &exit_code] { exit_code = run(*settings); });
}

}  // namespace kiesel::tools
