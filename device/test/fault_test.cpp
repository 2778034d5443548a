#include <catch2/catch.hpp>

#include "device/test/machine.hpp"

namespace kiesel::device::test {
namespace {

using Catch::Matchers::Contains;

// Runs `body` as a kernel over 64 work-items in groups of 16 (8 lanes); a0 is a buffer of 16 words.
std::string fault_of(std::string_view body, std::uint32_t local_memory = 0) {
  Machine machine(8, 8);
  std::uint64_t* buffer = machine.buffer(16);
  machine.device().label(machine.address(buffer), "buffer 3");
  const auto module = machine.load("kernel:\n csrrs t0, mscratch, zero\n ld a0, 128(t0)\n" +
                                   std::string(body) + "\n jalr zero, 0(ra)\n");
  Launch launch = machine.launch(module, {64, 16}, {machine.address(buffer)});
  launch.region.first_global_id[0] = 1000;
  launch.local_memory_bytes = local_memory;
  const Status status = machine.run(launch);
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == Errc::kFault);
  CHECK_THAT(status.error().reason, Contains("kernel 'kernel'") && Contains("work-item (10"));
  // The device lives: a good launch of the same module's start-up code works.
  const auto good = machine.load("kernel:\n jalr zero, 0(ra)\n");
  CHECK(machine.run(good, {64, 16}).ok());
  return status.error().reason;
}

TEST_CASE("an access outside of every allocation names the nearest buffer") {
  const auto text = fault_of("lw a1, 132(a0)");
  CHECK_THAT(text, Contains("kernel+0x8") && Contains("lw a1, 132(a0)") && Contains("bad address") &&
                       Contains("4 bytes past the end of buffer 3 (128 bytes at"));
  CHECK_THAT(fault_of("addi t1, zero, 0\n sd zero, 0(t1)"),
             Contains("bad address") && Contains("at address 0x0"));
  CHECK_THAT(fault_of("fsd ft0, -8(a0)"), Contains("bad address"));
  CHECK_THAT(fault_of("ld a1, 124(a0)"), Contains("bad address"));
}

TEST_CASE("one bad lane among good ones is found and named") {
  // Lane 5 of the second warp of a group reads at 8 * 13 + 4096.
  const auto text = fault_of(R"(
    csrrs t1, local_id_x, zero
    addi t2, t1, -13
    sltiu t2, t2, 1
    slli t2, t2, 12
    sh3add t3, t1, a0
    add t3, t3, t2
    ld t4, 0(t3))");
  CHECK_THAT(text, Contains("work-item (1013, 0, 0)") && Contains("bad address"));
}

TEST_CASE("misaligned accesses fault") {
  CHECK_THAT(fault_of("lw a1, 2(a0)"), Contains("misaligned") && Contains("2 bytes into buffer 3"));
  CHECK_THAT(fault_of("addi t0, a0, 4\n amoadd.d zero, zero, (t0)"), Contains("misaligned"));
  CHECK_THAT(fault_of("addi t0, sp, -6\n ld a1, 0(t0)"), Contains("misaligned"));
}

TEST_CASE("code cannot be overwritten") {
  CHECK_THAT(fault_of("auipc t0, 0\n sw zero, 0(t0)"), Contains("read-only"));
}

// A load finds out where the code is; then comes a store through the same register, in a later turn of a loop
// and in a block of its own.
TEST_CASE("what may be loaded may not be stored to for that") {
  const auto [place, load] = GENERATE(table<std::string, std::string>({
      {"addi a1, a1, 0", "lw t3, 0(a1)"},                               // one place for all lanes
      {"csrrs t1, lane_id, zero\n sh3add a1, t1, a1", "lw t3, 0(a1)"},  // a line, apart
      {"csrrs t1, lane_id, zero\n sh2add a1, t1, a1", "lw t3, 0(a1)"},  // a row
      {"csrrs t1, lane_id, zero\n xori t1, t1, 3\n sh3add a1, t1, a1", "lw t3, 0(a1)"},  // their own places
      {"addi a1, a1, 0", "flw ft3, 0(a1)\n ld t3, 0(a1)"},
  }));
  const std::string store = GENERATE("sw zero, 0(a1)", "sb zero, 1(a1)", "fsw ft0, 0(a1)", "sd zero, 0(a1)",
                                     "amoadd.w zero, t3, (a1)");
  INFO(place << " " << load << " " << store);
  CHECK_THAT(fault_of("auipc t0, 0\n addi t0, t0, -32\n andi t0, t0, -8\n sd t0, 0(a0)\n fence\n"
                      " ld a1, 0(a0)\n" +
                      place + "\n addi t2, zero, 0\nagain:\n " + load + "\n beq t2, zero, .skip\n " + store +
                      "\n.skip:\n addi t2, t2, 1\n addi t4, zero, 3\n blt t2, t4, again"),
             Contains("read-only"));
}

TEST_CASE("local memory is what the launch asked for") {
  CHECK_THAT(fault_of("csrrs t0, group_local, zero\n sd zero, 56(t0)\n sd zero, 64(t0)", 64),
             Contains("bad address") && Contains("sd zero, 64(t0)") && Contains("local memory of core"));
}

TEST_CASE("a stack that grows out of its window is an overflow") {
  CHECK_THAT(fault_of("lui t0, 64\n sub sp, sp, t0\n sd zero, 0(sp)\n sd zero, -8(sp)"),
             Contains("stack overflow"));
}

TEST_CASE("illegal instructions") {
  CHECK_THAT(fault_of(".word 0"), Contains("illegal instruction") && Contains(".word 0x00000000"));
  CHECK_THAT(fault_of("wspawn a0, a0"), Contains("illegal instruction") && Contains("wspawn"));
  CHECK_THAT(fault_of("ecall"), Contains("illegal instruction"));
  CHECK_THAT(fault_of("csrrw zero, lane_id, a0"), Contains("illegal instruction"));
  CHECK_THAT(fault_of("csrrs a0, 0x7C0, zero"), Contains("illegal instruction"));
  CHECK_THAT(fault_of("csrrwi zero, frm, 5\n fadd.s ft0, ft0, ft0"), Contains("illegal instruction"));
}

TEST_CASE("extensions that the device has not are illegal") {
  model::Configuration c = *model::built_in_shape("kiesel-8");
  c.target.bitmanip = false;
  c.global_memory_bytes = 64 << 20;
  Machine machine(c);
  const auto status = machine.run(machine.load("kernel:\n sh1add a0, a0, a0\n jalr zero, 0(ra)"), {1, 1});
  REQUIRE_FALSE(status.ok());
  CHECK_THAT(status.error().reason, Contains("illegal instruction"));
}

TEST_CASE("a branch on which lanes disagree") {
  const auto text = fault_of(
      "csrrs t1, lane_id, zero\n sltiu t1, t1, 3\nloop:\n beq t1, zero, .end\n.end:\n addi a0, a0, 0");
  CHECK_THAT(text, Contains("conditional branch") && Contains("disagree") && Contains("loop+0x0") &&
                       Contains("work-item (1003, 0, 0)"));
}

TEST_CASE("operands that must be uniform") {
  CHECK_THAT(fault_of("csrrs t1, lane_id, zero\n tmc t1"), Contains("same in all active lanes"));
  CHECK_THAT(fault_of("csrrs t1, lane_id, zero\n jalr zero, 0(t1)"), Contains("same in all active lanes"));
}

TEST_CASE("misuse of the divergence stack") {
  const std::string odd = "csrrs t1, lane_id, zero\n andi t1, t1, 1\n ";
  CHECK_THAT(fault_of("addi t1, zero, 3\n join t1"), Contains("does not fit"));
  CHECK_THAT(fault_of("addi t1, zero, -1\n join t1"), Contains("does not fit"));
  CHECK_THAT(fault_of("addi t1, zero, 1\n slli t1, t1, 32\n addi t1, t1, -1\n join t1"),
             Contains("does not fit"));
  CHECK_THAT(fault_of(odd + "split t2, t1\n tmc zero"), Contains("ends inside a split"));
  CHECK_THAT(fault_of("csrrs t1, lane_id, zero\n addi t3, zero, 10\n.l:\n andi t2, t1, 1\n split t4, t2\n "
                      "srli t1, t1, 1\n"
                      " addi t3, t3, -1\n bne t3, zero, .l\n addi t3, zero, 7\n join t3"),
             Contains("does not fit"));
  CHECK_THAT(fault_of("addi t1, zero, 0\n pred t1, zero"), Contains("does not fit"));
}

TEST_CASE("a join with another number than its split wrote") {
  const std::string change = GENERATE("addi t2, zero, 2", "addi t2, t2, 2", "xori t2, t1, 6",
                                      "addi t2, zero, -1", "ld t2, 0(a0)\n addi t2, t2, 5");
  const auto [first, second] = GENERATE(table<bool, bool>({{true, false}, {false, true}, {true, true}}));
  INFO(change << ' ' << first << second);
  CHECK_THAT(fault_of("csrrs t1, lane_id, zero\n andi t1, t1, 1\n split t2, t1\n beq t1, zero, .other\n " +
                      (first ? change : "addi t3, zero, 1") + "\n jal zero, .end\n.other:\n " +
                      (second ? change : "addi t3, zero, 2") + "\n.end:\n join t2"),
             Contains("does not fit") && Contains("join t2"));
  CHECK_THAT(fault_of("csrrs t1, lane_id, zero\n andi t1, t1, 1\n split t2, t1\n beq t1, zero, .end\n " +
                      change + "\n.end:\n join t2"),
             Contains("does not fit") && Contains("join t2"));
}

TEST_CASE("more open splits than a warp can nest") {
  // Every side runs its split again: the two lanes of a warp cannot do that without ever joining.
  Machine machine(2, 4);
  const auto module = machine.load(R"(
kernel:
  csrrs t1, lane_id, zero
  addi t3, zero, 3
  addi t5, zero, 3
.l:
  split t2, t1
  tmc t3
  addi t5, t5, -1
  bne t5, zero, .l
  jalr zero, 0(ra))");
  const auto status = machine.run(module, {2, 2});
  REQUIRE_FALSE(status.ok());
  CHECK_THAT(status.error().reason, Contains("more splits are open"));
}

TEST_CASE("jumps outside of the code") {
  CHECK_THAT(fault_of("jalr zero, 0(a0)"), Contains("jump to") && Contains("outside the code"));
  CHECK_THAT(fault_of("jalr zero, 0(zero)"), Contains("jump to 0x0"));
  CHECK_THAT(fault_of("jal zero, 0x8000"), Contains("outside the code"));
  Machine machine(8, 8);
  const auto status = machine.run(machine.load("kernel:\n addi a0, a0, 0"), {1, 1});
  REQUIRE_FALSE(status.ok());
  CHECK_THAT(status.error().reason, Contains("ran off the end"));
}

TEST_CASE("barriers that can never open") {
  // Only the group's first warp comes to the barrier.
  const auto text = fault_of(R"(
    csrrs t1, group_rank, zero
    bne t1, zero, .out
    csrrs t2, group_slot, zero
    addi t3, zero, 2
    bar t2, t3
.out:)");
  CHECK_THAT(text, Contains("can never open") && Contains("1 of the work-group's 2 warps wait at barrier 0"));
  CHECK_THAT(fault_of("csrrs t1, group_rank, zero\n addi t1, t1, 1\n addi t3, zero, 2\n bar t1, t3"),
             Contains("can never open") && Contains("1 wait elsewhere"));
  CHECK_THAT(fault_of("addi t1, zero, 1000\n addi t3, zero, 2\n bar t1, t3"),
             Contains("barrier number 1000"));
}

TEST_CASE("a launch that takes longer than its limit is stopped, and the device goes on") {
  model::Configuration c = *model::built_in_shape("kiesel-8");
  c.global_memory_bytes = 64 << 20;
  c.launch_seconds = 1;
  Machine machine(c, 2);
  const auto endless = machine.load("forever:\nkernel:\n jal zero, kernel");
  for (const Machine::Range range : {Machine::Range{1, 1}, Machine::Range{4096, 64}}) {
    const auto status = machine.run(endless, range);
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().code == Errc::kTimeout);
    CHECK_THAT(status.error().reason, Contains("kernel 'kernel'") && Contains("longer than 1 seconds"));
    CHECK(machine.run(machine.load("kernel:\n jalr zero, 0(ra)"), {4096, 64}).ok());
  }
}

TEST_CASE("a limit of centuries stops nothing") {
  model::Configuration c = *model::built_in_shape("kiesel-8");
  c.global_memory_bytes = 64 << 20;
  c.launch_seconds = (std::uint64_t{1} << 55) - 1;  // a billion times that is -1e9 in 64 bits
  Machine machine(c, 2);
  CHECK(machine.run(machine.load("kernel:\n jalr zero, 0(ra)"), {4096, 64}).ok());
}

}  // namespace
}  // namespace kiesel::device::test
