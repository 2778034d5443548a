// Loads and stores of lanes that go to places of their own.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>

#include "device/test/machine.hpp"

namespace kiesel::device::test {
namespace {

// s0 = the work-item's element of argument 0, t1 = its 4 bytes of argument 1, in an order of their own; a
// work-item for which t4 is 0 does nothing.
constexpr const char* kPrologue = R"(
kernel:
  csrrs t0, mscratch, zero
  ld a0, 128(t0)
  ld a1, 136(t0)
  csrrs s1, local_id_x, zero
  sh3add s0, s1, a0
  addi t1, zero, 37
  mul t1, s1, t1
  andi t1, t1, 63
  sh2add t1, t1, a1
)";
constexpr const char* kMask = "  andi t4, s1, 6\n  sltu t4, zero, t4\n  split s5, t4\n  beq t4, zero, skip\n";
constexpr const char* kEnd = "\nskip:\n  join s5\n  jalr zero, 0(ra)\n";
constexpr const char* kAll = "  addi t4, zero, 1\n  split s5, t4\n  beq t4, zero, skip\n";

struct Place {
  std::uint8_t *bytes, *all;
  std::int64_t word_at(std::int64_t index) const {
    std::int32_t word;
    std::memcpy(&word, all + index * 4, 4);
    return word;
  }
  unsigned index() const { return bytes[0] & 63; }
  std::int64_t byte(unsigned i) const { return static_cast<std::int8_t>(bytes[i]); }
  std::int64_t ubyte(unsigned i) const { return bytes[i]; }
  std::int64_t half(unsigned i) const { return static_cast<std::int16_t>(bytes[i] | bytes[i + 1] << 8); }
  std::int64_t uhalf(unsigned i) const { return bytes[i] | bytes[i + 1] << 8; }
};

struct Case {
  const char* name;
  const char* body;  // leaves its result in t3
  std::int64_t (*expected)(Place place);
};

constexpr Case kCases[] = {
    {"bytes of a word", R"(
  lb t3, 1(t1)
  lbu t5, 0(t1)
  slli t3, t3, 8
  add t3, t3, t5
  lb t5, 3(t1)
  slli t3, t3, 8
  add t3, t3, t5
  lb t5, 2(t1)
  slli t3, t3, 8
  add t3, t3, t5
)",
     [](Place p) { return ((p.byte(1) * 256 + p.ubyte(0)) * 256 + p.byte(3)) * 256 + p.byte(2); }},
    {"halves of a word and its bytes", R"(
  lh t3, 2(t1)
  lhu t5, 0(t1)
  slli t3, t3, 16
  add t3, t3, t5
  lbu t5, 2(t1)
  slli t3, t3, 8
  add t3, t3, t5
)",
     [](Place p) { return (p.half(2) * 65536 + p.uhalf(0)) * 256 + p.ubyte(2); }},
    {"one byte", "  lb t3, 3(t1)\n", [](Place p) { return p.byte(3); }},
    {"one half", "  lhu t3, 2(t1)\n", [](Place p) { return p.uhalf(2); }},
    {"two bytes", "  lbu t3, 1(t1)\n  lb t5, 2(t1)\n  sub t3, t3, t5\n",
     [](Place p) { return p.ubyte(1) - p.byte(2); }},
    {"a store between loads is seen", R"(
  lbu t3, 1(t1)
  lbu t5, 2(t1)
  add t5, t3, t5
  sb t5, 1(t1)
  lbu t3, 1(t1)
  slli t3, t3, 8
  lbu t5, 3(t1)
  add t3, t3, t5
  lb t5, 0(t1)
  slli t3, t3, 8
  add t3, t3, t5
)",
     [](Place p) {
       p.bytes[1] = static_cast<std::uint8_t>(p.ubyte(1) + p.ubyte(2));
       return (p.ubyte(1) * 256 + p.ubyte(3)) * 256 + p.byte(0);
     }},
    {"an atomic between loads is seen", R"(
  lbu t3, 0(t1)
  lbu t5, 2(t1)
  amoadd.w zero, t3, (t1)
  lbu t3, 0(t1)
  lb t6, 3(t1)
  slli t3, t3, 8
  add t3, t3, t6
  slli t3, t3, 8
  add t3, t3, t5
)",
     [](Place p) {
       const std::int64_t before = p.ubyte(2);
       std::uint32_t word;
       std::memcpy(&word, p.bytes, 4);
       word += static_cast<std::uint32_t>(p.ubyte(0));
       std::memcpy(p.bytes, &word, 4);
       return (p.ubyte(0) * 256 + p.byte(3)) * 256 + before;
     }},
    {"an index from a base", R"(
  lw t5, 0(t1)
  andi t5, t5, 63
  sh2add t6, t5, a1
  lw t3, 0(t6)
  sub t6, t6, a1
  slli t6, t6, 32
  xor t3, t3, t6
)",
     [](Place p) { return p.word_at(p.index()) ^ (std::int64_t{p.index()} << 34); }},
    {"an index below zero, and a base that moves", R"(
  lw t5, 0(t1)
  andi t5, t5, 63
  addi t5, t5, -64
  addi a2, a1, 128
  sh2add t6, t5, a2
  addi t6, t6, 128
  lw t3, 0(t6)
  addi t6, t6, 256
  lbu t5, -256(t6)
  sub t6, t6, t5
  sub t6, t6, a2
  add t3, t3, t6
)",
     [](Place p) {
       const std::int64_t offset = std::int64_t{p.index()} * 4;
       return p.word_at(p.index()) + offset + 128 - p.all[offset];
     }},
    {"an index without a sign", R"(
  lw t5, 0(t1)
  andi t5, t5, 63
  lui t2, 524288
  or t5, t5, t2
  add a2, a1, t2
  add.uw t6, t5, a2
  lbu t3, 0(t6)
  add.uw t5, t5, zero
  sh1add.uw t2, t5, zero
  add t5, t5, t2
  add t3, t3, t5
)",
     [](Place p) { return p.all[p.index()] + 3 * (std::int64_t{p.index()} + 0x80000000); }},
    {"an index compared with numbers", R"(
  lw t5, 0(t1)
  addw t2, t5, t5
  addi t3, zero, 0
  addi a2, zero, 1
  add t6, t5, a2
  slt a3, t6, t2
  sh1add t3, t3, a3
  slt a3, t2, t6
  sh1add t3, t3, a3
  slti a3, t6, 900
  sh1add t3, t3, a3
  lui a2, 524288
  addiw a2, a2, -1
  add t6, t5, a2
  slt a3, t6, t2
  sh1add t3, t3, a3
  slt a3, t2, t6
  sh1add t3, t3, a3
  slti a3, t6, 900
  sh1add t3, t3, a3
  addi a2, zero, 0
  add t6, t5, a2
  slt a3, t6, t2
  sh1add t3, t3, a3
  slt a3, t2, t6
  sh1add t3, t3, a3
  slti a3, t6, 900
  sh1add t3, t3, a3
  addi a2, zero, -1
  add t6, t5, a2
  slt a3, t6, t2
  sh1add t3, t3, a3
  slt a3, t2, t6
  sh1add t3, t3, a3
  slti a3, t6, 900
  sh1add t3, t3, a3
  bseti a2, zero, 31
  add t6, t5, a2
  slt a3, t6, t2
  sh1add t3, t3, a3
  slt a3, t2, t6
  sh1add t3, t3, a3
  slti a3, t6, 900
  sh1add t3, t3, a3
  bseti a2, zero, 40
  add t6, t5, a2
  slt a3, t6, t2
  sh1add t3, t3, a3
  slt a3, t2, t6
  sh1add t3, t3, a3
  slti a3, t6, 900
  sh1add t3, t3, a3
  addi a2, zero, 1000
  add t6, t5, a2
  slt a3, t6, t2
  sh1add t3, t3, a3
  slt a3, t2, t6
  sh1add t3, t3, a3
  slti a3, t6, 900
  sh1add t3, t3, a3
)",
     [](Place p) {
       const std::int64_t number = p.word_at((p.bytes - p.all) / 4);
       const std::int64_t twice = static_cast<std::int32_t>(static_cast<std::uint32_t>(number) * 2);
       std::int64_t all = 0;
       for (const std::int64_t base :
            {std::int64_t{1}, std::int64_t{INT32_MAX}, std::int64_t{0}, std::int64_t{-1},
             std::int64_t{1} << 31, std::int64_t{1} << 40, std::int64_t{1000}}) {
         const std::int64_t sum = number + base;
         all = ((all * 2 + (sum < twice)) * 2 + (twice < sum)) * 2 + (sum < 900);
       }
       return all;
     }},
    {"words without a sign, shifted", R"(
  lwu t5, 0(t1)
  srli t3, t5, 31
  srli t6, t5, 7
  sh1add t3, t6, t3
  lhu t5, 2(t1)
  srli t5, t5, 15
  sh1add t3, t3, t5
  lw t5, 0(t1)
  srli t5, t5, 40
  add t3, t3, t5
)",
     [](Place p) {
       const std::int64_t word = p.word_at((p.bytes - p.all) / 4), low = word & 0xFFFFFFFF;
       const std::int64_t high = static_cast<std::int64_t>(static_cast<std::uint64_t>(word) >> 40);
       return ((low >> 31) + (low >> 7) * 2) * 2 + (p.uhalf(2) >> 15) + high;
     }},
    {"an index that shifts extend", R"(
  lw t5, 0(t1)
  andi t5, t5, 15
  slli t6, t5, 32
  bseti t2, zero, 33
  add t6, t6, t2
  srai t2, t6, 30
  add t2, t2, a1
  lw t3, 0(t2)
  addi t5, t5, -8
  slli t5, t5, 32
  srli t6, t5, 31
  srai t2, t5, 32
  add t3, t3, t6
  sh3add t3, t2, t3
  srai t2, t5, 31
  xor t3, t3, t2
)",
     [](Place p) {
       const std::int64_t low = std::int64_t{p.index() & 15} - 8;
       const std::int64_t sum = p.word_at((p.index() & 15) + 2) + (low & 0xFFFFFFFF) * 2 + low * 8;
       return sum ^ low * 2;
     }},
    {"bytes from a base, loaded as words", R"(
  lw t5, 0(t1)
  andi t5, t5, 60
  add t6, a1, t5
  lw t3, 4(t6)
  slli t5, t5, 1
  add t6, t5, a1
  lh t6, 2(t6)
  add t3, t3, t6
)",
     [](Place p) {
       const unsigned at = p.bytes[0] & 60;
       return p.word_at(at / 4 + 1) + (p.word_at(at / 2) >> 16);
     }},
    {"an index from a base, stored to", R"(
  lw t5, 0(t1)
  sub t6, t1, a1
  srliw t6, t6, 2
  addiw t6, t6, 0
  sh2add t6, t6, a1
  sh t5, 2(t6)
  lw t3, 0(t6)
  amoadd.w t5, t3, (t6)
  add t3, t3, t5
)",
     [](Place p) {
       std::memcpy(p.bytes + 2, p.bytes, 2);
       std::int32_t word;
       std::memcpy(&word, p.bytes, 4);
       const std::uint32_t twice = static_cast<std::uint32_t>(word) * 2;
       std::memcpy(p.bytes, &twice, 4);
       return std::int64_t{word} * 2;
     }},
};

