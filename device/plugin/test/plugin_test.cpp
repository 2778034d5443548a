// Devices behind the C interface: the example in both kinds of process, and plug-ins that break their
// promises.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "device/contract/bench.hpp"
#include "device/contract/promises.hpp"
#include "device/plugin/library.hpp"
#include "device/plugin/plugin_device.hpp"
#include "device/plugin/process/remote.hpp"
#include "device/registry.hpp"

namespace kiesel::device::plugin {
namespace {

using Catch::Matchers::Contains;
using contract::Bench;
using contract::flat;

std::string library(const std::string& name) { return KIESEL_PLUGIN_FOLDER "/lib" + name + ".so"; }
std::string example(const std::string& options) {
  return "plugin:" + library("kiesel-example") + ":shape=kiesel-4,threads=2," + options;
}
const char* const kProcesses[] = {"process=same", "process=own"};

std::string broken(const std::string& how, const std::string& process) {
  return "plugin:" + library("kiesel-broken") + ":how=" + how + "," + process;
}

std::string why_not(const std::string& name) {
  const auto device = open_device(name);
  return device ? "it opened" : device.error().reason;
}

std::unique_ptr<Device> opened(const std::string& name) {
  auto device = open_device(name);
  INFO((device ? "" : device.error().reason));
  REQUIRE(device.ok());
  return std::move(*device);
}

TEST_CASE("the example keeps every promise, in this process and in one of its own") {
  for (const char* process :
       {"process=same", "process=own", "process=same,plain=yes", "process=own,plain=yes"}) {
    const auto device = opened(example(process));
    for (const auto& promise : contract::promises()) {
      const auto outcome = contract::check(*device, promise.name);
      INFO(process << ": " << promise.name << ": " << outcome.seen);
      CHECK(outcome.kind != contract::Outcome::Kind::kBroken);
    }
  }
}

TEST_CASE("a device that breaks promises is told so, with what was seen") {
  const auto device = opened(broken("nothing", "process=same"));
  const auto stacks = contract::check(*device, "work-items");
  CHECK(stacks.kind == contract::Outcome::Kind::kBroken);
  CHECK_THAT(stacks.seen, Contains("wrote 0: it ran not once"));
  CHECK(contract::check(*device, "transfers").kind == contract::Outcome::Kind::kKept);
  CHECK(contract::check(*device, "nonsense").kind == contract::Outcome::Kind::kBroken);
  const auto never = opened(broken("launch-never-ends", "process=same"));
  CHECK_THAT(contract::check(*never, "work-items", 1).seen, Contains("a launch did not end in 1 seconds"));
}

TEST_CASE("names of plug-ins have options with commas") {
  CHECK(device_names("kiesel,plugin:a.so:x=1,y=2,kiesel-4,plugin:/b/c.so,plugin:d.so:z=/e,,f=g:h") ==
        std::vector<std::string>{"kiesel", "plugin:a.so:x=1,y=2", "kiesel-4", "plugin:/b/c.so",
                                 "plugin:d.so:z=/e,f=g:h"});
  const auto name = parse_name("plugin:/a/b.so:x=1,process=same,y=/c:d");
  REQUIRE(name.ok());
  CHECK(name->library == "/a/b.so");
  CHECK(name->options == "x=1,y=/c:d");
  CHECK_FALSE(name->own_process);
  CHECK(parse_name("plugin:b.so")->own_process);
  CHECK_FALSE(parse_name("plugin:").ok());
  CHECK_FALSE(parse_name("plugin:b.so:process=none").ok());
}

TEST_CASE("libraries that are no plug-ins cost their device, with one line") {
  for (const std::string process : kProcesses) {
    CHECK_THAT(why_not("plugin:/nowhere/x.so:" + process), Contains("/nowhere/x.so"));
    CHECK_THAT(why_not("plugin:no-such-plug-in.so:" + process), Contains("no-such-plug-in.so"));
    CHECK_THAT(why_not("plugin:libm.so.6:" + process), Contains("libm.so.6: it exports no kiesel_plugin()"));
    const std::pair<const char*, const char*> tables[] = {
        {"other-version", "version 2 of the device interface, not 1"},
        {"small-table", "its table has 40 bytes"},
        {"null-table", "no table for version 1"},
        {"null-function", "its function launch is null"}};
    for (const auto& [name, why] : tables)
      CHECK_THAT(why_not("plugin:" + library(std::string("kiesel-") + name) + ":" + process), Contains(why));
  }
  const auto folder = std::filesystem::temp_directory_path() / "kiesel-not-a-library.so";
  std::ofstream(folder) << "this is text";
  CHECK_THAT(why_not("plugin:" + folder.string()), Contains("kiesel-not-a-library.so"));
  std::filesystem::remove(folder);
}

TEST_CASE("devices that cannot be opened cost themselves, with one line") {
  const std::string long_name(600, 'n');
  ::setenv("KIESEL_LONG_NAME", long_name.c_str(), 1);
  const std::pair<const char*, const char*> cases[] = {
      {"open-fails", "the cable is not plugged in"},
      {"open-says-nothing", "result 4711, which does not exist"},
      {"open-never-ends-its-text", "open: xxx"},
      {"open-gives-nothing", "it gave no device"},
      {"describe-fails", "it has forgotten who it is"},
      {"lanes-3", "lanes is 3, not a power of two"},
      {"lanes-0", "lanes is 0, not 1 to 64"},
      {"warps-1000", "warps is 1000, not 1 to 64"},
      {"cas-without-atomics", "Zacas needs A"},
      {"unknown-quirk", "quirks: 'moody': may hold"},
      {"null-memories", "memories is null"},
      {"two-memories", "there are two global memories"},
      {"many-memories", "memory_count is 1073741824"},
      {"nameless-counter", "a counter has no name"},
      {"null-counter", "a counter's name is null"},
      {"large-allocations", "more than the 268435456 bytes of global memory"},
      {"alignment-1", "alignment is 1, not 64 to 4096"},
      {"null-name", "name is null"},
      {"long-name", "name has more than 512 characters"},
      {"null-poll", "commands end in poll(), which is null"},
      {"null-extensions", "extensions is null"}};
  for (const std::string process : kProcesses)
    for (const auto& [how, why] : cases) {
      INFO(how << " " << process);
      const std::string reason = why_not(broken(how, process));
      CHECK_THAT(reason, Contains(why));
      CHECK(reason.find('\n') == std::string::npos);
    }
  CHECK_THAT(why_not(broken("open-aborts", "process=own")), Contains("ended while it was opened (signal 6"));
}

TEST_CASE("memory that cannot be is refused, and the device is lost with it") {
  for (const std::string process : kProcesses) {
    for (const char* how : {"allocate-gives-0", "allocate-misaligned", "allocate-wraps"}) {
      const auto device = opened(broken(how, process));
      const auto address = device->allocate(4096, 64);
      INFO(how);
      REQUIRE_FALSE(address.ok());
      CHECK_THAT(address.error().reason, Contains("it gave address"));
    }
    const auto twice = opened(broken("allocate-twice", process));
    CHECK(twice->allocate(4096, 64).ok());
    CHECK_THAT(twice->allocate(4096, 64).error().reason, Contains("where something else is"));
    const auto closed = opened(broken("allocate-fails", process));
    CHECK_THAT(closed->allocate(4096, 64).error().reason, Contains("it is closed today"));
  }
}

Status run(Device& device, Command command) {
  Bench bench(device, 5);
  return bench.run(std::move(command), "a command");
}

TEST_CASE("commands end once, whatever the plug-in does") {
  std::uint64_t value = 5;
  for (const std::string process : kProcesses) {
    const auto write = [&](const char* how) {
      const auto device = opened(broken(how, process));
      const auto address = device->allocate(64, 64);
      REQUIRE(address.ok());
      return run(*device, Write{&value, *address, flat(8)});
    };
    INFO(process);
    CHECK(write("nothing").ok());
    CHECK(write("ends-twice").ok());
    CHECK(write("ends-and-fails").ok());
    CHECK(write("ends-another").ok());
    CHECK_THAT(write("submit-fails").error().reason, Contains("it is tired"));
    CHECK_THAT(write("submit-says-nothing").error().reason, Contains("result -1, which does not exist"));
    CHECK_THAT(write("ends-with-nonsense").error().reason, Contains("result 99, which does not exist"));
    CHECK_THAT(write("explains-at-length").error().reason, Contains(std::string(2999, 'x')));
    CHECK_THAT(write("is-lost").error().reason, Contains("somebody has pulled it out"));
  }
}

TEST_CASE("a device that is lost stays so") {
  const auto device = opened(broken("is-lost", "process=same"));
  const auto address = device->allocate(64, 64);
  std::uint64_t value = 5;
  for (int i = 0; i < 3; ++i) {
    const Status status = run(*device, Write{&value, *address, flat(8)});
    CHECK(status.error().code == Errc::kFault);
    CHECK_THAT(status.error().reason, Contains("somebody has pulled it out"));
  }
}

Launch launch_of(Device& device) {
  const auto module = device.load(contract::program("sd s1, 0(s0)"));
  REQUIRE(module.ok());
  Launch launch;
  launch.module = *module;
  launch.kernel = "kernel";
  launch.entry = *device.symbol(*module, "kernel");
  launch.arguments.resize(16);
  return launch;
}

TEST_CASE("a process that dies is a fault, and the next command works") {
  for (const auto& [how, words] :
       {std::pair{"launch-aborts", "signal 6"}, std::pair{"launch-exits", "exit status 7"}}) {
    const auto device = opened(broken(how, "process=own"));
    const Launch launch = launch_of(*device);
    const Status status = run(*device, launch);
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().code == Errc::kFault);
    CHECK_THAT(status.error().reason, Contains(words));
    CHECK_THAT(status.error().reason, Contains("while it ran 'kernel'"));
    // This plug-in cannot give memory the address that it had: the device is lost, and nothing hangs.
    CHECK_FALSE(run(*device, launch).ok());
  }
}

// The processes that this one has started; by force.
int kill_children() {
  int killed = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream children(task.path() / "children");
    for (pid_t child; children >> child; ++killed) ::kill(child, SIGKILL);
  }
  return killed;
}

