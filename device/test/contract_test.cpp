// What every Device owes the layers above: run over all devices that the configuration offers.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>
#include <numeric>
#include <thread>

#include "device/contract/promises.hpp"
#include "device/device.hpp"
#include "device/isa/assembler.hpp"
#include "device/registry.hpp"
#include "device/test/machine.hpp"

namespace kiesel::device::test {
namespace {

Status wait(Device& device, Command command, bool help = true) {
  std::atomic<bool> finished{false};
  Status status;
  device.submit(std::move(command), [&](const Completion& completion) {
    status = completion.status;
    CHECK(completion.start_ns <= completion.end_ns);
    finished = true;
  });
  while (!finished)
    if (!help || !device.help()) std::this_thread::yield();
  return status;
}

std::vector<std::unique_ptr<Device>>& devices() {
  static auto all = make_devices();
  return all;
}

std::vector<std::byte> counting_program() {
  return make_elf(assemble(R"(
    csrrs t0, mscratch, zero
    ld a0, 128(t0)
    addi a1, zero, 1
    amoadd.w zero, a1, (a0)
    tmc zero
  kernel:
    tmc zero)"));
}

Box flat(std::uint64_t bytes) { return {{bytes, 1, 1}, bytes, bytes, bytes, bytes}; }

TEST_CASE("devices keep what every device promises") {
  REQUIRE_FALSE(devices().empty());
  for (const auto& device : devices())
    for (const auto& promise : contract::promises()) {
      const auto outcome = contract::check(*device, promise.name);
      INFO(device->description().name << ": " << promise.name << ": " << outcome.seen);
      CHECK(outcome.kind != contract::Outcome::Kind::kBroken);
    }
}

TEST_CASE("memory of the host is shared until it is freed, where a device can") {
  for (const auto& device : devices()) {
    alignas(64) std::array<std::uint32_t, 16> mine{};
    const auto address = reinterpret_cast<Address>(mine.data());
    CHECK_FALSE(wait(*device, Fill{address, 64, {std::byte{5}}}).ok());
    if (const auto shared = device->share(address, 64); !shared.ok()) {
      CHECK(shared.error().code == Errc::kUnsupported);
      continue;
    }
    CHECK_FALSE(device->share(address + 32, 64).ok());
    CHECK(wait(*device, Fill{address, 64, {std::byte{5}}}).ok());
    CHECK_FALSE(wait(*device, Fill{address, 65, {std::byte{6}}}).ok());
    for (const auto word : mine) CHECK(word == 0x05050505);
    const auto module = device->load(counting_program());
    REQUIRE(module.ok());
    Launch launch;
    launch.module = *module;
    launch.entry = *device->symbol(*module, "kernel");
    launch.arguments.resize(8);
    std::memcpy(launch.arguments.data(), &address, 8);
    CHECK(wait(*device, launch).ok());
    CHECK(mine[0] == 0x05050506);
    device->free(address);
    CHECK_FALSE(wait(*device, launch).ok());
    CHECK(mine[0] == 0x05050506);
    device->unload(*module);
  }
}

TEST_CASE("the host sees memory where the description says so, and only there") {
  for (const auto& device : devices()) {
    const auto address = device->allocate(64, 64);
    REQUIRE(address.ok());
    CHECK((device->host_pointer(*address) != nullptr) == device->description().host_visible);
    if (!device->description().host_visible)
      CHECK(device->map_file(0, 64).error().code == Errc::kUnsupported);
    device->free(*address);
  }
}

TEST_CASE("a completion may allocate, submit what comes next, and free") {
  for (const auto& device : devices()) {
    std::atomic<bool> ended{false};
    std::uint32_t back = 0;
    Address made = 0;
    const auto source = device->allocate(64, 64);
    REQUIRE(source.ok());
    device->submit(Fill{*source, 64, {std::byte{3}}}, [&](const Completion& filled) {
      const auto address = device->allocate(64, 64);
      if (!filled.status.ok() || !address.ok()) {
        ended = true;
        return;
      }
      made = *address;
      device->submit(Copy{*source, made, flat(64)}, [&](const Completion&) {
        device->free(*source);
        device->submit(Read{made, &back, flat(4)}, [&](const Completion&) { ended = true; });
      });
    });
    while (!ended)
      if (!device->help()) std::this_thread::yield();
    CHECK(back == 0x03030303);
    device->free(made);
  }
}

TEST_CASE("many launches from many threads all run once") {
  for (const auto& device : devices()) {
    const auto module = device->load(counting_program());
    REQUIRE(module.ok());
    const auto counter = device->allocate(8, 8);
    REQUIRE(wait(*device, Fill{*counter, 8, {std::byte{0}}}).ok());
    Launch launch;
    launch.module = *module;
    launch.entry = *device->symbol(*module, "kernel");
    launch.region = regions_of(3, {}, {12, 2, 3}, {3, 1, 3}).front();
    launch.arguments.resize(8);
    std::memcpy(launch.arguments.data(), &*counter, 8);
    std::atomic<int> done{0}, failed{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 100; ++i) {
          device->submit(launch, [&](const Completion& c) {
            failed += !c.status.ok();
            ++done;
          });
          if (i % 3 == 0) device->help();
        }
      });
    for (auto& thread : threads) thread.join();
    while (done < 400)
      if (!device->help()) std::this_thread::yield();
    CHECK(failed == 0);
    std::uint32_t count = 0;
    REQUIRE(wait(*device, Read{*counter, &count, flat(4)}).ok());
    CHECK(count == 400 * 72);
    device->free(*counter);
    device->unload(*module);
  }
}

TEST_CASE("launches stay on the cores that they name, beside launches on others") {
  const auto program = make_elf(assemble(R"(
    csrrs t0, mscratch, zero
    ld a0, 128(t0)
    csrrs a2, core_id, zero
    addi a1, zero, 4
    mul a2, a2, a1
    add a0, a0, a2
    addi a1, zero, 1
    amoadd.w zero, a1, (a0)
    tmc zero
  kernel:
    tmc zero)"));
  for (const auto& device : devices()) {
    if (!device->description().core_ranges) continue;
    const std::uint32_t cores = device->description().cores;
    const auto module = device->load(program);
    REQUIRE(module.ok());
    const auto counters = device->allocate(4 * cores, 8);
    REQUIRE(wait(*device, Fill{*counters, 4 * cores, {std::byte{0}}}).ok());
    Launch launch;
    launch.module = *module;
    launch.entry = *device->symbol(*module, "kernel");
    launch.region = regions_of(1, {}, {64, 1, 1}, {1, 1, 1}).front();
    launch.arguments.resize(8);
    std::memcpy(launch.arguments.data(), &*counters, 8);
    const std::uint32_t half = std::max(1U, cores / 2);
    constexpr int kLaunches = 50;
    std::atomic<int> done{0}, failed{0};
    for (int i = 0; i < kLaunches; ++i)
      for (const Cores part : {Cores{0, half}, Cores{half, cores - half}}) {
        if (part.first == cores) continue;
        launch.cores = part;
        device->submit(launch, [&](const Completion& c) {
          failed += !c.status.ok();
          ++done;
        });
      }
    const int submitted = cores > 1 ? 2 * kLaunches : kLaunches;
    while (done < submitted)
      if (!device->help()) std::this_thread::yield();
    CHECK(failed == 0);
    std::vector<std::uint32_t> counts(cores);
    REQUIRE(wait(*device, Read{*counters, counts.data(), flat(4 * cores)}).ok());
    CHECK(std::accumulate(counts.begin(), counts.begin() + half, 0U) == 64 * kLaunches);
    CHECK(std::accumulate(counts.begin() + half, counts.end(), 0U) == (cores > 1 ? 64 * kLaunches : 0U));
    device->free(*counters);
    device->unload(*module);
  }
}

TEST_CASE("launches that wait go by priority, then by age") {
  Machine machine(8, 8, 1);
  // Marks its own word, waits for the first one, then writes the next number into its own.
  const auto module = machine.load(R"(
  kernel:
    csrrs t0, mscratch, zero
    ld a0, 128(t0)
    ld a1, 136(t0)
    sd a0, 0(a1)
  wait:
    ld a2, 0(a0)
    beq a2, zero, wait
    addi a3, zero, 1
    amoadd.d a2, a3, (a0)
    sd a2, 0(a1)
    jalr zero, 0(ra))");
  std::uint64_t* words = machine.buffer(16);
  std::atomic<int> done{0};
  const auto submit = [&](unsigned word, Priority priority) {
    auto launch = machine.launch(module, {1, 1}, {machine.address(words), machine.address(words + word)});
    launch.priority = priority;
    machine.device().submit(std::move(launch), [&](const Completion& c) {
      CHECK(c.status.ok());
      ++done;
    });
  };
  submit(1, Priority::kLow);  // gets the only core, as nothing else waits
  while (std::atomic_ref(words[1]).load() == 0) std::this_thread::yield();
  submit(2, Priority::kLow);
  submit(3, Priority::kMedium);
  submit(4, Priority::kMedium);
  submit(5, Priority::kHigh);
  std::atomic_ref(words[0]).store(1);
  while (done < 5) std::this_thread::yield();
  CHECK(std::vector<std::uint64_t>(words + 1, words + 6) == std::vector<std::uint64_t>{1, 5, 3, 4, 2});
}

TEST_CASE("a completion may submit the next command") {
  for (const auto& device : devices()) {
    const auto module = device->load(counting_program());
    const auto counter = device->allocate(8, 8);
    REQUIRE(wait(*device, Fill{*counter, 8, {std::byte{0}}}).ok());
    Launch launch;
    launch.module = *module;
    launch.entry = *device->symbol(*module, "kernel");
    launch.arguments.resize(8);
    std::memcpy(launch.arguments.data(), &*counter, 8);
    std::atomic<int> left{1000};
    std::function<void(const Completion&)> next = [&](const Completion&) {
      if (--left > 0) device->submit(launch, next);
    };
    device->submit(launch, next);
    while (left > 0) std::this_thread::yield();  // the device's own threads must do it
    std::uint32_t count = 0;
    REQUIRE(wait(*device, Read{*counter, &count, flat(4)}).ok());
    CHECK(count == 1000);
    device->free(*counter);
    device->unload(*module);
  }
}

TEST_CASE("a completion may wait for the next command, also where one thread runs all") {
  Machine machine(8, 8, 1);
  std::uint64_t* words = machine.buffer(2);
  std::atomic<int> done{0};
  const std::uint64_t one = 1;
  Status inner, after = Error{Errc::kFault, "not run"};
  const auto write = [&](std::uint64_t* word) { return Write{&one, machine.address(word), flat(8)}; };
  machine.device().submit(write(words), [&](const Completion&) {
    // Another one that follows must neither hide the one that is waited for nor get lost.
    machine.device().submit(write(words), [&](const Completion& c) {
      after = c.status;
      ++done;
    });
    inner = wait(machine.device(), write(words + 1));
    ++done;
  });
  while (done < 2)
    if (!machine.device().help()) std::this_thread::yield();
  CHECK(inner.ok());
  CHECK(after.ok());
  CHECK(words[0] + words[1] == 2);
}

TEST_CASE("of the commands that follow from one, none waits for the others") {
  for (const auto& device : devices()) {
    const auto memory = device->allocate(64, 64);
    REQUIRE(memory.ok());
    std::atomic<int> done{0};
    const std::uint64_t value = 5;
    device->submit(Write{&value, *memory, flat(8)}, [&](const Completion&) {
      for (unsigned i = 1; i < 8; ++i)
        device->submit(Write{&value, *memory + 8 * i, flat(8)}, [&](const Completion&) { ++done; });
    });
    while (done < 7) std::this_thread::yield();  // the device's own threads must do it
    std::array<std::uint64_t, 8> out{};
    REQUIRE(wait(*device, Read{*memory, out.data(), flat(64)}).ok());
    for (const std::uint64_t word : out) CHECK(word == value);
    device->free(*memory);
  }
}

TEST_CASE("whoever says that it helps runs the command itself, and times are there if wanted") {
  for (const auto& device : devices()) {
    const auto memory = device->allocate(8, 8);
    REQUIRE(memory.ok());
    const std::uint64_t value = 7;
    for (const bool timed : {false, true}) {
      for (int i = 0; i < 100; ++i) {
        std::atomic<bool> done{false};
        Completion how;
        device->submit(Write{&value, *memory, flat(8)},
                       [&](const Completion& c) {
                         how = c;
                         done = true;
                       },
                       {.caller_helps = true, .timed = timed});
        while (!done)
          if (!device->help()) std::this_thread::yield();
        REQUIRE(how.status.ok());
        REQUIRE((how.start_ns != 0) == timed);
        REQUIRE((how.end_ns != 0) == timed);
      }
    }
    device->free(*memory);
  }
}

TEST_CASE("damaged programs are refused, never loaded half") {
  const auto good = counting_program();
  for (const auto& device : devices()) {
    for (std::size_t length = 0; length < good.size(); length += 7)
      CHECK_FALSE(device->load(std::span(good).first(length)).ok());
    std::uint32_t random = 1;
    for (int i = 0; i < 1000; ++i) {
      auto bad = good;
      for (int flips = 0; flips < 3; ++flips) {
        random = random * 1664525 + 1013904223;
        bad[(random >> 8) % 0x120] ^= static_cast<std::byte>(1 << (random & 7));
      }
      const auto module = device->load(bad);
      if (module)
        device->unload(*module);
      else
        CHECK((module.error().code == Errc::kInvalidBinary || module.error().code == Errc::kOutOfMemory));
    }
  }
}

TEST_CASE("an endless kernel does not keep the device from going away") {
  Machine machine(8, 8, 2);
  const auto module = machine.load("kernel:\n jal zero, kernel");
  std::atomic<int> ended{0};
  auto launch = machine.launch(module, {8, 8});
  for (int i = 0; i < 3; ++i)
    machine.device().submit(launch, [&](const Completion& c) { ended += !c.status.ok(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  { Machine gone = std::move(machine); }
  CHECK(ended == 3);
}

TEST_CASE("a forked child can end without the device's threads") {
  REQUIRE_FALSE(devices().empty());
  const auto a = devices()[0]->allocate(64, 64);
  REQUIRE(wait(*devices()[0], Fill{*a, 64, {std::byte{0}}}).ok());
  Machine machine(8, 8, 2);
  std::uint64_t* out = machine.buffer(1);
  REQUIRE(machine.run(machine.load("kernel:\n jalr zero, 0(ra)"), {8, 8}, {machine.address(out)}).ok());
  const pid_t child = fork();
  if (child == 0) {
    alarm(10);
    { Machine gone = std::move(machine); }
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  devices()[0]->free(*a);
}

}  // namespace
}  // namespace kiesel::device::test
