// The mechanisms of the cycle model, one by one.
#include <catch2/catch.hpp>

#include "device/timing/calendar.hpp"
#include "device/timing/design_table.hpp"
#include "device/timing/dispatch.hpp"
#include "device/timing/dram.hpp"
#include "device/timing/instructions.hpp"
#include "device/timing/shared_memory.hpp"
#include "device/timing/team.hpp"
#include "device/timing/wheel.hpp"

namespace kiesel::timing {
namespace {

Design design() {
  isa::Target target;
  target.warps = target.lanes = 4;
  target.local_memory_bytes = 16384;
  return design_for(target, 1);
}

TEST_CASE("a wheel gives its events at their cycles") {
  Wheel<int> wheel;
  CHECK(wheel.next(0) == kNever);
  wheel.add(5, 1);
  wheel.add(1000, 2);
  wheel.add(5, 3);
  CHECK(wheel.next(0) == 5);
  std::vector<int> seen;
  const auto take = [&](std::uint64_t cycle) {
    wheel.take(cycle, [&](int event) { seen.push_back(event); });
  };
  take(4);
  take(5);
  CHECK(seen == std::vector{1, 3});
  CHECK(wheel.next(6) == 1000);
  take(1000);
  wheel.add(1023 + 900, 4);  // around the wheel's end
  CHECK(wheel.next(1001) == 1923);
  CHECK(wheel.next(1923) == 1923);
}

TEST_CASE("what can be had once a cycle goes to the first who asks") {
  Calendar port;
  CHECK(port.take(7) == 7);
  CHECK(port.take(7) == 8);
  CHECK(port.take(3) == 3);
  CHECK(port.take(7) == 9);
}

std::vector<Answer> run(Cache& cache, std::uint64_t until) {
  for (std::uint64_t now = cache.next(0); now < until; now = cache.next(now + 1)) cache.step(now);
  return std::exchange(cache.answers, {});
}

TEST_CASE("a cache asks for a line once, answers who waits, and keeps it") {
  Design d = design();
  d.data_cache = {1024, 2, 64, 1, 4, 2, 13, 1};
  Cache cache(d.data_cache, 7);
  Bank& bank = cache.bank_of(3);
  bank.add({10, 3, 0, 100, false});
  bank.add({10, 3, 0, 101, false});
  CHECK(run(cache, 40).empty());
  REQUIRE(cache.below.size() == 1);
  CHECK(cache.below[0].line == 3);
  CHECK(cache.below[0].source == 7);
  CHECK(cache.below[0].cycle == 12);
  cache.fill(50, 3);
  const auto answers = run(cache, 100);
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].cycle == 51);
  CHECK(answers[1].cycle == 52);
  CHECK(answers[1].tag == 101);
  bank.add({60, 3, 0, 102, false});
  const auto hit = run(cache, 100);
  REQUIRE(hit.size() == 1);
  CHECK(hit[0].cycle == 62);
  CHECK(cache.counts.reads == 3);
  CHECK(cache.counts.read_misses == 2);
}

TEST_CASE("the line that came first goes first, and is written back when it was changed") {
  Design d = design();
  d.data_cache = {1024, 2, 64, 1, 4, 2, 13, 1};  // 8 sets of 2
  Cache cache(d.data_cache, 0);
  std::uint64_t now = 1;
  for (const std::uint64_t line : {0, 8, 16}) {
    cache.bank_of(line).add({now, line, 0, 0, line == 0});
    run(cache, now + 10);
    cache.fill(now + 10, line);
    run(cache, now + 30);
    now += 40;
  }
  REQUIRE(cache.below.size() == 4);
  CHECK(cache.below[3].write);
  CHECK(cache.below[3].line == 0);
  CHECK(cache.counts.evictions == 1);
  cache.bank_of(8).add({now, 8, 0, 1, false});
  CHECK(run(cache, now + 10).size() == 1);
  CHECK(cache.changed_lines() == 0);
}

TEST_CASE("no more requests wait for memory than a bank has places for") {
  Design d = design();
  d.data_cache = {4096, 4, 64, 1, 2, 2, 13, 1};
  Cache cache(d.data_cache, 0);
  for (std::uint64_t line = 0; line < 2; ++line) cache.bank_of(line).add({1, line, 0, 0, false});
  run(cache, 20);
  cache.bank_of(2).add({20, 2, 0, 0, false});
  run(cache, 40);
  CHECK(cache.below.size() == 2);
  cache.fill(40, 0);
  run(cache, 60);
  CHECK(cache.below.size() == 3);
}