void check(const Case& c, unsigned lanes, unsigned size, bool masked, model::HostLevel level) {
  Machine machine(lanes, 64 / lanes, 1, level);
  auto* out = reinterpret_cast<std::int64_t*>(machine.buffer(64));
  auto* in = reinterpret_cast<std::uint8_t*>(machine.buffer(32));  // and not a byte behind them
  std::vector<std::uint8_t> copy(256);
  for (unsigned i = 0; i < 256; ++i) in[i] = copy[i] = static_cast<std::uint8_t>(i * 151 + 64);
  const auto module =
      machine.load(std::string(kPrologue) + (masked ? kMask : kAll) + c.body + "  sd t3, 0(s0)\n" + kEnd);
  const auto status = machine.run(module, {size, size}, {machine.address(out), machine.address(in)});
  INFO(c.name << ", lanes " << lanes << ", masked " << masked << ", level " << static_cast<int>(level)
              << (status.ok() ? "" : status.error().reason));
  REQUIRE(status.ok());
  REQUIRE(machine.was_translated());
  for (unsigned i = 0; i < size; ++i) {
    const bool on = !masked || (i & 6);
    REQUIRE(out[i] == (on ? c.expected({&copy[i * 37 % 64 * 4], copy.data()}) : 0));
  }
  REQUIRE(std::equal(copy.begin(), copy.end(), in));
}

