#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "device/test/machine.hpp"

namespace kiesel::device::test {
namespace {

// The kernel's result for each work-item, one group of `size`.
std::vector<std::uint64_t> results(unsigned lanes, unsigned size, std::string_view body) {
  Machine machine(lanes, 64 / lanes > 1 ? 64 / lanes : 1);
  std::uint64_t* out = machine.buffer(size);
  const auto status = machine.run(machine.load(kernel(body)), {size, size}, {machine.address(out)});
  INFO((status.ok() ? "" : status.error().reason));
  REQUIRE(status.ok());
  return {out, out + size};
}

const unsigned kLanes[] = {1, 2, 4, 8, 16, 32, 64};

TEST_CASE("work-items know their numbers") {
  for (const unsigned lanes : kLanes) {
    Machine machine(lanes, 64 / lanes);
    std::uint64_t* out = machine.buffer(210);
    const auto module = machine.load(kernel("sd s1, 0(s0)"));
    for (const unsigned local : {1u, 3u, 7u, 35u, 42u}) {
      std::fill(out, out + 210, 0);
      REQUIRE(machine.run(module, {210, local}, {machine.address(out)}).ok());
      for (unsigned i = 0; i < 210; ++i) REQUIRE(out[i] == i);
    }
  }
}

TEST_CASE("split runs both sides and join brings the lanes together") {
  for (const unsigned lanes : kLanes) {
    const auto out = results(lanes, 50, R"(
      andi t0, s1, 1
      addi t3, zero, 0
      split t1, t0
      beq t0, zero, else
      addi t3, t3, 100
      jal zero, end
    else:
      addi t3, t3, 200
    end:
      join t1
      addi t3, t3, 1
      sd t3, 0(s0)
    )");
    for (unsigned i = 0; i < 50; ++i) CHECK(out[i] == (i & 1 ? 101 : 201));
  }
}

TEST_CASE("split.n guards the branch on the opposite condition, and splits nest") {
  for (const unsigned lanes : kLanes) {
    const auto out = results(lanes, 64, R"(
      andi t0, s1, 1
      andi t2, s1, 2
      sltu t2, zero, t2
      addi t3, zero, 0
      split.n t1, t0
      bne t0, zero, odd
      split t4, t2
      beq t2, zero, inner
      addi t3, t3, 10
    inner:
      join t4
      jal zero, end
    odd:
      addi t3, t3, 1
    end:
      join t1
      sd t3, 0(s0)
    )");
    for (unsigned i = 0; i < 64; ++i) CHECK(out[i] == (i & 1 ? 1 : i & 2 ? 10 : 0));
  }
}

TEST_CASE("a token lives in other registers and on the stack") {
  for (const unsigned lanes : kLanes) {
    const auto out = results(lanes, 64, R"(
      andi t0, s1, 1
      andi t2, s1, 2
      sltu t2, zero, t2
      addi t3, zero, 0
      split t1, t0
      sd t1, -16(sp)
      addi t1, zero, 77
      beq t0, zero, end
      split t4, t2
      addi t5, t4, 0
      addi t4, zero, 66
      beq t2, zero, inner
      addi t3, t3, 10
    inner:
      join t5
      add t3, t3, t5
    end:
      ld t6, -16(sp)
      join t6
      sd t3, 0(s0)
    )");
    for (unsigned i = 0; i < 64; ++i) CHECK(out[i] == (i & 1 ? (i & 2 ? 10U : 0U) + (lanes > 1) : 0U));
  }
}

// Of the two sides the one with more lanes comes first; behind the join of the other one all go on.
TEST_CASE("sides with a join each go on behind the last one") {
  const unsigned of_four = GENERATE(1u, 3u);  // lanes that do something before their join
  for (const unsigned lanes : kLanes) {
    const auto out = results(lanes, 64, "andi t0, s1, 3\n sltiu t0, t0, " + std::to_string(of_four) + R"(
      addi t3, zero, 0
      split t1, t0
      beq t0, zero, other
      addi t3, t3, 10
      join t1
      addi t3, t3, 100
      jal zero, end
    other:
      join t1
    end:
      sd t3, 0(s0)
    )");
    for (unsigned i = 0; i < 64; ++i) {
      const bool does = i % 4 < of_four;
      unsigned doing = 0;
      for (unsigned j = i / lanes * lanes; j < (i / lanes + 1) * lanes; ++j) doing += j % 4 < of_four;
      const bool apart = doing && doing != lanes;
      CHECK(out[i] == (does ? 10U : 0U) + ((apart ? 2 * doing < lanes : does) ? 100U : 0U));
    }
  }
}

TEST_CASE("pred keeps the lanes that still loop and restores the others at the end") {
  for (const unsigned lanes : kLanes) {
    const auto out = results(lanes, 40, R"(
      addi t0, s1, 1
      addi t3, zero, 0
      csrrs t4, active_lanes, zero
    loop:
      addi t3, t3, 3
      addi t0, t0, -1
      sltu t1, zero, t0
      pred t1, t4
      bne t1, zero, loop
      addi t3, t3, 1000
      sd t3, 0(s0)
    )");
    for (unsigned i = 0; i < 40; ++i) CHECK(out[i] == 3 * (i + 1) + 1000);
  }
}

TEST_CASE("pred.n leaves when the condition holds") {
  const auto out = results(8, 40, R"(
      addi t0, s1, 1
      addi t3, zero, 0
      csrrs t4, active_lanes, zero
    loop:
      addi t3, t3, 3
      addi t0, t0, -1
      sltiu t1, t0, 1
      pred.n t1, t4
      beq t1, zero, loop
      sd t3, 0(s0)
    )");
  for (unsigned i = 0; i < 40; ++i) CHECK(out[i] == 3 * (i + 1));
}

TEST_CASE("votes are over the active lanes") {
  for (const unsigned lanes : {4u, 8u, 32u}) {
    const auto out = results(lanes, 64, R"(
      csrrs t0, lane_id, zero
      sltiu t1, t0, 2
      vote.ballot t2, t1
      vote.all t3, t1
      vote.any t4, t1
      vote.uni t5, t1
      slli t3, t3, 60
      slli t4, t4, 61
      slli t5, t5, 62
      or t2, t2, t3
      or t2, t2, t4
      or t2, t2, t5
      sd t2, 0(s0)
    )");
    for (unsigned i = 0; i < 64; ++i) CHECK(out[i] == (3u | std::uint64_t{1} << 61));
  }
}

TEST_CASE("a vote in a side of a split sees that side only") {
  const auto out = results(8, 8, R"(
      andi t0, s1, 1
      split t1, t0
      beq t0, zero, else
      vote.ballot t3, t0
      jal zero, end
    else:
      vote.all t3, t0
    end:
      join t1
      sd t3, 0(s0)
    )");
  for (unsigned i = 0; i < 8; ++i) CHECK(out[i] == (i & 1 ? 0xAA : 0));
}

struct ShuffleCase {
  const char* name;
  unsigned b, c, mask;
  unsigned (*source)(unsigned lane);
};

TEST_CASE("shuffles take another lane's value") {
  constexpr ShuffleCase kCases[] = {
      {"shfl.up", 1, 0, 0, [](unsigned l) { return l == 0 ? 0 : l - 1; }},
      {"shfl.down", 2, 7, 0, [](unsigned l) { return l + 2 > 7 ? l : l + 2; }},
      {"shfl.bfly", 3, 7, 0, [](unsigned l) { return l ^ 3; }},
      {"shfl.idx", 5, 7, 0, [](unsigned) { return 5u; }},
      {"shfl.idx", 1, 3, 4, [](unsigned l) { return (l & 4) + 1; }},
      {"shfl.up", 1, 0, 4, [](unsigned l) { return (l & 3) == 0 ? l : l - 1; }},
      {"shfl.down", 1, 3, 4, [](unsigned l) { return (l & 3) == 3 ? l : l + 1; }},
  };
  for (const ShuffleCase& c : kCases) {
    const unsigned how = c.mask << 12 | c.c << 6 | c.b;
    const auto out = results(8, 8,
                             "lui t1, " + std::to_string((how + 0x800) >> 12) + "\n addiw t1, t1, " +
                                 std::to_string(static_cast<int>(how & 0xFFF) - (how & 0x800 ? 4096 : 0)) +
                                 "\n addi t0, s1, 70\n " + c.name + " t2, t0, t1\n sd t2, 0(s0)");
    INFO(c.name << " b=" << c.b << " c=" << c.c << " mask=" << c.mask);
    for (unsigned i = 0; i < 8; ++i) CHECK(out[i] == 70 + c.source(i));
  }
}

TEST_CASE("instructions that the comparison with qemu leaves out") {
  const auto out = results(8, 64, R"(
      addi t0, zero, 1
      sll t0, t0, s1
      ctzw t1, t0
      andi t2, s1, 3
      czero.eqz t3, s1, t2
      czero.nez t4, s1, t2
      slli t3, t3, 8
      slli t4, t4, 16
      or t1, t1, t3
      or t1, t1, t4
      sd t1, 0(s0)
    )");
  for (unsigned i = 0; i < 64; ++i)
    CHECK(out[i] == ((i < 32 ? i : 32) | (i & 3 ? i << 8 : 0) | (i & 3 ? 0 : i << 16)));
}

TEST_CASE("lr and sc: the lane whose word is untouched stores") {
  const auto out = results(8, 8, R"(
      lr.d t0, (s0)
      addi t1, s1, 5
      sc.d t2, t1, (s0)
      sc.d t3, t1, (s0)
      ld t4, 0(s0)
      slli t2, t2, 8
      slli t3, t3, 9
      add t4, t4, t2
      add t4, t4, t3
      sd t4, 0(s0)
    )");
  for (unsigned i = 0; i < 8; ++i) CHECK(out[i] == i + 5 + 512);
}

TEST_CASE("a barrier holds every warp until all have come") {
  for (const unsigned lanes : kLanes) {
    Machine machine(lanes, 64 / lanes);
    std::uint64_t* out = machine.buffer(64);
    // Each work-item puts its number into local memory and reads its opposite's after the barrier, ten times.
    const auto module = machine.load(kernel(R"(
      csrrs t0, group_local, zero
      csrrs t1, group_slot, zero
      csrrs t2, group_warps, zero
      sh3add t3, s1, t0
      xori t4, s1, 63
      sh3add t4, t4, t0
      addi t5, zero, 10
      addi s2, zero, 0
    loop:
      add t6, s1, t5
      sd t6, 0(t3)
      bar t1, t2
      ld t6, 0(t4)
      add s2, s2, t6
      bar t1, t2
      addi t5, t5, -1
      bne t5, zero, loop
      sd s2, 0(s0)
    )"));
    Launch launch = machine.launch(module, {64, 64}, {machine.address(out)});
    launch.local_memory_bytes = 64 * 8;
    const auto status = machine.run(launch);
    INFO((status.ok() ? "" : status.error().reason));
    REQUIRE(status.ok());
    for (unsigned i = 0; i < 64; ++i) CHECK(out[i] == 10 * (i ^ 63) + 55);
  }
}

TEST_CASE("one work-group after the other goes through its barriers") {
  constexpr unsigned kLocal = 64, kGroups = 40, kRounds = 10;
  Machine machine(32, 2);
  std::uint64_t* out = machine.buffer(kLocal * kGroups);
  const auto module = machine.load(R"(
kernel:
  csrrs t0, mscratch, zero
  ld a0, 128(t0)
  csrrs s1, local_id_x, zero
  csrrs t1, group_id_x, zero
  csrrs t2, group_id_y, zero
  csrrs t3, num_groups_x, zero
  mul t2, t2, t3
  add s3, t1, t2
  slli t1, s3, 6
  add t1, t1, s1
  sh3add s0, t1, a0
  csrrs t0, group_local, zero
  csrrs t1, group_slot, zero
  csrrs t2, group_warps, zero
  sh3add t3, s1, t0
  xori t4, s1, 63
  sh3add t4, t4, t0
  addi t5, zero, 10
  addi s2, zero, 0
loop:
  add t6, s3, t5
  sd t6, 0(t3)
  bar t1, t2
  ld t6, 0(t4)
  add s2, s2, t6
  bar t1, t2
  addi t5, t5, -1
  bne t5, zero, loop
  sd s2, 0(s0)
  jalr zero, 0(ra)
)");
  Launch launch = machine.launch(module, {1, 1}, {machine.address(out)});
  launch.region = regions_of(2, {}, {kLocal * 5, kGroups / 5, 1}, {kLocal, 1, 1}).front();
  launch.local_memory_bytes = kLocal * 8;
  const auto status = machine.run(launch);
  INFO((status.ok() ? "" : status.error().reason));
  REQUIRE(status.ok());
  REQUIRE(machine.was_translated());
  for (unsigned i = 0; i < kLocal * kGroups; ++i) REQUIRE(out[i] == kRounds * (i / kLocal) + 55);
  constexpr std::uint64_t kInLoop = 8, kOutside = 32;  // with those of _start
  CHECK(machine.counter("barriers") == kGroups * kRounds * 2);
  CHECK(machine.counter("work-groups") == kGroups);
  CHECK(machine.counter("warps") == kGroups * 2);
  CHECK(machine.counter("instructions") == kGroups * 2 * (kInLoop * kRounds + kOutside));
}

TEST_CASE("a split-phase barrier waits at its second half") {
  Machine machine(8, 8);
  std::uint64_t* out = machine.buffer(64);
  const auto module = machine.load(kernel(R"(
      csrrs t0, group_local, zero
      csrrs t1, group_slot, zero
      csrrs t2, group_warps, zero
      sh3add t3, s1, t0
      sd s1, 0(t3)
      bar.arrive t5, t1, t2
      xori t4, s1, 63
      sh3add t4, t4, t0
      bar.wait t1, t5
      ld t6, 0(t4)
      sd t6, 0(s0)
  )"));
  Launch launch = machine.launch(module, {64, 64}, {machine.address(out)});
  launch.local_memory_bytes = 64 * 8;
  REQUIRE(machine.run(launch).ok());
  for (unsigned i = 0; i < 64; ++i) CHECK(out[i] == (i ^ 63));
}

TEST_CASE("private memory is each lane's own") {
  for (const unsigned lanes : kLanes) {
    const auto out = results(lanes, 64, R"(
      addi sp, sp, -64
      sd s1, 8(sp)
      sw s1, 20(sp)
      sb s1, 31(sp)
      andi t0, s1, 3
      sh3add t0, t0, sp
      sd s1, 32(t0)
      ld t1, 8(sp)
      lw t2, 20(sp)
      lbu t3, 31(sp)
      ld t4, 32(t0)
      add t1, t1, t2
      add t1, t1, t3
      add t1, t1, t4
      addi sp, sp, 64
      sd t1, 0(s0)
    )");
    for (unsigned i = 0; i < 64; ++i) CHECK(out[i] == 4 * i);
  }
}

TEST_CASE("hundreds of words of private memory live through a split") {
  constexpr unsigned kWords = 450;  // 3,600 bytes: reached from two registers
  const auto word = [](unsigned i) {
    return i < 225 ? fmt::format("{}(s2)", i * 8) : fmt::format("{}(s3)", (i - 225) * 8);
  };
  std::string body = "  addi s2, sp, -1800\n  addi s3, sp, -1800\n  addi s2, s2, -1800\n  addi t5, s1, 0\n";
  for (unsigned i = 0; i < kWords; ++i) body += fmt::format("  addi t5, t5, {}\n  sd t5, {}\n", i, word(i));
  body += R"(
    andi t0, s1, 1
    split t1, t0
    beq t0, zero, end
    ld t5, 0(s2)
    addi t5, t5, 1000
    sd t5, 0(s2)
  end:
    join t1
    addi t4, zero, 0
)";
  for (unsigned i = 0; i < kWords; ++i) body += fmt::format("  ld t5, {}\n  add t4, t4, t5\n", word(i));
  body += "  sd t4, 0(s0)\n";
  for (const unsigned lanes : {4u, 32u}) {
    const auto out = results(lanes, 64, body);
    for (unsigned id = 0; id < 64; ++id) {
      std::uint64_t sum = id & 1 ? 1000 : 0;
      for (std::uint64_t i = 0, value = id; i < kWords; ++i) sum += value += i;
      REQUIRE(out[id] == sum);
    }
  }
}

TEST_CASE("tmc changes the active lanes") {
  const auto out = results(8, 8, R"(
      addi t0, zero, 60
      addi t1, zero, 255
      tmc t0
      sd t0, 0(s0)
      tmc t1
  )");
  for (unsigned i = 0; i < 8; ++i) CHECK(out[i] == (i >= 2 && i < 6 ? 60 : 0));
}

TEST_CASE("atomics of all lanes, warps and groups add up") {
  for (const unsigned lanes : {1u, 8u, 32u}) {
    Machine machine(lanes, 64 / lanes > 4 ? 4 : 64 / lanes, 2);
    std::uint64_t* out = machine.buffer(8);
    out[2] = ~std::uint64_t{0};
    const auto module = machine.load(kernel(R"(
      addi t0, zero, 1
      amoadd.w t1, t0, (a0)
      addi t2, a0, 8
      amomaxu.d zero, s1, (t2)
      addi t2, a0, 16
      amominu.d zero, s1, (t2)
      addi t2, a0, 24
      ld t3, 0(t2)
      csrrs s2, active_lanes, zero
    retry:
      addi t4, t3, 2
      addi t5, t3, 0
      amocas.d t5, t4, (t2)
      xor t6, t5, t3
      sltu t6, zero, t6
      addi t3, t5, 0
      pred t6, s2
      bne t6, zero, retry
    )"));
    const unsigned local = lanes * 2;
    const auto status = machine.run(module, {local * 100, local}, {machine.address(out)});
    INFO((status.ok() ? "" : status.error().reason));
    REQUIRE(status.ok());
    CHECK(out[0] == local * 100);
    CHECK(out[1] == local * 100 - 1);
    CHECK(out[2] == 0);
    CHECK(out[3] == 2 * local * 100);
  }
}

}  // namespace
}  // namespace kiesel::device::test
