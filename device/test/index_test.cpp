// Indices that kernels compute, and whose accesses translated code must do by itself.
#include <catch2/catch.hpp>
#include <cstring>
#include <string>

#include "device/test/machine.hpp"

namespace kiesel::device::test {
namespace {

constexpr unsigned kItems = 64, kWords = 256, kRounds = 100, kMiddle = 64, kPageWords = 1024;

std::uint32_t word(std::int64_t i) { return static_cast<std::uint32_t>(i) * 77777; }

// What a work-item does in each round: s2 is its number in an order of its own, t2 the round's number, a1 a
// word in the middle of an allocation; it adds to t3.
struct Case {
  const char* name;
  std::string body;
  std::uint64_t (*added)(std::int64_t item, std::int64_t round);
};

std::int64_t shuffled(std::int64_t item) { return item * 37 % 64; }

std::string loop(const std::string& body) {
  return R"(
kernel:
  csrrs t0, mscratch, zero
  ld a0, 128(t0)
  ld a1, 136(t0)
  csrrs s1, local_id_x, zero
  sh3add s0, s1, a0
  addi t1, zero, 37
  mul s2, s1, t1
  andi s2, s2, 63
  addi t2, zero, 0
  addi t3, zero, 0
again:
)" + body +
         R"(
  addi t2, t2, 1
  addi t1, zero, 100
  bne t2, t1, again
  sd t3, 0(s0)
  jalr zero, 0(ra)
)";
}

// An index that falls from lane to lane, for the work-items for which it is not negative.
std::string falling(const std::string& use) {
  return R"(
  andi t4, t2, 63
  subw t4, t4, s1
  slti t5, t4, 0
  xori t5, t5, 1
  split s5, t5
  beq t5, zero, skip
)" + use +
         R"(
skip:
  join s5
)";
}

std::uint64_t below(std::int64_t item, std::int64_t round) {
  const std::int64_t j = (round & 63) - item;
  return j >= 0 ? word(kMiddle + j) : 0;
}

const Case kCases[] = {
    {"words by a number without a sign", "  sh2add.uw t4, s2, a1\n  lwu t4, 0(t4)\n  add t3, t3, t4\n",
     [](std::int64_t i, std::int64_t) -> std::uint64_t { return word(kMiddle + shuffled(i)); }},
    {"one that was extended by shifts", R"(
  addw t4, s2, t2
  slli t4, t4, 32
  srli t4, t4, 30
  add t4, t4, a1
  lwu t4, -12(t4)
  add t3, t3, t4
)",
     [](std::int64_t i, std::int64_t k) -> std::uint64_t { return word(kMiddle + shuffled(i) + k - 3); }},
    {"the bytes of words", "  slliw t4, s2, 2\n  add.uw t4, t4, a1\n  lbu t4, 1(t4)\n  add t3, t3, t4\n",
     [](std::int64_t i, std::int64_t) -> std::uint64_t { return word(kMiddle + shuffled(i)) >> 8 & 255; }},
    {"every second word", "  sh3add.uw t4, s2, a1\n  lwu t4, 4(t4)\n  add t3, t3, t4\n",
     [](std::int64_t i, std::int64_t) -> std::uint64_t { return word(kMiddle + 2 * shuffled(i) + 1); }},
    {"a probe that goes round", R"(
  addiw t4, t2, -90
  addw t4, t4, s2
  andi t4, t4, 63
  sh2add.uw t4, t4, a1
  lwu t4, 0(t4)
  add t3, t3, t4
)",
     [](std::int64_t i, std::int64_t k) -> std::uint64_t {
       return word(kMiddle + ((k - 90 + shuffled(i)) & 63));
     }},
    {"loads by an index that falls", falling(R"(
  slli t4, t4, 32
  srli t4, t4, 30
  add t4, t4, a1
  lwu t4, 0(t4)
  add t3, t3, t4
)"),
     below},
    {"loads by an index that falls and has a sign",
     falling("  sh2add t4, t4, a1\n  lwu t4, 0(t4)\n  add t3, t3, t4\n"), below},
    {"stores by an index that falls", falling(R"(
  sh2add.uw t4, t4, a1
  addw t5, s1, t2
  sw t5, 512(t4)
  lwu t4, 512(t4)
  add t3, t3, t4
)"),
     [](std::int64_t i, std::int64_t k) -> std::uint64_t {
       return (k & 63) >= i ? static_cast<std::uint64_t>(i + k) : 0;
     }},
    {"bytes by an index that falls", falling("  add t4, t4, a1\n  lbu t4, 0(t4)\n  add t3, t3, t4\n"),
     [](std::int64_t i, std::int64_t k) -> std::uint64_t {
       const std::int64_t j = (k & 63) - i;
       return j >= 0 ? word(kMiddle + j / 4) >> (j % 4 * 8) & 255 : 0;
     }},
    {"a sum that wraps in lanes that are off", R"(
  slti t5, s1, 20
  split s5, t5
  beq t5, zero, skip
  lui t4, 524288
  addiw t4, t4, -20
  addw t4, t4, s1
  lui t5, 524288
  subw t4, t4, t5
  add t3, t3, t4
skip:
  join s5
)",
     [](std::int64_t i, std::int64_t) -> std::uint64_t {
       return i < 20 ? static_cast<std::uint64_t>(
                           std::int64_t{static_cast<std::int32_t>(0x7FFFFFEC + i - 0x80000000)})
                     : 0;
     }},
};