TEST_CASE("lanes load parts of words from places of their own") {
  for (const Case& c : kCases) {
    check(c, 8, 64, false, model::HostLevel::kBase);
    check(c, 32, 64, false, model::HostLevel::kV3);
    check(c, 32, 45, true, model::HostLevel::kV3);
    check(c, 32, 64, false, model::HostLevel::kV4);
    check(c, 32, 45, true, model::HostLevel::kV4);
    check(c, 64, 64, true, model::HostLevel::kV4);
  }
}

// Only the first access through a place in the code asks the interpreter where its allocation lies.
TEST_CASE("accesses up to the ends of an allocation are not the interpreter's") {
  struct End {
    const char *name, *mask, *body;              // leaves its result in t3
    std::uint64_t (*index)(std::uint64_t item);  // of the word that it reads
  };
  constexpr End kEnds[] = {
      {"a base before it", "addi t4, zero, 1",
       "addi t5, s2, 16\n  addi t6, a1, -64\n  sh2add t6, t5, t6\n  lw t3, 0(t6)\n",
       [](std::uint64_t i) { return i * 37 % 64; }},
      {"the second halves of pairs", "addi t4, zero, 1",
       "andi t5, s2, 31\n  sh3add t6, t5, a1\n  lw t3, 4(t6)\n",
       [](std::uint64_t i) { return i * 37 % 32 * 2 + 1; }},
      {"an index in bytes", "addi t4, zero, 1", "slli t5, s2, 2\n  add t6, t5, a1\n  lw t3, 0(t6)\n",
       [](std::uint64_t i) { return i * 37 % 64; }},
      {"a line that falls", "addi t4, zero, 1",
       "addi t5, zero, 63\n  sub t5, t5, s1\n  sh2add t6, t5, a1\n  lw t3, 0(t6)\n",
       [](std::uint64_t i) { return 63 - i; }},
      {"a line of complements", "addi t4, zero, 1",
       "xori t5, s1, -1\n  addiw t5, t5, 64\n  sh2add t6, t5, a1\n  lw t3, 0(t6)\n",
       [](std::uint64_t i) { return 63 - i; }},
      {"the first lanes of a line", "sltiu t4, s1, 8", "sh2add t6, s1, a1\n  lw t3, 224(t6)\n",
       [](std::uint64_t i) { return i + 56; }},
      {"the last lanes of a line", "sltiu t4, s1, 24\n  xori t4, t4, 1",
       "sh2add t6, s1, a1\n  lw t3, -96(t6)\n", [](std::uint64_t i) { return i - 24; }},
  };
  for (const End& end : kEnds)
    for (const bool is_odd : {false, true}) {
      Machine machine;
      std::uint64_t* out = machine.buffer(64);
      auto* in = reinterpret_cast<std::uint32_t*>(machine.buffer(32));
      for (std::uint32_t i = 0; i < 64; ++i) in[i] = i * 77777;
      const auto module = machine.load(std::string(R"(
kernel:
  csrrs t0, mscratch, zero
  ld a0, 128(t0)
  ld a1, 136(t0)
  csrrs s1, local_id_x, zero
  sh3add s0, s1, a0
  addi s2, zero, 37
  mul s2, s1, s2
  andi s2, s2, 63
  addi s3, zero, 100
  addi t3, zero, 0
  )") + end.mask + "\n  split s5, t4\n  beq t4, zero, skip\nagain:\n  " +
                                       end.body + R"(
  addi s3, s3, -1
  bne s3, zero, again
skip:
  join s5
  sd t3, 0(s0)
  jalr zero, 0(ra)
)");
      const std::uint32_t size = is_odd ? 31 : 32;
      const auto status = machine.run(module, {size, size}, {machine.address(out), machine.address(in)});
      INFO(end.name << ", " << size << (status.ok() ? "" : status.error().reason));
      REQUIRE(status.ok());
      REQUIRE(machine.was_translated());
      const std::string mask = end.mask;
      for (std::uint64_t i = 0; i < size; ++i) {
        const bool on =
            mask.starts_with("addi") || (i < 8 && !mask.ends_with("1")) || (i >= 24 && mask.ends_with("1"));
        REQUIRE(out[i] == (on ? in[end.index(i)] : 0));
      }
      REQUIRE(machine.counter("interpreted steps of translated warps") <= 3);
    }
}

