#include "tools/kiesel/device_test.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "device/contract/promises.hpp"
#include "device/registry.hpp"

namespace kiesel::tools {
namespace {

using device::contract::Outcome;

struct Settings {
  std::string device;
  std::vector<std::string> only;
  unsigned seconds = 60;
  bool list = false, json = false;
};

constexpr const char* kWords[] = {"kept", "BROKEN", "not asked"};

void print_device(const device::Description& d) {
  fmt::print("{}\n  {} cores, {} warps, {} lanes; {} bytes of local memory, {} MiB of global memory\n\n",
             d.name, d.cores, d.target.warps, d.target.lanes, d.target.local_memory_bytes,
             d.global_memory_bytes >> 20);
}

void print_row(const device::contract::Promise& promise, const Outcome& outcome) {
  fmt::print("{:<9}  {:<16}  {}\n", kWords[static_cast<int>(outcome.kind)], promise.name, promise.text);
  if (outcome.kind == Outcome::Kind::kBroken) fmt::print("{:29}seen: {}\n", "", outcome.seen);
  if (outcome.kind == Outcome::Kind::kNotAsked) fmt::print("{:29}the device has no {}\n", "", outcome.seen);
  std::fflush(stdout);
}

bool is_wanted(const Settings& settings, std::string_view name) {
  return settings.only.empty() ||
         std::find(settings.only.begin(), settings.only.end(), name) != settings.only.end();
}

// How many are broken.
int check_all(device::Device& device, const Settings& settings) {
  nlohmann::json report = nlohmann::json::array();
  int counts[3]{};
  for (const auto& promise : device::contract::promises()) {
    if (!is_wanted(settings, promise.name)) continue;
    const Outcome outcome = device::contract::check(device, promise.name, settings.seconds);
    ++counts[static_cast<int>(outcome.kind)];
    if (settings.json)
      report.push_back({{"promise", promise.name},
                        {"text", promise.text},
                        {"outcome", kWords[static_cast<int>(outcome.kind)]},
                        {"seen", outcome.seen}});
    else
      print_row(promise, outcome);
  }
  if (settings.json)
    fmt::print("{}\n", nlohmann::json{{"device", device.description().name}, {"promises", report}}.dump(2));
  else
    fmt::print("\n{} kept, {} broken, {} not asked\n", counts[0], counts[1], counts[2]);
  return counts[1];
}

int print_promises() {
  for (const auto& promise : device::contract::promises())
    fmt::print("{:<16}  {}\n", promise.name, promise.text);
  return 0;
}

int unknown_name(const Settings& settings) {
  for (const std::string& name : settings.only) {
    bool known = false;
    for (const auto& promise : device::contract::promises()) known |= promise.name == name;
    if (!known) return fmt::print(stderr, "kiesel: there is no promise '{}'; --list shows them\n", name), 2;
  }
  return 0;
}

int run(const Settings& settings) {
  if (settings.list) return print_promises();
  if (const int code = unknown_name(settings)) return code;
  if (settings.device.empty()) return fmt::print(stderr, "kiesel: name a device: plugin:/path/name.so\n"), 2;
  auto device = device::open_device(settings.device);
  if (!device) return fmt::print(stderr, "kiesel: {}\n", device.error().reason), 2;
  if (!settings.json) print_device((*device)->description());
  const int broken = check_all(**device, settings);
  std::fflush(stdout);
  // A device that does not end its commands would not close either.
  if (broken) std::_Exit(1);
  return 0;
}

}  // namespace

void add_device_test(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "device-test", "check what a device must promise, a plug-in's above all, and say what was seen");
  auto settings = std::make_shared<Settings>();
  command->add_option(
      "device", settings->device,
      "as the option device names it: plugin:/path/name.so[:option=value,...], a shape or a file");
  command->add_option("--only", settings->only, "names of the promises to check")->delimiter(',');
  command->add_option("--seconds", settings->seconds, "most that one command may take")
      ->capture_default_str();
  command->add_flag("--list", settings->list, "show the promises and check nothing");
  command->add_flag("--json", settings->json, "the report as JSON");
  command->footer("Exit status: 0 all kept, 1 some broken, 2 could not run.");
  command->callback([settings, &exit_code] { exit_code = run(*settings); });
}

}  // namespace kiesel::tools
