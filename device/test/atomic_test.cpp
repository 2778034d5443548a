// Atomic operations, lane after lane as the ISA orders them: every operation, at one address for all lanes
// and at several, on all lanes and on some, in global and in local memory, and where nobody reads the result.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "device/test/machine.hpp"

namespace kiesel::device::test {
namespace {

using Word = std::uint64_t;

struct Operation {
  const char* name;
  Word (*signed_result)(std::int64_t old, std::int64_t v);  // of sign-extended operands
  Word (*result)(Word old, Word v);                         // of zero-extended ones
};

constexpr Operation kOperations[] = {
    {"amoswap", nullptr, [](Word, Word v) { return v; }},
    {"amoadd", nullptr, [](Word old, Word v) { return old + v; }},
    {"amoand", nullptr, [](Word old, Word v) { return old & v; }},
    {"amoor", nullptr, [](Word old, Word v) { return old | v; }},
    {"amoxor", nullptr, [](Word old, Word v) { return old ^ v; }},
    {"amomin", [](std::int64_t old, std::int64_t v) { return static_cast<Word>(std::min(old, v)); }, nullptr},
    {"amomax", [](std::int64_t old, std::int64_t v) { return static_cast<Word>(std::max(old, v)); }, nullptr},
    {"amominu", nullptr, [](Word old, Word v) { return std::min(old, v); }},
    {"amomaxu", nullptr, [](Word old, Word v) { return std::max(old, v); }},
};

enum class Operand : std::uint8_t { kOfLane, kSame };

struct Case {
  const Operation* operation;
  bool wide, spread, wanted, ordered;
  Operand operand;
};

std::vector<Case> cases() {
  std::vector<Case> out;
  for (const Operation& operation : kOperations)
    for (const bool wide : {false, true})
      for (const bool spread : {false, true})
        for (const bool wanted : {false, true}) {
          const Operand operand = wanted == wide ? Operand::kOfLane : Operand::kSame;
          out.push_back({&operation, wide, spread, wanted, spread && wide, operand});
        }
  out.push_back({&kOperations[1], false, false, true, false, Operand::kSame});
  out.push_back({&kOperations[1], true, false, true, false, Operand::kSame});
  return out;
}

constexpr Word kSame = 7, kUnread = 99;
constexpr unsigned kCells = 4;  // of each case, 8 bytes each

// Each case has the next 64 words of results and the next four cells.
std::string program(const std::vector<Case>& all, bool local, bool masked) {
  const std::string copy = R"(
  addi t0, zero, {0}
{1}:
  ld t1, 0({2})
  sd t1, 0({3})
  addi {2}, {2}, 8
  addi {3}, {3}, 8
  addi t0, t0, -1
  bne t0, zero, {1}
)";
  std::string out = R"(
kernel:
  csrrs t0, mscratch, zero
  ld s0, 128(t0)
  ld s2, 136(t0)
  ld a2, 144(t0)
  csrrs s1, local_id_x, zero
  sh3add s0, s1, s0
  sh3add s2, s1, s2
  ld s2, 0(s2)
  andi s3, s1, 3
  csrrs a3, group_local, zero
  addi a4, a2, 0
  addi a5, a3, 0
)";
  if (local)
    out += fmt::format(fmt::runtime(copy), all.size() * kCells, "fill", "a4", "a5") + "  addi a2, a3, 0\n";
  if (masked) out += "  andi t4, s1, 5\n  sltu t4, zero, t4\n  split s5, t4\n  beq t4, zero, skip\n";
  for (const Case& c : all) {
    out += c.spread ? "  sh3add t2, s3, a2\n" : "  addi t2, a2, 0\n";
    out += c.operand == Operand::kSame ? fmt::format("  addi t1, zero, {}\n", kSame) : "  addi t1, s2, 0\n";
    out += fmt::format("  {}.{}{} t6, t1, (t2)\n", c.operation->name, c.wide ? 'd' : 'w',
                       c.ordered ? ".aqrl" : "");
    if (!c.wanted) out += fmt::format("  addi t6, zero, {}\n", kUnread);
    out += fmt::format("  sd t6, 0(s0)\n  addi s0, s0, 512\n  addi a2, a2, {}\n", kCells * 8);
  }
  if (masked) out += "skip:\n  join s5\n";
  if (local)
    out += "  csrrs t0, mscratch, zero\n  ld a4, 144(t0)\n  csrrs a5, group_local, zero\n" +
           fmt::format(fmt::runtime(copy), all.size() * kCells, "empty", "a5", "a4");
  return out + "  jalr zero, 0(ra)\n";
}

