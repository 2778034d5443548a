// What a counted launch says, against numbers that follow from the program by hand, and against the counters
// that every launch keeps.
#include <atomic>
#include <catch2/catch.hpp>
#include <numeric>
#include <thread>

#include "device/counters_page.hpp"
#include "device/test/machine.hpp"
#include "support/file.hpp"

namespace kiesel::device::test {
namespace {

using enum CounterId;

struct Counted {
  Status status;
  LaunchCounts counts;

  // Of the instructions whose counts are not zero.
  std::uint64_t sum(CounterId id) const {
    return std::accumulate(
        counts.instructions.begin(), counts.instructions.end(), std::uint64_t{0},
        [&](std::uint64_t all, const InstructionCounts& c) { return all + c[static_cast<std::size_t>(id)]; });
  }
};

Counted run_counted(Machine& machine, const Launch& launch) {
  std::atomic<bool> finished{false};
  Counted out;
  machine.device().submit(launch,
                          [&](const Completion& completion) {
                            out.status = completion.status;
                            REQUIRE(completion.counts);
                            out.counts = *completion.counts;
                            finished = true;
                          },
                          {.counted = true});
  while (!finished)
    if (!machine.device().help()) std::this_thread::yield();
  return out;
}

Counted run_counted(Machine& machine, std::string_view body, Machine::Range range,
                    std::vector<std::uint64_t> arguments, std::uint32_t local_memory = 0) {
  Launch launch = machine.launch(machine.load(kernel(body)), range, arguments);
  launch.local_memory_bytes = local_memory;
  return run_counted(machine, launch);
}

// What each warp executes around a body: start-up code, prologue, return, wsync and tmc.
constexpr std::uint64_t kAround = 9 + 9 + 1 + 2;

TEST_CASE("a launch without the wish is not counted") {
  Machine machine;
  std::atomic<bool> finished{false};
  machine.device().submit(machine.launch(machine.load(kernel("")), {1, 1}, {0, 0}), [&](const Completion& c) {
    CHECK_FALSE(c.counts);
    finished = true;
  });
  while (!finished)
    if (!machine.device().help()) std::this_thread::yield();
  CHECK(machine.counter("counted: launches") == 0);
}

TEST_CASE("instructions are counted by what they do") {
  Machine machine(4, 4);
  const std::uint64_t* const buffer = machine.buffer(64);
  // 3 groups of 6 work-items: each a whole warp and one of two lanes.
  const auto [status, counts] = [&] {
    const Counted c = run_counted(machine, R"(
      mul t0, s1, s1
      divu t0, t0, s1
      fmadd.s fa0, fa1, fa2, fa3
      fadd.s fa0, fa0, fa0
      fdiv.s fa0, fa0, fa0
      fsgnj.s fa0, fa0, fa0
      amoadd.w t0, s1, (a1)
      vote.any t0, t0
      fence
    )",
                                  {18, 6}, {machine.address(buffer), machine.address(buffer)});
    CHECK(c.sum(instructions) == c.counts[instructions]);
    CHECK(c.sum(lane_instructions) == c.counts[lane_instructions]);
    return std::pair(c.status, c.counts);
  }();
  REQUIRE(status.ok());
  CHECK(counts[work_groups] == 3);
  CHECK(counts[warps] == 6);
  CHECK(counts[instructions] == 6 * (9 + kAround));
  CHECK(counts[lane_instructions] == 18 * (9 + kAround));
  CHECK(counts[multiplications] == 6 * (1 + 2));  // two in what is around it
  CHECK(counts[divisions] == 6);
  CHECK(counts[float_operations] == 6 * 3);
  CHECK(counts[float_divisions] == 6);
  CHECK(counts[flops] == 18 * 4);
  CHECK(counts[atomics] == 6);
  CHECK(counts[votes] == 6);
  CHECK(counts[fences] == 6);
  CHECK(counts[branches] == 6 * 3);  // behind the end, to the kernel, and back
  CHECK(counts[global_loads] == 6 * 4);
  CHECK(counts[load_bytes] == 18 * (4 * 8 + 4));
  CHECK(counts[store_bytes] == 18 * 4);
  CHECK(counts[divergent] == 0);
  CHECK_FALSE(counts.timed);
  CHECK(machine.counter("counted: launches") == 1);
  CHECK(machine.counter("counted: instructions") == counts[instructions]);
}

TEST_CASE("lines are counted for each instruction of a warp") {
  struct Case {
    const char* address;  // of t1, from the lane's number in s1
    std::uint64_t lines;
  };
  const Case kCases[] = {
      {"andi t1, s1, 0", 1},                    // one address
      {"slli t1, s1, 3", 4},                    // side by side: 32 * 8 bytes
      {"slli t1, s1, 6", 32},                   // a line each
      {"xori t1, s1, 31\n slli t1, t1, 3", 4},  // backwards
      {"andi t1, s1, 1\n slli t1, t1, 6", 2},   // to and fro
      {"slli t1, s1, 3\n addi t1, t1, 8", 5},   // across a line's end
  };
  for (const Case& c : kCases) {
    Machine machine(32, 1);
    const std::uint64_t* const buffer = machine.buffer(512);
    const auto counted = run_counted(machine, std::string(c.address) + "\n add t1, t1, a1\n ld t2, 0(t1)",
                                     {32, 32}, {machine.address(buffer), machine.address(buffer)});
    INFO(c.address);
    REQUIRE(counted.status.ok());
    CHECK(counted.counts[lines] == c.lines + 4);  // of the launch block
    CHECK(counted.counts[global_loads] == 1 + 4);
  }
}

TEST_CASE("banks of local memory that lanes want at the same time") {
  struct Case {
    const char* offset;
    std::uint64_t conflicts;
  };
  const Case kCases[] = {
      {"andi t1, s1, 0", 0},  // the same word
      {"slli t1, s1, 3", 0},  // a bank each
      {"slli t1, s1, 4", 1},  // every other bank, twice
      {"slli t1, s1, 6", 7},  // one bank: 8 lanes of 8 banks of 8 bytes
      {"slli t1, s1, 2", 0},  // two lanes a word
  };
  for (const Case& c : kCases) {
    Machine machine(8, 1);
    const std::uint64_t* const buffer = machine.buffer(64);
    const auto counted = run_counted(machine, std::string(c.offset) + R"(
      csrrs t0, group_local, zero
      add t1, t1, t0
      sw s1, 0(t1)
      lw t2, 0(t1))",
                                     {8, 8}, {machine.address(buffer), machine.address(buffer)}, 512);
    INFO(c.offset);
    REQUIRE(counted.status.ok());
    CHECK(counted.counts[bank_conflicts] == 2 * c.conflicts);
    CHECK(counted.counts[local_stores] == 1);
    CHECK(counted.counts[local_loads] == 1);
    CHECK(counted.counts[store_bytes] == 8 * 4);
  }
}