struct Store {
  const char* name;
  unsigned bytes, shift;  // it goes to the lane's number, or its place in another order, times 1 << shift
  bool is_line;
};

void check(const Store& store, const char* mask, bool (*is_on)(unsigned), unsigned lanes,
           model::HostLevel level) {
  constexpr unsigned kItems = 64, kBytes = kItems * 16;
  Machine machine(lanes, kItems / lanes, 1, level);
  auto* out = reinterpret_cast<std::uint8_t*>(machine.buffer(kBytes / 8));
  std::fill(out, out + kBytes, std::uint8_t{0xEE});
  std::vector<std::uint8_t> expected(out, out + kBytes);
  const auto module = machine.load(std::string(R"(
kernel:
  csrrs t0, mscratch, zero
  ld a0, 128(t0)
  csrrs s1, local_id_x, zero
  addi t3, s1, 100
  addi t1, zero, 37
  mul t1, s1, t1
  andi t1, t1, 63
  )") + mask + "\n  split s5, t4\n  beq t4, zero, skip\n  slli t5, " +
                                   (store.is_line ? "s1, " : "t1, ") + std::to_string(store.shift) +
                                   "\n  add t5, t5, a0\n  " + store.name + " t3, 0(t5)\n" + kEnd);
  const auto status = machine.run(module, {kItems, kItems}, {machine.address(out)});
  INFO(store.name << " << " << store.shift << ", line " << store.is_line << ", mask " << mask << ", lanes "
                  << lanes << ", level " << static_cast<int>(level)
                  << (status.ok() ? "" : status.error().reason));
  REQUIRE(status.ok());
  REQUIRE(machine.was_translated());
  for (unsigned i = 0; i < kItems; ++i) {
    const std::uint64_t value = i + 100, place = store.is_line ? i : i * 37 % kItems;
    if (is_on(i)) std::memcpy(&expected[place << store.shift], &value, store.bytes);
  }
  REQUIRE(std::equal(expected.begin(), expected.end(), out));
}

