#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "device/test/machine.hpp"

namespace kiesel::device::test {
namespace {

// a0 = argument 0, s0 = its element of this work-item, s1 = the work-item's number (one dimension, no
// offset).
constexpr const char* kPrologue = R"(
kernel:
  csrrs t0, mscratch, zero
  ld a0, 128(t0)
  ld a1, 136(t0)
  csrrs t1, group_id_x, zero
  csrrs t2, local_size_x, zero
  mul t1, t1, t2
  csrrs t2, local_id_x, zero
  add s1, t1, t2
  sh3add s0, s1, a0
)";
constexpr const char* kReturn = "\n  jalr zero, 0(ra)\n";

std::string kernel(std::string_view body) { return kPrologue + std::string(body) + kReturn; }

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
  constexpr std::uint64_t kInLoop = 8, kOutside = 30;  // with those of _start
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

// The interpreter keeps what is uniform, or grows evenly from lane to lane, once for a warp (lanes.hpp).
struct LineCase {
  const char* name;
  const char* body;  // leaves its result in t3
  std::uint64_t (*expected)(std::uint64_t item, unsigned lanes);
};

std::uint64_t narrow(std::uint64_t v) {
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(v)));
}

TEST_CASE("registers with the same value in all lanes, or one that grows from lane to lane") {
  constexpr LineCase kCases[] = {
      {"a uniform register written in one side of a split", R"(
        addi t3, zero, 7
        andi t0, s1, 1
        split t1, t0
        beq t0, zero, end
        addi t3, zero, 9
      end:
        join t1
      )",
       [](std::uint64_t i, unsigned) { return std::uint64_t{i & 1 ? 9u : 7u}; }},
      {"a uniform register that one side writes with the value it has", R"(
        addi t3, zero, 7
        andi t0, s1, 1
        split t1, t0
        beq t0, zero, end
        addi t3, zero, 7
      end:
        join t1
        addi t3, t3, 1
      )",
       [](std::uint64_t, unsigned) { return std::uint64_t{8}; }},
      {"both sides write from uniform registers", R"(
        addi t4, zero, 100
        addi t5, zero, 30
        andi t0, s1, 1
        split t1, t0
        beq t0, zero, else
        sub t3, t4, t5
        jal zero, end
      else:
        add t3, t4, t5
      end:
        join t1
      )",
       [](std::uint64_t i, unsigned) { return std::uint64_t{i & 1 ? 70u : 130u}; }},
      {"a sloped register written in one side", R"(
        addi t3, s1, 5
        andi t0, s1, 1
        split t1, t0
        beq t0, zero, end
        slli t3, s1, 3
      end:
        join t1
      )",
       [](std::uint64_t i, unsigned) { return i & 1 ? i * 8 : i + 5; }},
      {"a uniform predicate does not split", R"(
        addi t0, zero, 1
        addi t3, zero, 1
        split t1, t0
        beq t0, zero, end
        addi t3, s1, 2
      end:
        join t1
        split.n t1, t0
        bne t0, zero, end2
        addi t3, zero, 0
      end2:
        join t1
      )",
       [](std::uint64_t i, unsigned) { return i + 2; }},
      {"a predicate with a slope", R"(
        addi t3, zero, 1
        split t1, s1
        andi t0, s1, 1
        beq t0, zero, end
        addi t3, zero, 2
      end:
        join t1
      )",
       [](std::uint64_t i, unsigned) { return std::uint64_t{1 + (i & 1)}; }},
      {"addw wraps in the middle of a warp", R"(
        lui t0, 0x80000
        addiw t0, t0, -20
        addw t3, t0, s1
      )",
       [](std::uint64_t i, unsigned) { return narrow(0x7FFFFFECu + i); }},
      {"addiw wraps from the highest to the lowest", R"(
        lui t0, 0x80000
        addi t0, t0, -3
        add t0, t0, s1
        addiw t3, t0, 0
      )",
       [](std::uint64_t i, unsigned) { return narrow(0xFFFFFFFF7FFFFFFDu + i); }},
      {"subw with a falling slope", R"(
        addi t0, zero, 10
        subw t3, t0, s1
      )",
       [](std::uint64_t i, unsigned) { return 10 - i; }},
      {"slliw of a slope wraps", R"(
        slliw t3, s1, 28
      )",
       [](std::uint64_t i, unsigned) { return narrow(i << 28); }},
      {"a slope whose low half is nothing", R"(
        slli t0, s1, 32
        addi t0, t0, 3
        addiw t3, t0, 4
      )",
       [](std::uint64_t, unsigned) { return std::uint64_t{7}; }},
      {"a slope of 2^31", R"(
        slli t0, s1, 31
        addiw t3, t0, 0
      )",
       [](std::uint64_t i, unsigned) { return narrow(i << 31); }},
      {"a slope that shifts itself away", R"(
        slli t0, s1, 40
        slli t0, t0, 30
        sh3add t3, t0, s1
      )",
       [](std::uint64_t i, unsigned) { return i; }},
      {"64-bit sums wrap", R"(
        addi t0, zero, -5
        add t0, t0, s1
        sh1add t0, t0, s1
        sub t3, t0, s1
      )",
       [](std::uint64_t i, unsigned) { return (i - 5) * 2; }},
      {"products of slopes", R"(
        addi t0, zero, -3
        mul t0, t0, s1
        mul t1, s1, s1
        mul t3, s1, zero
        add t3, t3, t0
        add t3, t3, t1
      )",
       [](std::uint64_t i, unsigned) { return i * i - 3 * i; }},
      {"unsigned words that wrap in the middle of a warp", R"(
        addi t0, zero, -5
        add t0, t0, s1
        sh2add.uw t3, t0, s1
      )",
       [](std::uint64_t i, unsigned) { return (i - 5 & 0xFFFFFFFF) * 4 + i; }},
      {"unsigned words that fall and do not wrap", R"(
        lui t0, 0x80000
        sub t0, t0, s1
        add.uw t3, t0, zero
        slli.uw t1, t0, 3
        add t3, t3, t1
      )",
       [](std::uint64_t i, unsigned) { return 9 * (0x80000000 - i); }},
      {"comparisons that hold for some lanes", R"(
        sltiu t0, s1, 5
        slti t1, s1, 64
        addi t2, zero, 3
        sltu t3, t2, s1
        sh1add t3, t3, t0
        sh1add t3, t3, t1
      )",
       [](std::uint64_t i, unsigned) { return (std::uint64_t{i > 3} * 2 + std::uint64_t{i < 5}) * 2 + 1; }},
      {"comparisons of slopes that pass zero", R"(
        addi t0, s1, -3
        slt t1, t0, zero
        sltu t2, t0, s1
        sltiu t4, t0, -1
        sh1add t3, t1, t2
        sh1add t3, t3, t4
      )",
       [](std::uint64_t i, unsigned) {
         return (std::uint64_t{i < 3} * 2 + std::uint64_t{i >= 3}) * 2 + std::uint64_t{i != 2};
       }},
      {"comparisons of slopes that pass the lowest number", R"(
        addi t0, zero, 1
        slli t0, t0, 63
        addi t0, t0, -2
        add t0, t0, s1
        slt t1, t0, zero
        sltu t2, s1, t0
        sh1add t3, t1, t2
      )",
       [](std::uint64_t i, unsigned) { return std::uint64_t{i >= 2} * 2 + 1; }},
      {"a slope that shifts sign-extend, and one that they zero-extend", R"(
        slli t0, s1, 32
        srai t1, t0, 30
        bseti t2, zero, 38
        add t2, t0, t2
        srai t2, t2, 32
        srli t4, t0, 31
        sh3add t3, t1, t2
        sh3add t3, t3, t4
      )",
       [](std::uint64_t i, unsigned) { return (i * 4 * 8 + i + 64) * 8 + i * 2; }},
      {"a slope that wraps where shifts sign-extend it", R"(
        lui t0, 524288
        addi t0, t0, -3
        add t0, t0, s1
        slli t0, t0, 32
        srai t3, t0, 30
      )",
       [](std::uint64_t i, unsigned) { return narrow(i + 0x7FFFFFFD) * 4; }},
      {"a slope that wraps where shifts zero-extend it", R"(
        addi t0, s1, -3
        slli t0, t0, 32
        srli t3, t0, 31
      )",
       [](std::uint64_t i, unsigned) { return ((i - 3) & 0xFFFFFFFF) * 2; }},
      {"a slope in upper halves that is stored and added to one in lower halves", R"(
        csrrs t0, group_local, zero
        slli t1, s1, 32
        add t2, t1, s1
        sh3add t0, s1, t0
        sd t1, 0(t0)
        ld t4, 0(t0)
        add t3, t2, t4
        srai t1, t2, 31
        add t3, t3, t1
      )",
       [](std::uint64_t i, unsigned) { return (i << 33) + i + 2 * i; }},
      {"a sum that wraps in the first side, which writes what the second reads", R"(
        sd zero, 0(s0)
        addi t2, s1, 100
        andi t0, s1, 3
        sltu t0, zero, t0
        split t1, t0
        beq t0, zero, else
        addi t3, t2, 1000
        addi t2, zero, 7
        lui t5, 524288
        addiw t5, t5, -3
        addw t5, t5, s1
        add t3, t3, t5
        add t3, t3, t2
        jal zero, end
      else:
        addi t3, t2, 2000
        addi t2, zero, 9
        add t3, t3, t2
      end:
        join t1
      )",
       [](std::uint64_t i, unsigned) { return i & 3 ? i + 1107 + narrow(0x7FFFFFFD + i) : i + 2109; }},
      {"a sum that wraps in the second side, which reads what the first wrote", R"(
        sd zero, 0(s0)
        addi t2, s1, 100
        andi t0, s1, 3
        sltiu t0, t0, 1
        split t1, t0
        beq t0, zero, else
        addi t3, t2, 1000
        addi t2, zero, 7
        lui t5, 524288
        addiw t5, t5, -3
        addw t5, t5, s1
        add t3, t3, t5
        add t3, t3, t2
        jal zero, end
      else:
        addi t3, t2, 2000
        addi t2, zero, 9
        add t3, t3, t2
      end:
        join t1
      )",
       [](std::uint64_t i, unsigned) { return !(i & 3) ? i + 1107 + narrow(0x7FFFFFFD + i) : i + 2109; }},
      {"a wrapping sum inside of two splits whose second sides read what the first ones write", R"(
        sd zero, 0(s0)
        addi t2, s1, 100
        sh1add t4, s1, s1
        andi t0, s1, 3
        sltu t0, zero, t0
        split t1, t0
        beq t0, zero, else
        andi t3, s1, 1
        split t6, t3
        beq t3, zero, even
        sh2add t3, t2, t4
        addi t2, zero, 7
        lui t5, 524288
        addiw t5, t5, -3
        addw t5, t5, s1
        add t3, t3, t5
        add t3, t3, t2
        addi t4, t2, 1
        jal zero, both
      even:
        slli t3, t2, 3
        addi t2, zero, 1
        add t3, t3, t4
      both:
        join t6
        addi t4, t2, 0
        jal zero, end
      else:
        sub t3, t2, t4
        addi t2, t3, 1
      end:
        join t1
        add t3, t3, t2
      )",
       [](std::uint64_t i, unsigned) {
         const std::uint64_t t2 = i + 100, t4 = 3 * i;
         if (i % 4 == 0) return (t2 - t4) * 2 + 1;
         return i & 1 ? t2 * 4 + t4 + narrow(0x7FFFFFFD + i) + 14 : t2 * 8 + t4 + 1;
       }},
      {"a sum that wraps in a loop that some lanes have left", R"(
        sd zero, 0(s0)
        andi t2, s1, 3
        addi t2, t2, 1
        addi t3, zero, 0
        lui t6, 524288
        addiw t6, t6, -200
        csrrs t4, active_lanes, zero
      loop:
        addiw t6, t6, 64
        addw t5, t6, s1
        add t3, t3, t5
        addi t2, t2, -1
        sltiu t1, t2, 1
        pred.n t1, t4
        beq t1, zero, loop
        add t3, t3, s1
      )",
       [](std::uint64_t i, unsigned) {
         std::uint64_t sum = i;
         for (std::uint64_t k = 1; k <= (i & 3) + 1; ++k) sum += narrow(0x7FFFFF38 + 64 * k + i);
         return sum;
       }},
      {"shifts by a register with a slope", R"(
        addi t0, zero, 1
        sll t3, t0, s1
      )",
       [](std::uint64_t i, unsigned) { return std::uint64_t{1} << i; }},
      {"a load from one address, and from private memory at one address", R"(
        sd s1, -8(sp)
        ld t0, -8(sp)
        ld t1, 0(a1)
        add t3, t0, t1
      )",
       [](std::uint64_t i, unsigned) { return i + 1000; }},
      {"a load from one address under a mask", R"(
        addi t3, s1, 0
        andi t0, s1, 1
        split t1, t0
        beq t0, zero, end
        ld t3, 0(a1)
      end:
        join t1
      )",
       [](std::uint64_t i, unsigned) { return i & 1 ? 1000 : i; }},
      {"the last of the lanes that store to one address is seen", R"(
        csrrs t0, group_local, zero
        sd s1, 0(t0)
        ld t3, 0(t0)
      )",
       [](std::uint64_t i, unsigned lanes) { return i / lanes * lanes + lanes - 1; }},
      {"addresses that grow by another amount than the access", R"(
        csrrs t0, group_local, zero
        sh3add t0, s1, t0
        sw s1, 4(t0)
        lwu t3, 4(t0)
      )",
       [](std::uint64_t i, unsigned) { return i; }},
      {"atomics on registers with the same value", R"(
        csrrs t0, group_local, zero
        sd zero, 512(t0)
        addi t0, t0, 512
        addi t1, zero, 3
        amoadd.d t2, t1, (t0)
        ld t3, 0(t0)
      )",
       [](std::uint64_t, unsigned lanes) { return std::uint64_t{3 * lanes}; }},
      {"a loop that lanes leave one after the other, counting in a uniform register", R"(
        addi t2, zero, 0
        csrrs t4, active_lanes, zero
      loop:
        addi t2, t2, 1
        sltu t0, t2, s1
        pred t0, t4
        bne t0, zero, loop
        addi t3, t2, 0
      )",
       [](std::uint64_t i, unsigned) { return i > 1 ? i : 1; }},
      {"a warp lets go of registers at a barrier", R"(
        csrrs t0, group_slot, zero
        csrrs t1, group_warps, zero
        csrrs t3, group_rank, zero
        bar t0, t1
        slli t3, t3, 4
        bar t0, t1
      )",
       [](std::uint64_t i, unsigned lanes) { return i / lanes << 4; }},
  };
  for (const unsigned lanes : kLanes)
    for (const auto level : {model::HostLevel::kBase, model::HostLevel::kV3, model::HostLevel::kV4}) {
      Machine machine(lanes, 64 / lanes, 1, level);
      std::uint64_t *out = machine.buffer(64), *in = machine.buffer(1);
      in[0] = 1000;
      for (const LineCase& c : kCases) {
        Launch launch = machine.launch(machine.load(kernel(std::string(c.body) + "\n  sd t3, 0(s0)\n")),
                                       {64, 64}, {machine.address(out), machine.address(in)});
        launch.local_memory_bytes = 1024;
        const auto status = machine.run(launch);
        INFO(c.name << ", lanes " << lanes << ", level " << static_cast<int>(level)
                    << (status.ok() ? "" : status.error().reason));
        REQUIRE(status.ok());
        for (unsigned i = 0; i < 64; ++i) REQUIRE(out[i] == c.expected(i, lanes));
      }
    }
}

}  // namespace
}  // namespace kiesel::device::test