TEST_CASE("memory and programs are where they were when a process was started again") {
  const auto device = opened(example("process=own"));
  Bench bench(*device, 20);
  const ModuleId good = bench.load("sd s1, 0(s0)");
  const Address before = bench.filled(4096, std::byte{1});
  REQUIRE(kill_children() == 1);
  for (int i = 0; i < 100; ++i) {
    const Status status = bench.run(Fill{before, 4096, {std::byte{2}}}, "a fill");
    if (status.ok()) break;
    CHECK(status.error().code == Errc::kFault);
  }
  bench.succeed(bench.launch(good, {8, 1, 1}, {1, 1, 1}, {before}),
                "a launch of the old program into old memory");
  CHECK(bench.words(before, 8) == std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6, 7});
  const Address after = bench.allocate(4096);
  CHECK((after + 4096 <= before || before + 4096 <= after));
}

TEST_CASE("a launch that takes too long is stopped") {
  for (const std::string process : kProcesses) {
    const std::string path = library("kiesel-broken");
    const auto device = process == kProcesses[0]
                            ? open_here(path, "how=launch-never-ends")
                            : open_remote(KIESEL_DEVICE_HOST, path, "how=launch-never-ends");
    REQUIRE(device.ok());
    auto plugin = PluginDevice::create(*device, "late", 1);
    REQUIRE(plugin.ok());
    const Launch launch = launch_of(**plugin);
    const Status status = run(**plugin, launch);
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().code == Errc::kTimeout);
    CHECK_THAT(status.error().reason, Contains("stopped after 1 seconds"));
  }
}