TEST_CASE("active lanes store, and nothing else changes") {
  constexpr Store kStores[] = {{"sb", 1, 0, true},  {"sh", 2, 1, true},  {"sw", 4, 2, true},
                               {"sd", 8, 3, true},  {"sb", 1, 2, true},  {"sd", 8, 4, true},
                               {"sh", 2, 1, false}, {"sw", 4, 2, false}, {"sd", 8, 3, false}};
  struct Mask {
    const char* code;
    bool (*is_on)(unsigned);
  };
  constexpr Mask kMasks[] = {
      {"addi t4, zero, 1", [](unsigned) { return true; }},
      {"sltiu t4, s1, 12", [](unsigned i) { return i < 12; }},  // all, some and none of eight
      {"andi t4, s1, 1", [](unsigned i) { return i % 2 == 1; }},
  };
  for (const Store& store : kStores)
    for (const Mask& mask : kMasks)
      for (const unsigned lanes : {4u, 32u, 64u})
        for (const auto level : {model::HostLevel::kBase, model::HostLevel::kV3, model::HostLevel::kV4})
          check(store, mask.code, mask.is_on, lanes, level);
}

// Warps of several rows: numbers that shifts extend are lines from row to row, too.
TEST_CASE("rows of a warp whose coordinates shifts extend") {
  for (const unsigned width : {1u, 4u, 8u, 16u, 64u}) {
    Machine machine(32, 2);
    std::uint64_t* out = machine.buffer(256);
    const auto module = machine.load(R"(
kernel:
  csrrs t0, mscratch, zero
  ld a0, 128(t0)
  csrrs t1, local_id_x, zero
  csrrs t2, local_id_y, zero
  csrrs t3, local_size_x, zero
  csrrs t6, group_id_y, zero
  csrrs t5, local_size_y, zero
  mul t6, t6, t5
  add t6, t6, t2
  mul t6, t6, t3
  add t6, t6, t1
  slli t4, t6, 32
  srai t4, t4, 29
  add a0, a0, t4
  slli t2, t2, 32
  srai t5, t2, 32
  bseti a2, zero, 33
  sub a2, t2, a2
  srli a2, a2, 30
  slli t5, t5, 8
  add t5, t5, t1
  sub t5, t5, a2
  sd t5, 0(a0)
  jalr zero, 0(ra)
)");
    Launch launch = machine.launch(module, {1, 1}, {machine.address(out)});
    launch.region = regions_of(2, {}, {width, 256 / width, 1}, {width, 64 / width, 1}).front();
    const auto status = machine.run(launch);
    INFO("width " << width << (status.ok() ? "" : status.error().reason));
    REQUIRE(status.ok());
    REQUIRE(machine.was_translated());
    for (std::uint64_t i = 0; i < 256; ++i) {
      const std::uint64_t x = i % width, y = i / width % (64 / width);
      REQUIRE(out[i] == y * 256 + x - ((y - 2) & 0xFFFFFFFF) * 4);
    }
  }
}

}  // namespace
}  // namespace kiesel::device::test