TEST_CASE("memory opens rows, one bank after the other, and remembers them") {
  Design d = design();
  Dram dram(d, 64);
  const std::uint64_t first = dram.take({100, 0, 0, 0, false});
  CHECK(first == 100 + d.row_open_cycles + d.column_cycles);
  const std::uint64_t open = dram.take({1000, 2, 0, 0, false});
  CHECK(open == 1000 + d.column_cycles);
  // The same bank's next row.
  const std::uint64_t line = std::uint64_t{d.row_bytes} * d.memory_banks / 64;
  CHECK(dram.take({2000, line, 0, 0, false}) ==
        2000 + d.row_close_cycles + d.row_open_cycles + d.column_cycles);
  CHECK(dram.counts.row_misses == 2);
  d.refresh_interval = 1000;
  Dram rests(d, 64);
  CHECK(rests.take({3001, 0, 0, 0, false}) >= 3000 + d.refresh_cycles);
}

TEST_CASE("a second level answers what it has, and asks memory for the rest") {
  Design d = design();
  d.has_l2 = true;
  SharedMemory memory(d);
  const auto answer_of = [&](std::uint64_t cycle) {
    memory.add({cycle, 9, 0, 5, false});
    memory.run(cycle + 500);
    REQUIRE(memory.answers.size() == 1);
    return std::exchange(memory.answers, {})[0];
  };
  const Answer miss = answer_of(10), hit = answer_of(1000);
  CHECK(miss.tag == 5);
  CHECK(miss.cycle > 10 + d.column_cycles);
  CHECK(hit.cycle == 1000 + d.l2.hit_cycles);
  CHECK(memory.l2()->reads == 2);
  CHECK(memory.dram().reads == 1);
}

TEST_CASE("work-groups get as many places as there is local memory for, and each slot one warp of a group") {
  Design d = design();
  const LaunchShape shape{100, 2, 8192};
  GroupQueue groups{0, 100};
  Dispatch dispatch(d, shape, 1);
  std::vector<Dispatch::Start> starts;
  std::uint64_t idle = 0xF;
  for (std::uint64_t now = 1; now < 100; ++now) {
    Dispatch::Start start;
    if (!dispatch.step(now, idle, groups, start)) continue;
    starts.push_back(start);
    idle &= ~(std::uint64_t{1} << start.slot);
  }
  REQUIRE(starts.size() == 4);  // two groups of two warps: no local memory for a third
  CHECK(starts[0].group == 0);
  CHECK(starts[1].rank == 1);
  CHECK(starts[3].group == 1);
  CHECK(starts[3].slot == 3);
  CHECK(dispatch.next(100, 0, groups) == kNever);
}

TEST_CASE("facts of instructions: registers, operand banks, units") {
  const Design d = design();
  isa::Instruction add;
  add.op = isa::Op::add;
  add.rd = 1;
  add.rs1 = 4;
  add.rs2 = 8;
  const InstructionFacts facts = facts_of(add, d);
  CHECK(facts.writes == 1u << 1);
  CHECK(facts.uses == (1u << 1 | 1u << 4 | 1u << 8));
  CHECK(facts.collisions == 1);  // 4 and 8 lie in one bank of four
  isa::Instruction fma;
  fma.op = isa::Op::fmadd_s;
  fma.rd = 0;
  fma.rs1 = 1;
  fma.rs2 = 2;
  fma.rs3 = 3;
  const InstructionFacts real = facts_of(fma, d);
  CHECK(real.unit == Unit::kFpu);
  CHECK((real.writes & 1) == 1);  // the flags
  CHECK(real.collisions == 0);
  fma.op = isa::Op::fsgnj_s;
  CHECK((facts_of(fma, d).writes & 1) == 0);
}

TEST_CASE("a team does all parts of all rounds") {
  Team team(3);
  std::vector<std::uint64_t> sums(3);
  for (std::uint64_t round = 1; round <= 2000; ++round)
    team.run([&](unsigned member) { sums[member] += round; });
  for (const std::uint64_t sum : sums) CHECK(sum == 2000 * 2001 / 2);
}

TEST_CASE("values that do not go together are told by table and key") {
  const auto key_of = [](auto change) {
    Design d = design();
    change(d);
    const auto problem = check_design(d);
    return problem ? std::string(problem->table) + "." + std::string(problem->key) : "";
  };
  CHECK(key_of([](Design&) {}).empty());
  CHECK(key_of([](Design& d) { d.data_cache.bytes = 3 * 256; }) == "data_cache.bytes");
  CHECK(key_of([](Design& d) { d.issue_width = 3; }) == "issue.width");
  CHECK(key_of([](Design& d) { d.word_bytes = 128; }) == "lsu.word_bytes");
  CHECK(key_of([](Design& d) { d.has_l2 = true, d.l2.line_bytes = 128; }) == "l2.line_bytes");
  CHECK(key_of([](Design& d) { d.write_buffer_low = d.write_buffer; }) == "memory.write_buffer_low");
  CHECK(key_of([](Design& d) { d.data_cache.line_bytes = 96; }) == "data_cache.line_bytes");
}

}  // namespace
}  // namespace kiesel::timing
