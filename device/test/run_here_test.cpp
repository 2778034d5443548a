// Which commands a device runs inside of submit(), where the submitter lets it: only what is certain to be
// brief.
#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <thread>

#include "device/test/machine.hpp"

namespace kiesel::device::test {
namespace {

// Whether it was complete when submit() came back.
bool runs_inside(Device& device, Command command, Handling handling = {.may_run_here = true}) {
  static thread_local bool submitting = false;
  std::atomic<bool> inside{false}, done{false};
  Status status;
  submitting = true;
  device.submit(
      std::move(command),
      [&](const Completion& completion) {
        status = completion.status;
        inside = submitting;
        done = true;
      },
      handling);
  submitting = false;
  while (!done) std::this_thread::yield();
  CHECK(status.ok());
  return inside;
}

std::string repeated(const char* line, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += line;
  return out;
}

TEST_CASE("kernels without loops and calls run inside submit, others do not") {
  struct Row {
    const char* what;
    std::string kernel;
    std::uint64_t items = 1;
    bool inside = false;
  };
  const std::string end = "\n  jalr zero, 0(ra)\n", nop = "  addi a0, a0, 1\n";
  const Row rows[] = {
      {"nothing", "kernel:" + end, 1, true},
      {"some warps", "kernel:\n" + nop + end, 256, true},
      {"many work-groups", "kernel:\n" + nop + end, 100'000, false},
      {"a forward branch", "kernel:\n  beq a0, zero, there\n" + nop + "there:" + end, 1, true},
      {"a return in the middle", "kernel:\n  beq a0, a0, there" + end + "there:" + end, 1, true},
      {"a loop that ends at once", "kernel:\nagain:\n  bne zero, zero, again" + end, 1, false},
      {"a jump back", "kernel:\n  jal zero, over\nback:" + end + "over:\n  jal zero, back\n", 1, false},
      {"a call", "kernel:\n  add t5, ra, zero\n  jal ra, next\nnext:\n  add ra, t5, zero" + end, 1, false},
      {"a return address of its own", "kernel:\n  addi ra, ra, 0" + end, 1, false},
      {"a return through another register", "kernel:\n  add t5, ra, zero\n  jalr zero, 0(t5)\n", 1, false},
      {"an end in the middle", "kernel:\n  tmc zero" + end, 1, false},
      {"long code", "kernel:\n" + repeated(nop.c_str(), 300) + end, 1, false},
      {"sides of a split",
       "kernel:\n  split t0, a0\n  beq a0, zero, other\n" + nop + "  jal zero, both\nother:\n" + nop +
           "both:\n  join t0" + end,
       1, true},
      {"a split for each of five", "kernel:\n" + repeated("  split t0, a0\n  join t0\n", 5) + end, 1, false},
  };
  Machine machine(32, 32, 2);
  for (const Row& row : rows) {
    INFO(row.what);
    const auto module = machine.load(row.kernel);
    const auto launch = machine.launch(
        module, {row.items, static_cast<std::uint32_t>(std::min<std::uint64_t>(row.items, 32))});
    CHECK(runs_inside(machine.device(), launch) == row.inside);
    CHECK_FALSE(runs_inside(machine.device(), launch, {}));
  }
}

TEST_CASE("start-up code that calls something else than the kernel is not trusted") {
  Machine machine(32, 32, 2);
  const auto trusted = [&](const std::string& call, const std::string& after, const std::string& entry) {
    const auto elf = make_elf(assemble("_start:\n  " + call + "\n" + after + "  tmc zero\n.enter:\n" + entry +
                                       "kernel:\n  addi zero, zero, 0\n  jalr zero, 0(ra)\n"));
    const auto module = machine.device().load(elf);
    REQUIRE(module.ok());
    return runs_inside(machine.device(), machine.launch(*module, {1, 1}));
  };
  const std::string call = "jal ra, .enter", entry = "  csrrs t0, kernel_entry, zero\n";
  CHECK(trusted(call, "", entry + "  jalr zero, 0(t0)\n"));
  CHECK(trusted(call, "  wsync\n", entry + "  jalr zero, 0(t0)\n"));
  CHECK_FALSE(trusted(call, "", entry + "  addi t0, t0, 0\n  jalr zero, 0(t0)\n"));
  CHECK_FALSE(trusted(call, "", entry + "  jalr zero, 4(t0)\n"));
  CHECK_FALSE(trusted(call, "  addi t0, t0, 0\n", entry + "  jalr zero, 0(t0)\n"));
  CHECK_FALSE(trusted("jal t1, .enter", "", "  addi ra, t1, 0\n" + entry + "  jalr zero, 0(t0)\n"));
}

TEST_CASE("small copies run inside submit, long ones do not") {
  Machine machine(32, 32, 2);
  std::uint64_t* words = machine.buffer(1 << 16);
  std::vector<std::uint64_t> host(1 << 16);
  const auto write = [&](std::uint64_t bytes) {
    return Write{host.data(), machine.address(words), {{bytes, 1, 1}, bytes, bytes, bytes, bytes}};
  };
  CHECK(runs_inside(machine.device(), write(64)));
  CHECK(runs_inside(machine.device(), write(4096)));
  CHECK_FALSE(runs_inside(machine.device(), write(1 << 18)));
  CHECK_FALSE(runs_inside(machine.device(), write(64), {}));
  // Somebody who waits anyway runs what nobody can share with him.
  CHECK(runs_inside(machine.device(), write(1 << 18), {.caller_helps = true}));
}

TEST_CASE(
    "a command from a thread that has a core, inside of which others were submitted, gets lost nowhere") {
  Machine machine(32, 32, 2);
  const auto module = machine.load("kernel:\n  jalr zero, 0(ra)\n");
  const auto launch = machine.launch(module, {1, 1});
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i)
        machine.device().submit(
            launch,
            [&](const Completion& outer) {
              machine.device().submit(
                  launch, [&, ok = outer.status.ok()](const Completion& c) { done += ok && c.status.ok(); },
                  {.may_run_here = true});
            },
            {.may_run_here = i % 3 != 0});
    });
  for (auto& thread : threads) thread.join();
  while (done < 8000) std::this_thread::yield();
  CHECK(done == 8000);
}

}  // namespace
}  // namespace kiesel::device::test