TEST_CASE("each lane's memory is told by its address") {
  Machine machine(4, 1);
  const std::uint64_t* const buffer = machine.buffer(64);
  // Lane 0 stores to private, the others to local memory: one instruction that is both.
  const auto counted = run_counted(machine, R"(
      csrrs t0, group_local, zero
      addi t1, sp, -8
      czero.nez t1, t1, s1
      czero.eqz t0, t0, s1
      or t1, t1, t0
      sd s1, 0(t1)
      sd s1, -16(sp))",
                                   {4, 4}, {machine.address(buffer), machine.address(buffer)}, 64);
  REQUIRE(counted.status.ok());
  CHECK(counted.counts[private_stores] == 2);
  CHECK(counted.counts[local_stores] == 1);
  CHECK(counted.counts[global_stores] == 0);
  CHECK(counted.counts[lines] == 4);  // of the launch block
}

TEST_CASE("splits and loop ends at which lanes part") {
  Machine machine(8, 2);
  const std::uint64_t* const buffer = machine.buffer(64);
  // The first warp's lanes agree at the split, the second one's do not. Each lane loops (number & 3) + 1
  // times: three loop ends part the lanes, the fourth brings them together.
  const auto counted = run_counted(machine, R"(
      sltiu t0, s1, 12
      split t1, t0
      beq t0, zero, end
      addi t3, t3, 1
    end:
      join t1
      andi t0, s1, 3
      addi t0, t0, 1
      csrrs t4, active_lanes, zero
    loop:
      addi t0, t0, -1
      sltu t2, zero, t0
      pred t2, t4
      bne t2, zero, loop)",
                                   {16, 16}, {machine.address(buffer), machine.address(buffer)});
  REQUIRE(counted.status.ok());
  CHECK(counted.counts[divergent] == 1 + 2 * 3);
  const auto& of = counted.counts.instructions;
  CHECK(std::ranges::count_if(
            of, [](const auto& c) { return c[static_cast<std::size_t>(divergent)] != 0; }) == 2);
  // split, join for both sides, pred; tmc and wsync at the end
  CHECK(counted.counts[mask_changes] == 2 + (1 + 2) + 2 * 4 + 2 * 2);
}

TEST_CASE("warps that arrive at barriers") {
  Machine machine(4, 8);
  const std::uint64_t* const buffer = machine.buffer(64);
  const auto counted = run_counted(machine, R"(
      addi t0, zero, 0
      csrrs t1, group_warps, zero
      bar t0, t1
      bar t0, t1)",
                                   {32, 16}, {machine.address(buffer), machine.address(buffer)});
  REQUIRE(counted.status.ok());
  CHECK(counted.counts[barriers] == 2 * 8);
  CHECK(machine.counter("barriers") == 2 * 2);
}