Word extended(Word v, bool wide) {
  return wide ? v : static_cast<Word>(static_cast<std::int64_t>(static_cast<std::int32_t>(v)));
}

// What the memory becomes, its upper half left alone by the narrow ones.
Word applied(const Case& c, Word old, Word v) {
  const Word low = ~Word{0} >> (c.wide ? 0 : 32);
  const Word fresh = c.operation->signed_result
                         ? c.operation->signed_result(static_cast<std::int64_t>(extended(old, c.wide)),
                                                      static_cast<std::int64_t>(extended(v, c.wide)))
                         : c.operation->result(old & low, v & low);
  return (old & ~low) | (fresh & low);
}

void check(unsigned lanes, unsigned size, bool local, bool masked, model::HostLevel level) {
  const auto all = cases();
  Machine machine(lanes, 1, 1, level);
  Word* results = machine.buffer(all.size() * 64);
  Word* operands = machine.buffer(64);
  Word* cells = machine.buffer(all.size() * kCells);
  Word state = 88172645463325252;
  const auto random = [&] {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
  };
  for (unsigned i = 0; i < 64; ++i) operands[i] = i % 3 ? random() : random() >> 40;
  for (std::size_t i = 0; i < all.size() * kCells; ++i) cells[i] = random();
  std::vector<Word> expected(all.size() * 64), memory(cells, cells + all.size() * kCells);
  for (std::size_t i = 0; i < all.size(); ++i)
    for (unsigned lane = 0; lane < size; ++lane) {
      if (masked && !(lane & 5)) continue;
      const Case& c = all[i];
      Word& cell = memory[i * kCells + (c.spread ? lane & 3 : 0)];
      expected[i * 64 + lane] = c.wanted ? extended(cell, c.wide) : kUnread;
      cell = applied(c, cell, c.operand == Operand::kSame ? kSame : operands[lane]);
    }
  Launch launch =
      machine.launch(machine.load(program(all, local, masked)), {size, size},
                     {machine.address(results), machine.address(operands), machine.address(cells)});
  launch.local_memory_bytes = static_cast<std::uint32_t>(all.size() * kCells * 8);
  const auto status = machine.run(launch);
  INFO(lanes << " lanes, " << size << " work-items, local " << local << ", masked " << masked << ", level "
             << static_cast<int>(level) << (status.ok() ? "" : status.error().reason));
  REQUIRE(status.ok());
  REQUIRE(machine.was_translated());
  for (std::size_t i = 0; i < all.size(); ++i) {
    INFO(all[i].operation->name << " wide " << all[i].wide << " spread " << all[i].spread << " wanted "
                                << all[i].wanted);
    for (unsigned lane = 0; lane < size; ++lane) REQUIRE(results[i * 64 + lane] == expected[i * 64 + lane]);
    for (unsigned n = 0; n < kCells; ++n) REQUIRE(cells[i * kCells + n] == memory[i * kCells + n]);
  }
}

TEST_CASE("atomics give each lane what it finds and memory what it leaves, in the order of the lanes") {
  const struct {
    unsigned lanes, size;
    bool local, masked;
    model::HostLevel level;
  } kShapes[] = {
      {1, 1, true, false, model::HostLevel::kV4},   {8, 8, false, false, model::HostLevel::kBase},
      {8, 5, true, true, model::HostLevel::kV3},    {32, 32, false, false, model::HostLevel::kV4},
      {32, 32, true, true, model::HostLevel::kV4},  {32, 32, true, false, model::HostLevel::kV4},
      {32, 27, false, true, model::HostLevel::kV4}, {64, 64, false, true, model::HostLevel::kV4},
  };
  for (const auto& shape : kShapes) check(shape.lanes, shape.size, shape.local, shape.masked, shape.level);
}

}  // namespace
}  // namespace kiesel::device::test
