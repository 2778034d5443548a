// Members that each lane has side by side: loaded and stored together.
#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "device/test/machine.hpp"

namespace kiesel::device::test {
namespace {

struct Member {
  const char *load, *store;
  unsigned offset, bytes;
};

struct Layout {
  const char* name;
  unsigned stride;  // bytes from one element to the next
  std::vector<Member> members;
};

const Layout kLayouts[] = {
    {"two words", 8, {{"lw", "sw", 0, 4}, {"lw", "sw", 4, 4}}},
    {"four words, downwards",
     16,
     {{"lw", "sw", 12, 4}, {"lw", "sw", 8, 4}, {"lw", "sw", 4, 4}, {"lw", "sw", 0, 4}}},
    {"three words", 12, {{"lw", "sw", 0, 4}, {"lw", "sw", 4, 4}, {"lw", "sw", 8, 4}}},
    {"three words of four", 16, {{"lw", "sw", 0, 4}, {"lw", "sw", 4, 4}, {"lw", "sw", 8, 4}}},
    {"two words of four", 16, {{"lw", "sw", 4, 4}, {"lw", "sw", 8, 4}}},
    {"eight words",
     32,
     {{"lw", "sw", 0, 4},
      {"lw", "sw", 4, 4},
      {"lw", "sw", 8, 4},
      {"lw", "sw", 12, 4},
      {"lwu", "sw", 16, 4},
      {"lw", "sw", 20, 4},
      {"lw", "sw", 24, 4},
      {"lw", "sw", 28, 4}}},
    {"four bytes", 4, {{"lb", "sb", 0, 1}, {"lbu", "sb", 1, 1}, {"lb", "sb", 2, 1}, {"lbu", "sb", 3, 1}}},
    {"three bytes of four", 4, {{"lbu", "sb", 2, 1}, {"lbu", "sb", 1, 1}, {"lbu", "sb", 0, 1}}},
    {"four halves", 8, {{"lh", "sh", 0, 2}, {"lhu", "sh", 2, 2}, {"lh", "sh", 4, 2}, {"lhu", "sh", 6, 2}}},
    {"members of several sizes",
     8,
     {{"lbu", "sb", 0, 1}, {"lb", "sb", 1, 1}, {"lh", "sh", 2, 2}, {"lw", "sw", 4, 4}}},
    {"a byte", 1, {{"lb", "sb", 0, 1}}},
    {"a half", 2, {{"lhu", "sh", 0, 2}}},
    {"a word", 4, {{"lw", "sw", 0, 4}}},
    {"a double word", 8, {{"ld", "sd", 0, 8}}},
    {"long ones among others", 16, {{"lw", "sw", 0, 4}, {"lw", "sw", 4, 4}, {"ld", "sd", 8, 8}}},
};

enum class Way { kLine, kFallingLine, kOtherOrder };

unsigned element(Way way, unsigned item) {
  return way == Way::kLine ? item : way == Way::kFallingLine ? 63 - item : item * 37 % 64;
}

// Its bytes' offset is in that register.
const char* offset_of(Way way) { return way == Way::kLine ? "t4" : way == Way::kFallingLine ? "t5" : "t3"; }

// Each work-item copies one element of argument 1 to one of argument 0.
std::string copy(const Layout& layout, Way from, Way to, bool masked) {
  std::string code = R"(
kernel:
  csrrs t0, mscratch, zero
  ld a0, 128(t0)
  ld a1, 136(t0)
  csrrs s1, local_id_x, zero
  addi t1, zero, 37
  mul t1, s1, t1
  andi t1, t1, 63
  addi t2, zero, )" + std::to_string(layout.stride) +
                     "\n  mul t3, t1, t2\n  mul t4, s1, t2\n  addi t5, zero, 63\n  mul t5, t5, t2\n  sub t5, "
                     "t5, t4\n  add s2, a1, " +
                     offset_of(from) + "\n  add s3, a0, " + offset_of(to) +
                     (masked ? "\n  andi t4, s1, 6\n  sltu t4, zero, t4" : "\n  addi t4, zero, 1") +
                     "\n  split s5, t4\n  beq t4, zero, skip\n";
  const char* registers[] = {"t0", "t1", "t2", "t3", "t4", "t5", "t6", "a2"};
  for (std::size_t i = 0; i < layout.members.size(); ++i)
    code += std::string("  ") + layout.members[i].load + " " + registers[i] + ", " +
            std::to_string(layout.members[i].offset) + "(s2)\n";
  for (std::size_t i = 0; i < layout.members.size(); ++i)
    code += std::string("  ") + layout.members[i].store + " " + registers[i] + ", " +
            std::to_string(layout.members[i].offset) + "(s3)\n";
  return code + "skip:\n  join s5\n  jalr zero, 0(ra)\n";
}

void check(const Layout& layout, Way from, Way to, unsigned lanes, unsigned size, bool masked,
           model::HostLevel level) {
  Machine machine(lanes, 64 / lanes, 1, level);
  const std::size_t bytes = std::size_t{64} * layout.stride;
  auto* out = reinterpret_cast<std::uint8_t*>(machine.buffer(bytes / 8));  // and not a byte behind them
  auto* in = reinterpret_cast<std::uint8_t*>(machine.buffer(bytes / 8));
  std::vector<std::uint8_t> expected(bytes);
  for (std::size_t i = 0; i < bytes; ++i) {
    in[i] = static_cast<std::uint8_t>(i * 151 + i / 256);
    out[i] = expected[i] = static_cast<std::uint8_t>(~i);
  }
  for (unsigned i = 0; i < size; ++i) {
    const unsigned x = element(from, i), y = element(to, i);
    if (!masked || (i & 6))
      for (const Member& member : layout.members)
        std::memcpy(&expected[y * layout.stride + member.offset], in + x * layout.stride + member.offset,
                    member.bytes);
  }
  const auto module = machine.load(copy(layout, from, to, masked));
  const auto status = machine.run(module, {size, size}, {machine.address(out), machine.address(in)});
  INFO(layout.name << ", from " << static_cast<int>(from) << ", to " << static_cast<int>(to) << ", lanes "
                   << lanes << ", size " << size << ", masked " << masked << ", level "
                   << static_cast<int>(level) << (status.ok() ? "" : status.error().reason));
  REQUIRE(status.ok());
  REQUIRE(machine.was_translated());
  REQUIRE(std::vector<std::uint8_t>(out, out + bytes) == expected);
  // Each access asks the interpreter once where its allocation lies.
  if (!masked) REQUIRE(machine.counter("interpreted steps of translated warps") <= 2 * layout.members.size());
}

TEST_CASE("members side by side are loaded and stored together") {
  constexpr Way kWays[] = {Way::kLine, Way::kFallingLine, Way::kOtherOrder};
  for (const Layout& layout : kLayouts)
    for (const Way from : kWays)
      for (const Way to : kWays) {
        check(layout, from, to, 8, 64, false, model::HostLevel::kBase);
        check(layout, from, to, 32, 64, false, model::HostLevel::kV3);
        check(layout, from, to, 32, 45, true, model::HostLevel::kV3);
        check(layout, from, to, 32, 64, false, model::HostLevel::kV4);
        check(layout, from, to, 64, 64, true, model::HostLevel::kV4);
      }
}

// What follows a store is what it left, also where a lane's own members overlap with what was loaded before.
TEST_CASE("members are loaded again behind a store") {
  for (const auto level : {model::HostLevel::kBase, model::HostLevel::kV3, model::HostLevel::kV4}) {
    Machine machine(32, 2, 1, level);
    auto* data = reinterpret_cast<std::uint32_t*>(machine.buffer(64));
    for (std::uint32_t i = 0; i < 128; ++i) data[i] = i * 1000;
    const auto module = machine.load(R"(
kernel:
  csrrs t0, mscratch, zero
  ld a0, 128(t0)
  csrrs s1, local_id_x, zero
  sh3add s0, s1, a0
  lw t1, 0(s0)
  lw t2, 4(s0)
  add t3, t1, t2
  sw t3, 0(s0)
  lw t1, 0(s0)
  lw t2, 4(s0)
  sub t1, t1, t2
  add t2, t2, t3
  sw t2, 4(s0)
  sw t1, 0(s0)
  jalr zero, 0(ra)
)");
    REQUIRE(machine.run(module, {64, 64}, {machine.address(data)}).ok());
    REQUIRE(machine.was_translated());
    for (std::uint32_t i = 0; i < 64; ++i) {
      REQUIRE(data[2 * i] == 2 * i * 1000);
      REQUIRE(data[2 * i + 1] == (2 * i + 2 * (2 * i + 1)) * 1000);
    }
  }
}

// Rows of private memory, one of 8 bytes a lane, of which all lanes access the same part.
TEST_CASE("a private array is accessed at one index for all lanes") {
  struct Part {
    const char *load, *store, *unit;
    unsigned bytes;
  };
  for (const Part part : {Part{"lb", "sb", "add", 1}, Part{"lhu", "sh", "sh1add", 2},
                          Part{"lw", "sw", "sh2add", 4}, Part{"ld", "sd", "sh3add", 8}})
    for (const bool masked : {false, true})
      for (const auto level : {model::HostLevel::kBase, model::HostLevel::kV3, model::HostLevel::kV4}) {
        Machine machine(32, 2, 1, level);
        std::uint64_t* out = machine.buffer(64);
        // a[i] = number + 3 * i for i below 16, where the lane is active; then the sum of all.
        const auto module = machine.load(std::string(R"(
kernel:
  csrrs t0, mscratch, zero
  ld a0, 128(t0)
  csrrs s1, local_id_x, zero
  sh3add s0, s1, a0
  addi sp, sp, -128
  addi t2, zero, 0
zero:
  sh3add t3, t2, sp
  sd zero, 0(t3)
  addi t2, t2, 1
  sltiu t3, t2, 16
  bne t3, zero, zero
  csrrs a5, mscratch, zero
  ld a2, 136(a5)
  add a3, sp, a2
)") + (masked ? "  andi t4, s1, 5\n  sltu t4, zero, t4\n" : "  addi t4, zero, 1\n") +
                                         R"(
  split s5, t4
  beq t4, zero, skip
  addi t2, zero, 0
  addi t5, s1, 0
fill:
  )" + part.unit + " t3, t2, a3\n  " + part.store +
                                         R"( t5, 0(t3)
  addi t5, t5, 3
  addi t2, t2, 1
  sltiu t3, t2, 16
  bne t3, zero, fill
skip:
  join s5
  addi t2, zero, 0
  addi t6, zero, 0
sum:
  )" + part.unit + " t3, t2, a3\n  " + part.load +
                                         R"( t5, 0(t3)
  add t6, t6, t5
  addi t2, t2, 1
  sltiu t3, t2, 16
  bne t3, zero, sum
  sd t6, 0(s0)
  addi sp, sp, 128
  jalr zero, 0(ra)
)");
        const auto status = machine.run(module, {64, 64}, {machine.address(out), 0});
        INFO(part.load << ", masked " << masked << ", level " << static_cast<int>(level)
                       << (status.ok() ? "" : status.error().reason));
        REQUIRE(status.ok());
        REQUIRE(machine.was_translated());
        for (std::uint64_t i = 0; i < 64; ++i) {
          std::int64_t sum = 0;
          for (std::uint64_t k = 0; k < 16; ++k)
            sum +=
                part.bytes == 1 ? static_cast<std::int8_t>(i + 3 * k) : static_cast<std::int64_t>(i + 3 * k);
          REQUIRE(static_cast<std::int64_t>(out[i]) == (masked && !(i & 5) ? 0 : sum));
        }
      }
}

}  // namespace
}  // namespace kiesel::device::test