constexpr const char* kMixed = R"(
      addi t5, s1, 1
      csrrs t4, active_lanes, zero
    loop:
      slli t3, t5, 3
      andi t3, t3, 504
      add t3, t3, a1
      amoadd.d t2, t5, (t3)
      sd t2, -64(sp)
      addi t5, t5, -1
      sltu t1, zero, t5
      pred t1, t4
      bne t1, zero, loop)";

TEST_CASE("counts do not depend on the host's threads, nor on who runs the launch otherwise") {
  LaunchCounts first;
  for (const unsigned threads : {1u, 2u, 7u}) {
    Machine machine(16, 4, threads);
    const std::uint64_t* const out = machine.buffer(1024);
    const auto launch = machine.launch(machine.load(kernel(kMixed)), {2000, 40},
                                       {machine.address(out), machine.address(out)});
    const auto [status, counts] = [&] {
      Counted c = run_counted(machine, launch);
      return std::pair(c.status, c.counts);
    }();
    REQUIRE(status.ok());
    // The same launch without: its numbers come from the engine itself.
    const std::uint64_t before = machine.counter("instructions"),
                        lanes_before = machine.counter("lane-instructions");
    CHECK(before == counts[instructions]);
    CHECK(lanes_before == counts[lane_instructions]);
    REQUIRE(machine.run(launch).ok());
    CHECK(machine.counter("instructions") - before == counts[instructions]);
    CHECK(machine.counter("lane-instructions") - lanes_before == counts[lane_instructions]);
    if (threads == 1) first = counts;
    CHECK(counts.totals == first.totals);
    CHECK(counts.instructions == first.instructions);
  }
  // Accesses and classes add up.
  const std::uint64_t classes = first[integer_operations] + first[multiplications] + first[divisions] +
                                first[branches] + first[mask_changes] + first[csr_accesses] +
                                first[global_loads] + first[private_stores] + first[atomics];
  CHECK(classes == first[instructions]);
  const std::uint64_t lanes = first[integer_lanes] + first[multiplication_lanes] + first[division_lanes] +
                              first[branch_lanes] + first[mask_lanes] + first[csr_lanes] +
                              first[global_load_lanes] + first[private_store_lanes] + first[atomic_lanes];
  CHECK(lanes == first[lane_instructions]);
  CHECK(first[atomic_lanes] < first[atomics] * 16);  // lanes leave the loop one after the other
}

TEST_CASE("a launch that ends with a fault has counts up to it") {
  Machine machine(4, 1);
  const std::uint64_t* const buffer = machine.buffer(8);
  const auto counted = run_counted(machine, "addi t0, zero, 1\n ld t1, 0(zero)\n addi t0, zero, 1", {4, 4},
                                   {machine.address(buffer), machine.address(buffer)});
  REQUIRE_FALSE(counted.status.ok());
  CHECK(counted.counts[instructions] == kAround - 3 + 2);
  // The next one begins with nothing.
  const auto next = run_counted(machine, "", {4, 4}, {machine.address(buffer), machine.address(buffer)});
  REQUIRE(next.status.ok());
  CHECK(next.counts[instructions] == kAround);
}

TEST_CASE("counts of one module are added by instruction") {
  LaunchCounts a, b;
  a.code_begin = 0x1008;
  a.instructions.assign(2, InstructionCounts{5});
  a[instructions] = 10;
  b.code_begin = 0x1000;
  b.instructions.assign(3, InstructionCounts{1});
  b.timed = true;
  b.clock_khz = 7;
  b[instructions] = 3;
  a += b;
  CHECK(a.code_begin == 0x1000);
  REQUIRE(a.instructions.size() == 4);
  CHECK(a.instructions[0][0] == 1);
  CHECK(a.instructions[2][0] == 6);
  CHECK(a.instructions[3][0] == 5);
  CHECK(a[instructions] == 13);
  CHECK((a.timed && a.clock_khz == 7));
  LaunchCounts far;
  far.code_begin = 0x2000;
  far.instructions.assign(1, InstructionCounts{9});
  a += far;
  CHECK(a.instructions.size() == 0x1000 / 4 + 1);
  CHECK(a.instructions.back()[0] == 9);
}

TEST_CASE("docs/counters.md is what the list makes") {
  const auto page = read_text_file(KIESEL_SOURCE_DIR "/docs/counters.md");
  REQUIRE(page);
  CHECK(*page == counters_page());
}

}  // namespace
}  // namespace kiesel::device::test