struct Host {
  unsigned lanes;
  std::uint32_t size;
  model::HostLevel level;
};

// `at_page`: the word in the middle starts a page, so that rows lie in two.
void check(const Case& of, const Host& host, bool at_page) {
  INFO(of.name << ", lanes " << host.lanes << ", size " << host.size);
  Machine machine(host.lanes, kItems / host.lanes, 1, host.level);
  std::uint64_t* out = machine.buffer(kItems);
  auto* in = reinterpret_cast<std::uint32_t*>(machine.buffer(kWords + kPageWords));
  if (at_page) in += (kPageWords * 2 - kMiddle - machine.address(in) / 4 % kPageWords) % kPageWords;
  for (std::uint32_t i = 0; i < kWords; ++i) in[i] = word(i);
  const auto status = machine.run(machine.load(loop(of.body)), {host.size, host.size},
                                  {machine.address(out), machine.address(in + kMiddle)});
  INFO((status.ok() ? "" : status.error().reason));
  REQUIRE(status.ok());
  REQUIRE(machine.was_translated());
  for (std::uint32_t i = 0; i < host.size; ++i) {
    std::uint64_t sum = 0;
    for (unsigned k = 0; k < kRounds; ++k) sum += of.added(i, k);
    REQUIRE(out[i] == sum);
  }
  REQUIRE(machine.counter("translated warps given back") == 0);
  if (host.level != model::HostLevel::kBase)
    REQUIRE(machine.counter("interpreted steps of translated warps") <= 4 * (kItems / host.lanes));
}

TEST_CASE("accesses by computed indices are the translated code's") {
  constexpr Host kHosts[] = {{32, 64, model::HostLevel::kV4},
                             {32, 45, model::HostLevel::kV4},
                             {64, 64, model::HostLevel::kV4},
                             {32, 64, model::HostLevel::kV3},
                             {8, 64, model::HostLevel::kBase}};
  for (const Case& of : kCases)
    for (const Host& host : kHosts)
      for (const bool at_page : {false, true}) check(of, host, at_page);
}

// Behind the table's last word, and so far that 32 bits come round to one of its words: once the site knows
// where the table is.
TEST_CASE("an index without a sign that is too large is a fault") {
  for (const char* index : {"0xFFFFFFFF", "0xFFFFFFC0", "0x80000000", "0x7FFFFFFF", "0x40000000"}) {
    INFO(index);
    Machine machine;
    std::uint64_t* out = machine.buffer(kItems);
    auto* in = reinterpret_cast<std::uint32_t*>(machine.buffer(kWords));
    for (std::uint32_t i = 0; i < kWords; ++i) in[i] = word(i);
    // Lane 5 takes it in round 50.
    const auto module = machine.load(loop(R"(
  addi t4, s2, 0
  xori t5, s1, 5
  xori t6, t2, 50
  or t5, t5, t6
  sltiu t5, t5, 1
  ld t6, 144(t0)
  czero.eqz t6, t6, t5
  czero.nez t4, t4, t5
  or t4, t4, t6
  sh2add.uw t4, t4, a1
  lwu t4, 0(t4)
  add t3, t3, t4
)"));
    const std::uint64_t number = std::stoull(index, nullptr, 16);
    const auto status =
        machine.run(module, {kItems, kItems}, {machine.address(out), machine.address(in + kMiddle), number});
    REQUIRE(!status.ok());
    REQUIRE(status.error().code == Errc::kFault);
    REQUIRE(machine.counter("interpreted steps of translated warps") <= 4);
  }
}

}  // namespace
}  // namespace kiesel::device::test
