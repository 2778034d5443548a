// Registers that hold one number for a warp, or one that grows from lane to lane.
#include <catch2/catch.hpp>
#include <string>

#include "device/test/machine.hpp"

namespace kiesel::device::test {
namespace {

// The interpreter keeps what is uniform, or grows evenly from lane to lane, once for a warp (lanes.hpp).
struct LineCase {
  const char* name;
  std::string body;  // leaves its result in t3
  std::uint64_t (*expected)(std::uint64_t item, unsigned lanes);
};

std::uint64_t narrow(std::uint64_t v) {
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(v)));
}

// A sum wraps in the side of work-items for which `condition` sets t0 from the lowest two bits of their
// number.
std::string wraps_in_a_side(const std::string& condition) {
  return R"(
        sd zero, 0(s0)
        addi t2, s1, 100
        andi t0, s1, 3
        )" +
         condition + R"(
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
      )";
}

TEST_CASE("registers with the same value in all lanes, or one that grows from lane to lane") {
  const LineCase kCases[] = {
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
      {"a line that one side writes between two accesses, where it must not wrap", R"(
        sd zero, 0(s0)
        addi t4, zero, 5
        addi t2, s1, 0
        andi t0, s1, 1
        split t1, t0
        beq t0, zero, end
        ld t5, 0(s0)
        subw t2, t4, s1
        ld t6, 0(s0)
        add t2, t2, t5
        add t2, t2, t6
        addi t4, t4, 1
      end:
        join t1
        addi t3, t2, 0
      )",
       [](std::uint64_t i, unsigned) { return i & 1 ? narrow(5 - i) : i; }},
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
      {"a sum that wraps in the first side, which writes what the second reads",
       wraps_in_a_side("sltu t0, zero, t0"),
       [](std::uint64_t i, unsigned) { return i & 3 ? i + 1107 + narrow(0x7FFFFFFD + i) : i + 2109; }},
      {"a sum that wraps in the second side, which reads what the first wrote",
       wraps_in_a_side("sltiu t0, t0, 1"),
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
  for (const unsigned lanes : {1u, 2u, 4u, 8u, 16u, 32u, 64u})
    for (const auto level : {model::HostLevel::kBase, model::HostLevel::kV3, model::HostLevel::kV4}) {
      Machine machine(lanes, 64 / lanes, 1, level);
      std::uint64_t *out = machine.buffer(64), *in = machine.buffer(1);
      in[0] = 1000;
      for (const LineCase& c : kCases) {
        Launch launch = machine.launch(machine.load(kernel(c.body + "\n  sd t3, 0(s0)\n")), {64, 64},
                                       {machine.address(out), machine.address(in)});
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