TEST_CASE("a command's end may allocate, free, load and start other commands") {
  for (const char* process : kProcesses) {
    const auto device = opened(example(process));
    const auto program = contract::program("sd s1, 0(s0)");
    const Address memory = *device->allocate(64, 64);
    std::atomic<int> ended{0}, right{0};
    for (int i = 0; i < 50; ++i)
      device->submit(Fill{memory, 64, {std::byte{1}}}, [&](const Completion&) {
        const auto more = device->allocate(4096, 64);
        const auto module = device->load(program);
        if (more.ok() && module.ok() && device->symbol(*module, "kernel").ok()) ++right;
        if (module) device->unload(*module);
        if (more) device->free(*more);
        device->submit(Fill{memory, 64, {std::byte{2}}}, [&](const Completion&) { ++ended; });
      });
    for (int i = 0; i < 10'000 && ended < 50; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    CHECK(ended == 50);
    CHECK(right == 50);
  }
}

TEST_CASE("long reads and writes at once, also from the ends of others, do not hold each other up") {
  constexpr std::size_t kBytes = 4 << 20;
  const auto device = opened(example("process=own"));
  const Address memory = *device->allocate(kBytes, 64);
  std::vector<std::byte> out(kBytes, std::byte{1});
  std::vector<std::vector<std::byte>> in(8, std::vector<std::byte>(kBytes));
  std::atomic<int> ended{0};
  for (auto& target : in)
    device->submit(Write{out.data(), memory, flat(kBytes)}, [&](const Completion&) {
      device->submit(Read{memory, target.data(), flat(kBytes)}, [&](const Completion&) {
        device->submit(Write{out.data(), memory, flat(kBytes)}, [&](const Completion&) { ++ended; });
      });
    });
  for (int i = 0; i < 20'000 && ended < 8; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(ended == 8);
  for (const auto& bytes : in) CHECK(bytes == out);
}

TEST_CASE("what has not ended ends when the device goes away") {
  std::atomic<int> ended{0};
  {
    const auto device = opened(example("process=own"));
    const auto address = device->allocate(1 << 20, 64);
    for (int i = 0; i < 200; ++i)
      device->submit(Fill{*address, 1 << 20, {std::byte{1}}}, [&](const Completion&) { ++ended; });
  }
  CHECK(ended == 200);
}

TEST_CASE("a child of fork() does not keep a device's process") {
  auto device = opened(example("process=own"));
  const pid_t child = ::fork();
  if (child == 0) {
    ::usleep(300'000);
    ::_exit(0);
  }
  Bench bench(*device, 20);
  CHECK(bench.run(Fill{bench.allocate(64), 64, {std::byte{1}}}, "a fill").ok());
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
}

}  // namespace
}  // namespace kiesel::device::plugin
