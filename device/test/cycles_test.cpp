// The cycle model behind a device: results and faults are the interpreter's, and cycles follow from the
// program and the design alone.
#include <fmt/format.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "device/test/machine.hpp"
#include "device/timing/design_table.hpp"

namespace kiesel::device::test {
namespace {

using enum CounterId;
using Catch::Matchers::Contains;

model::Configuration design(std::string_view name) {
  auto c = *model::built_in_shape(name);
  c.global_memory_bytes = std::uint64_t{1} << 28;
  c.engine = model::EngineChoice::kCycles;
  c.target.bitmanip = true;  // which the programs of tests use
  return c;
}

LaunchCounts counts_of(Machine& machine, const Launch& launch) {
  std::atomic<bool> finished{false};
  LaunchCounts out;
  machine.device().submit(
      launch,
      [&](const Completion& completion) {
        CHECK((completion.status ? "" : completion.status.error().reason) == std::string());
        REQUIRE(completion.counts);
        out = *completion.counts;
        finished = true;
      },
      {.counted = true});
  while (!finished)
    if (!machine.device().help()) std::this_thread::yield();
  return out;
}

// Squares and sums; lanes leave the loop one after the other.
constexpr std::string_view kLoop = R"(
  andi t0, s1, 7
  addi t1, zero, 0
  addi t2, zero, 0
  csrrs t5, active_lanes, zero
again:
  mul t3, t1, t1
  add t2, t2, t3
  addi t1, t1, 1
  sltu t4, t1, t0
  pred t4, t5
  bne t4, zero, again
  sd t2, 0(s0)
)";

// What each work-item of two warps stores at s0.
std::vector<std::uint64_t> stored(model::Configuration c, unsigned threads, std::string_view body) {
  const std::size_t count = std::size_t{c.target.lanes} * 2;
  Machine machine(std::move(c), test_service(), threads);
  std::uint64_t* const words = machine.buffer(count);
  const auto module = machine.load(kernel(body));
  CHECK(machine
            .run(machine.launch(module, {count, static_cast<std::uint32_t>(count)},
                                {machine.address(words), 0}))
            .ok());
  return {words, words + count};
}

// Between two reads of a clock.
std::string measured(std::string_view clock, std::string_view what) {
  return fmt::format("csrrs t0, {0}, zero\n{1}\ncsrrs t1, {0}, zero\nsub t1, t1, t0\nsd t1, 0(s0)\n", clock,
                     what);
}

std::string repeated(unsigned count, std::string_view text) {
  std::string all;
  for (unsigned i = 0; i < count; ++i) all.append(text).append("\n");
  return all;
}

struct Ran {
  LaunchCounts counts;
  std::vector<std::uint64_t> words;
};

Ran run_loop(model::Configuration c, unsigned threads) {
  Machine machine(std::move(c), test_service(), threads);
  constexpr std::size_t kWords = 512;
  std::uint64_t* const words = machine.buffer(kWords);
  const auto module = machine.load(kernel(kLoop));
  Ran out;
  out.counts = counts_of(machine, machine.launch(module, {kWords, 16}, {machine.address(words), 0}));
  out.words.assign(words, words + kWords);
  return out;
}

TEST_CASE("results are the interpreter's, and so are counts of the program") {
  for (const std::string_view name : model::built_in_shapes()) {
    INFO(name);
    auto c = design(name);
    if (c.roofline.only) continue;
    const Ran cycles = run_loop(c, 1);
    c.engine = model::EngineChoice::kInterpreter;
    const Ran other = run_loop(c, 1);
    CHECK(cycles.words == other.words);
    CHECK(cycles.words[5] == 0 + 1 + 4 + 9 + 16);
    for (const CounterId id : {lane_instructions, branches, global_stores, work_groups, warps, store_bytes})
      CHECK(cycles.counts[id] == other.counts[id]);
    CHECK(cycles.counts.timed);
    CHECK_FALSE(other.counts.timed);
    CHECK(other.counts[CounterId::cycles] == 0);
  }
}

TEST_CASE("the same launch takes the same cycles, whatever the host's threads") {
  for (const char* name : {"vortex-4x4", "vortex-4x4-2", "rv-gpu-mid", "kiesel"}) {
    const Ran first = run_loop(design(name), 1);
    for (const unsigned threads : {1u, 2u, 3u})
      CHECK(run_loop(design(name), threads).counts.totals == first.counts.totals);
    CHECK(first.counts[CounterId::cycles] > 0);
  }
}

TEST_CASE("clocks tell the design's cycles, when all before them is over") {
  for (const char* name : {"vortex-4x4", "rv-gpu-mid", "kiesel"}) {
    INFO(name);
    const auto time = [&](std::string_view what, unsigned threads = 1) {
      return stored(design(name), threads, measured("mcycle", what))[0];
    };
    const auto nothing = time("");
    const auto short_chain = time(repeated(20, "mul s1, s1, s1")),
               long_chain = time(repeated(60, "mul s1, s1, s1"));
    CHECK(nothing > 0);
    CHECK(nothing < 200);
    CHECK(short_chain >= 20);
    CHECK(long_chain >= short_chain + 40);
    CHECK(long_chain < 5000);
    CHECK(time("ld s1, 0(s0)") > nothing + 2);
    CHECK(time(repeated(60, "mul s1, s1, s1"), 3) == long_chain);
  }
  const auto c = design("kiesel");
  REQUIRE(c.target.counters);
  for (const char* clock : {"time", "cycle"}) CHECK(stored(c, 1, measured(clock, ""))[0] < 200);
}

TEST_CASE("clocks of other engines go on") {
  auto c = design("kiesel");
  for (const auto engine : {model::EngineChoice::kInterpreter, model::EngineChoice::kAuto}) {
    c.engine = engine;
    for (const char* clock : {"mcycle", "time", "cycle"})
      for (const auto value : stored(c, 1, measured(clock, repeated(2000, "mul s1, s1, s1")))) {
        CHECK(value > 0);
        CHECK(value < 60'000'000'000);
      }
  }
}

TEST_CASE("counters that a target does not have are illegal") {
  auto c = design("vortex-4x4");
  REQUIRE_FALSE(c.target.counters);
  for (const char* counter : {"time", "cycle", "instret"}) {
    Machine machine(c, test_service(), 1);
    const auto status = machine.run(
        machine.load(fmt::format("kernel:\n csrrs t0, {}, zero\n jalr zero, 0(ra)\n", counter)), {4, 4});
    REQUIRE_FALSE(status.ok());
    CHECK_THAT(status.error().reason, Contains("illegal instruction"));
  }
}

TEST_CASE("warp-cycles are stalls and instructions") {
  const Ran ran = run_loop(design("vortex-4x4"), 1);
  std::uint64_t stalls = 0;
  for (const CounterId id :
       {stall_fetch, stall_branch, stall_dependency, stall_memory, stall_unit, stall_issue, stall_barrier})
    stalls += ran.counts[id];
  // But for those behind a warp's last instruction, on its way through the pipeline.
  const std::uint64_t covered = stalls + ran.counts[instructions];
  CHECK(covered <= ran.counts[warp_cycles]);
  CHECK(ran.counts[warp_cycles] - covered <= 16 * ran.counts[warps]);
  CHECK(ran.counts[fetches] == ran.counts[instructions]);
  CHECK(ran.counts[alu_instructions] + ran.counts[fpu_instructions] + ran.counts[lsu_instructions] +
            ran.counts[sfu_instructions] ==
        ran.counts[instructions]);
}

TEST_CASE("a warp waits for the unit of its own issue slot") {
  // Warps of one issue slot divide, more than its unit has places for; those of the other one have nothing to
  // do.
  for (const char* leave : {"beq", "bne"}) {
    INFO(leave);
    std::string program = fmt::format("  andi t0, s1, 16\n  addi t1, zero, 77\n  {} t0, zero, done\n", leave);
    for (const char* to :
         {"t3", "t4", "t5", "t6", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11"})
      program += fmt::format("  divu {}, t1, t1\n", to);
    Machine machine(design("rv-gpu-mid"), test_service());
    std::uint64_t* const words = machine.buffer(64);
    const auto module = machine.load(kernel(program + "done:\n  sd s1, 0(s0)\n"));
    const auto counts = counts_of(machine, machine.launch(module, {64, 64}, {machine.address(words), 0}));
    CHECK(counts[stall_unit] > counts[stall_issue]);
  }
}

TEST_CASE("another value in the design's file is another time") {
  auto slow = design("vortex-4x4");
  const auto normal = run_loop(slow, 1).counts[CounterId::cycles];
  timing::find_design_key("latency", "multiply")->member(slow.design) = 60;
  CHECK(run_loop(slow, 1).counts[CounterId::cycles] > normal);
  auto far = design("vortex-4x4");
  timing::find_design_key("memory", "column_cycles")->member(far.design) = 400;
  CHECK(run_loop(far, 1).counts[CounterId::cycles] > normal + 400);
}

TEST_CASE("a product of matrices keeps its unit for as many steps as it has blocks") {
  const auto cycles = [](std::uint32_t interval, unsigned products) {
    auto c = design("rv-gpu-ai");
    timing::find_design_key("interval", "matrix")->member(c.design) = interval;
    std::string body;
    for (unsigned i = 0; i < products; ++i) body += "  wmma fp32, fp16\n";
    Machine machine(c, test_service());
    std::uint64_t* const words = machine.buffer(64);
    const auto module = machine.load(kernel(body + "  sd s1, 0(s0)\n"));
    const auto counts = counts_of(machine, machine.launch(module, {16, 16}, {machine.address(words), 0}));
    CHECK(counts[CounterId::matrix_products] == products);
    return counts[CounterId::cycles];
  };
  constexpr unsigned kSteps = 16;  // of 16 lanes
  CHECK(cycles(1, 3) - cycles(1, 2) >= kSteps);
  CHECK(cycles(4, 3) - cycles(4, 2) >= 4 * kSteps);
}

TEST_CASE("a fault is told as the interpreter tells it, and the next launch runs") {
  std::string told[2];
  for (const bool cycles : {false, true}) {
    auto c = design("vortex-4x4");
    if (!cycles) c.engine = model::EngineChoice::kInterpreter;
    Machine machine(c, test_service());
    const auto bad = machine.load(kernel("  ld t0, 0(zero)"));
    const Status status = machine.run(bad, {4, 4}, {0, 0});
    REQUIRE_FALSE(status);
    told[cycles] = status.error().reason;
    const auto good = machine.load(kernel("  sd s1, 0(s0)"));
    std::uint64_t* const words = machine.buffer(4);
    CHECK(machine.run(good, {4, 4}, {machine.address(words), 0}));
    CHECK(words[3] == 3);
  }
  CHECK(told[0] == told[1]);
}

TEST_CASE("a launch that never ends is stopped") {
  auto c = design("vortex-4x4");
  c.launch_seconds = 1;
  Machine machine(c, test_service());
  const auto module = machine.load(kernel("forever:\n  jal zero, forever"));
  const Status status = machine.run(module, {4, 4}, {0, 0});
  REQUIRE_FALSE(status);
  CHECK(status.error().code == Errc::kTimeout);
}

TEST_CASE("warps wait for each other at a barrier") {
  Machine machine(design("vortex-4x4"), test_service());
  std::uint64_t* const words = machine.buffer(16);
  // Each work-item reads what its neighbour across warps wrote before the barrier.
  const auto module = machine.load(kernel(R"(
  sd s1, 0(s0)
  csrrs t0, group_slot, zero
  csrrs t1, group_warps, zero
  bar t0, t1
  addi t2, s1, 5
  andi t2, t2, 15
  sh3add t3, t2, a0
  ld t4, 0(t3)
  bar t0, t1
  sd t4, 0(s0)
)"));
  const auto counts = counts_of(machine, machine.launch(module, {16, 16}, {machine.address(words), 0}));
  for (unsigned i = 0; i < 16; ++i) CHECK(words[i] == (i + 5) % 16);
  CHECK(counts[barriers] == 8);
  CHECK(counts[stall_barrier] > 0);
}

TEST_CASE("a design of which only a roofline is known runs nothing") {
  auto c = design("vortex-4x4");
  c.roofline.only = true;
  const auto device = model::ModelDevice::create(c, 1, model::HostLevel::kV4, test_service());
  REQUIRE_FALSE(device);
  CHECK_THAT(device.error().reason, Contains("roofline"));
}

}  // namespace
}  // namespace kiesel::device::test
