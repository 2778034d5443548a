// Launches reach memory of their own owner only.
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstring>

#include "device/test/machine.hpp"

namespace kiesel::device::test {
namespace {

using Catch::Matchers::Contains;

constexpr std::size_t kWords = 16;

struct Owned {
  explicit Owned(Machine& on) : machine(on) {}

  std::uint64_t* buffer(Owner owner, std::size_t words = kWords) const {
    const auto address = machine.device().allocate(words * 8, 64, "a buffer", owner);
    REQUIRE(address.ok());
    return reinterpret_cast<std::uint64_t*>(*address);
  }
  // A kernel of one work-item: a0 is a buffer of the owner's, a1 the address.
  Status run(Owner owner, std::string_view body, std::uint64_t address, std::uint64_t* out,
             std::uint32_t local_memory = 0) const {
    Launch launch =
        machine.launch(machine.load(kernel(body), 0, owner), {1, 1}, {machine.address(out), address});
    launch.owner = owner;
    launch.local_memory_bytes = local_memory;
    return machine.run(launch);
  }
  Machine& machine;
};

void check_fault(const Status& status) {
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == Errc::kFault);
  CHECK_THAT(status.error().reason, Contains("bad address"));
}

TEST_CASE("a launch reaches its owner's memory, and nobody else's") {
  Machine machine;
  const Owned of(machine);
  std::uint64_t *first = of.buffer(1), *second = of.buffer(2), *nobody = of.buffer(0);
  first[0] = 11, second[0] = 22, nobody[0] = 33;
  const char* load = "ld t0, 0(a1)\n sd t0, 8(a0)";
  REQUIRE(of.run(1, load, machine.address(first), first).ok());
  CHECK(first[1] == 11);
  for (const auto* other : {second, nobody})
    for (const char* use : {load, "sd zero, 0(a1)", "amoadd.d t0, a1, (a1)", "fld ft0, 0(a1)",
                            "slli t1, s1, 3\n add t1, t1, a1\n ld t0, 0(t1)"})
      check_fault(of.run(1, use, machine.address(other), first));
  CHECK_THAT(of.run(1, load, machine.address(second), first).error().reason, Contains("of another context"));
  CHECK(second[0] == 22);
  CHECK(nobody[0] == 33);
  check_fault(of.run(0, load, machine.address(first), nobody));
  REQUIRE(of.run(2, load, machine.address(second), second).ok());
  CHECK(machine.was_translated());
}

TEST_CASE("one program for two owners finds out at each launch what it may use") {
  Machine machine;
  const Owned of(machine);
  std::uint64_t *first = of.buffer(1), *second = of.buffer(2);
  const auto module = machine.load(kernel("ld t0, 0(a1)\n sd t0, 8(a0)"));
  for (const Owner owner : {1, 2, 1, 2}) {
    auto launch = machine.launch(module, {1, 1}, {machine.address(first), machine.address(first)});
    launch.owner = owner;
    CHECK(machine.run(launch).ok() == (owner == 1));
  }
  CHECK(second[1] == 0);
}

TEST_CASE("programs, parts of them, and launch blocks are their owner's") {
  Machine machine(32, 32, 2);
  const Owned of(machine);
  std::uint64_t *first = of.buffer(1), *second = of.buffer(2);
  // Where the program of owner 1 has its code, and its launch its arguments.
  REQUIRE(of.run(1, "auipc t0, 0\n sd t0, 0(a0)\n csrrs t0, mscratch, zero\n sd t0, 8(a0)", 0, first).ok());
  check_fault(of.run(2, "lw t0, 0(a1)", first[0], second));
}

TEST_CASE("a launch block is its core's: another core's is out of reach for every launch") {
  Machine machine(32, 32, 2);
  const Owned of(machine);
  std::uint64_t* out = of.buffer(2);
  // Two launches at a time say where their blocks are, and wait for each other; then each reads one of them.
  const auto module = machine.load(kernel(R"(
      csrrs t0, mscratch, zero
      ld a2, 144(t0)
      sh3add t1, a1, a0
      sd t0, 0(t1)
      addi t2, zero, 1
      addi t3, a0, 16
      amoadd.d t4, t2, (t3)
      addi t5, zero, 2
    again:
      ld t4, 16(a0)
      blt t4, t5, again
      sh3add t1, a2, a0
      ld t0, 0(t1)
      ld t0, 0(t0)
      sd t0, 24(a0))"),
                                   0, 2);
  const auto run = [&](std::uint32_t core, std::uint32_t looks_at, auto done) {
    auto launch = machine.launch(module, {1, 1}, {machine.address(out), core, looks_at});
    launch.owner = 2;
    launch.cores = {core, 1};
    machine.device().submit(std::move(launch), done);
  };
  for (const bool own : {true, false}) {
    std::memset(out, 0, 32);
    std::array<Status, 2> statuses;
    std::atomic<int> left{2};
    for (std::uint32_t core : {0u, 1u})
      run(core, own ? core : 1 - core, [&, core](const Completion& completion) {
        statuses[core] = completion.status;
        --left;
      });
    while (left) machine.device().help();
    REQUIRE(out[0] != out[1]);
    for (const Status& status : statuses) {
      if (own)
        CHECK(status.ok());
      else
        check_fault(status);
    }
  }
}

TEST_CASE("memory with an owner is zero, whatever its place had before") {
  Machine machine;
  const Owned of(machine);
  for (const std::size_t words : {std::size_t{1}, kWords, std::size_t{3000}, std::size_t{1} << 20}) {
    std::uint64_t* before = of.buffer(0, words);
    const std::size_t whole = (words * 8 + 4095) / 4096 * 512;
    std::memset(before, 0xA5, whole * 8);
    machine.device().free(machine.address(before));
    std::uint64_t* after = of.buffer(5, words);
    CHECK(after == before);
    for (std::size_t i = 0; i < whole; ++i) REQUIRE(after[i] == 0);
    machine.device().free(machine.address(after));
  }
}

TEST_CASE("local and private memory have nothing of another owner's launch") {
  Machine machine;
  const Owned of(machine);
  std::uint64_t *first = of.buffer(1), *second = of.buffer(2);
  const char* fill =
      "csrrs t0, group_local, zero\n sd a1, 64(t0)\n sd a1, -128(sp)\n ld t1, 64(t0)\n sd t1, 0(a0)";
  const char* look =
      "csrrs t0, group_local, zero\n ld t1, 64(t0)\n sd t1, 0(a0)\n ld t1, -128(sp)\n sd t1, 8(a0)";
  REQUIRE(of.run(1, fill, 0x5EC2E7, first, 256).ok());
  REQUIRE(first[0] == 0x5EC2E7);
  second[0] = second[1] = 1;
  REQUIRE(of.run(2, look, 0, second, 256).ok());
  CHECK(second[0] == 0);
  CHECK(second[1] == 0);
}

TEST_CASE("the registers of a kernel start with nothing of others") {
  Machine machine;
  const Owned of(machine);
  std::uint64_t* out = of.buffer(1, 64);
  std::string fill,
      look =
          "sd s2, 0(a0)\n sd s3, 8(a0)\n sd s11, 16(a0)\n sd t6, 24(a0)\n fsd fs3, 32(a0)\n fsd ft9, 40(a0)";
  for (const char* r : {"s2", "s3", "s11", "t6"}) fill += std::string("addi ") + r + ", a1, 0\n";
  fill +=
      "fmv.d.x fs3, a1\n fmv.d.x ft9, a1\n sd s2, 0(a0)\n sd t6, 8(a0)\n fsd fs3, 16(a0)\n fsd ft9, 24(a0)";
  std::memset(out, 0xFF, 64);
  REQUIRE(of.run(2, fill, 0x5EC2E7, of.buffer(2), 0).ok());
  REQUIRE(of.run(1, look, 0, out, 0).ok());
  for (int i = 0; i < 6; ++i)
    CHECK((out[i] == 0 || out[i] == 0x7FF8000000000000 || out[i] == 0xFFFFFFFF00000000));
}

}  // namespace
}  // namespace kiesel::device::test
