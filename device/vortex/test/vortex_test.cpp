// The plug-in for Vortex with a driver that executes nothing: what it refuses, how it lays out launches and
// memory. What real drivers do is for `kiesel device-test` (docs/vortex.md).
#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>

#include "device/contract/bench.hpp"
#include "device/isa/instruction.hpp"
#include "device/isa/launch_block.hpp"
#include "device/plugin/address_space.hpp"
#include "device/registry.hpp"
#include "device/vortex/stub.hpp"

namespace kiesel::device::test {
namespace {

using Catch::Matchers::Contains;
using contract::Bench;
using contract::flat;

std::string vortex(const std::string& driver, const std::string& more = "") {
  return "plugin:" KIESEL_PLUGIN_FOLDER "/libkiesel-vortex.so:library=" + driver + more;
}
const std::string kFake = KIESEL_PLUGIN_FOLDER "/libkiesel-fake-vortex.so";

std::string why_not(const std::string& name) {
  const auto device = open_device(name);
  return device ? "it opened" : device.error().reason;
}

std::unique_ptr<Device> opened(const char* mode, const std::string& more = "") {
  ::setenv("KIESEL_FAKE_VORTEX", mode, 1);
  auto device = open_device(vortex(kFake, more));
  INFO((device ? "" : device.error().reason));
  REQUIRE(device.ok());
  return std::move(*device);
}

TEST_CASE("drivers that are not of Vortex 3.0 are refused with the reason") {
  CHECK_THAT(why_not(vortex("/nowhere/libvortex.so")),
             Contains("cannot open Vortex's driver: /nowhere/libvortex.so"));
  CHECK_THAT(why_not(vortex("libm.so.6")), Contains("it is no driver of Vortex 3.0"));
  CHECK_THAT(why_not(vortex(KIESEL_PLUGIN_FOLDER "/libkiesel-old-vortex.so")),
             Contains("is a driver of an older Vortex") && Contains("CSRs 0xCD0 to 0xCDF"));
  CHECK_THAT(why_not(vortex(kFake, ",colour=red")), Contains("option 'colour=red' is none of"));
  CHECK_THAT(why_not(vortex(kFake, ",quirks=some")), Contains("option 'quirks=some'"));
}

TEST_CASE("hardware that cannot run programs of Kiesel is refused with the reason") {
  const std::pair<const char*, const char*> cases[] = {
      {"open-fails", "opening the device failed: some error"},
      {"query-fails", "asking for lanes failed"},
      {"lanes-128", "1 cores of 4 warps of 128 lanes"},
      {"no-cores", "0 cores"},
      {"32-bits", "registers of 32 bits"},
      {"no-doubles", "without the extension D"},
      {"little-memory", "have no room for stacks"},
      {"reserve-fails", "reserving memory failed"}};
  for (const auto& [mode, why] : cases) {
    ::setenv("KIESEL_FAKE_VORTEX", mode, 1);
    CHECK_THAT(why_not(vortex(kFake)), Contains(why));
  }
}

TEST_CASE("a Vortex describes itself by what its driver says") {
  const auto device = opened("two-cores", ",driver=rtlsim");
  const Description& d = device->description();
  CHECK(d.name == "Kiesel Vortex 3.0 rtlsim (2 cores, 4 warps, 4 lanes)");
  CHECK(d.target.lanes == 4);
  CHECK(d.target.warps == 4);
  CHECK(d.cores == 2);
  CHECK(d.clock_mhz == 400);
  CHECK(d.target.local_memory_bytes == 16384);
  CHECK(d.target.zicond);
  CHECK_FALSE(d.target.cas);
  CHECK_FALSE(d.host_visible);
  CHECK(d.target.full_last_mask);
  CHECK(d.target.wide_group);
  const auto plain = opened("two-cores", ",driver=rtlsim,quirks=none");
  CHECK_FALSE(plain->description().target.full_last_mask);
  CHECK_FALSE(opened("", ",driver=simx")->description().target.full_last_mask);
}

struct Launched {
  isa::LaunchHeader header;
  std::uint64_t argument;
  std::uint32_t groups_x;
};

Launched launch_on(Device& device, std::uint64_t groups) {
  Bench bench(device, 10);
  const Address memory = bench.allocate(4096);
  auto launch = bench.launch(bench.load("sd s1, 0(s0)"), {groups, 1, 1}, {1, 1, 1}, {4711});
  launch.private_memory_bytes = 1000;
  bench.succeed(launch, "a launch");
  std::vector<std::byte> bytes(4096);
  bench.succeed(Read{memory, bytes.data(), flat(4096)}, "a read");
  Launched out;
  std::memcpy(&out.header, bytes.data(), sizeof out.header);
  std::memcpy(&out.argument, bytes.data() + sizeof out.header, sizeof out.argument);
  std::memcpy(&out.groups_x, bytes.data() + 2048, sizeof out.groups_x);
  return out;
}

TEST_CASE("launch blocks have stacks that do not share one set of the cache") {
  const auto launched = launch_on(*opened(""), 3);
  CHECK(launched.argument == 4711);
  CHECK(launched.groups_x == 3);
  const auto& header = launched.header;
  CHECK(header.stack_stride >= 1000);
  CHECK(header.stack_stride % 64 == 0);
  CHECK(header.stack_stride / 64 % 2 == 1);
  CHECK(header.private_begin == header.stack_top - header.stack_stride * 16);
  CHECK(header.local_bytes == 16384);
  CHECK(header.work_dim == 3);
}

TEST_CASE(
    "on several cores the hardware gets as many work-groups as cores, the simulator what was asked for") {
  CHECK(launch_on(*opened("two-cores", ",driver=rtlsim"), 1).groups_x == 2);
  CHECK(launch_on(*opened("two-cores", ",driver=rtlsim"), 5).groups_x == 5);
  CHECK(launch_on(*opened("two-cores", ",driver=rtlsim,quirks=none"), 1).groups_x == 1);
  CHECK(launch_on(*opened("two-cores", ",driver=simx"), 1).groups_x == 1);
}

TEST_CASE("stubs go on at the program's start, and end work-groups that are too many") {
  using isa::Op;
  const std::uint64_t start = 0x1234'5678'9ABC'DEF0;
  const auto plain = vortex::stub_code(start, 0), guarded = vortex::stub_code(start, 3000);
  CHECK(isa::decode(plain[0]).op == Op::auipc);
  CHECK(isa::decode(plain[1]).op == Op::ld);
  CHECK(isa::decode(plain[1]).imm == 16);
  CHECK(isa::decode(plain[2]).op == Op::jalr);
  CHECK((plain[4] == 0x9ABC'DEF0 && plain[5] == 0x1234'5678));
  CHECK(isa::decode(guarded[0]).imm == 0xCD6);
  const auto lui = isa::decode(guarded[1]), addi = isa::decode(guarded[2]);
  CHECK(lui.imm + addi.imm == 3000);
  CHECK(isa::decode(guarded[3]).op == Op::bltu);
  CHECK(isa::decode(guarded[4]).op == Op::tmc);
  CHECK(guarded.size() % 2 == 0);  // the address is aligned
}

TEST_CASE("errors of the driver are told, and a driver that aborts is a fault") {
  std::uint64_t value = 5;
  for (const char* mode : {"launch-fails", "launch-aborts", "event-fails", "module-fails"}) {
    const auto device = opened(mode);
    Bench bench(*device, 20);
    if (std::string_view(mode) == "event-fails") {
      const Status status = bench.run(Write{&value, bench.allocate(64), flat(8)}, "a write");
      CHECK_THAT(status.error().reason, Contains("writing memory failed"));
      continue;
    }
    const Status status =
        bench.run(bench.launch(bench.load("sd s1, 0(s0)"), {1, 1, 1}, {1, 1, 1}, {0}), "a launch");
    REQUIRE_FALSE(status.ok());
    CHECK_THAT(status.error().reason, Contains("Vortex's driver") || Contains("signal 6"));
    bench.succeed(Write{&value, bench.allocate(64), flat(8)}, "the next command");
  }
}

TEST_CASE("a range of addresses is given out in parts") {
  plugin::AddressSpace space(0x1000, 0x2000);
  CHECK(space.take(0x100, 64) == 0x1000U);
  CHECK(space.take(0x100, 0x400) == 0x1400U);
  CHECK(space.take(0x80, 64) == 0x1100U);
  CHECK_FALSE(space.take(0x100, 64, 0x1380).has_value());
  CHECK(space.take(0x100, 64, 0x1600) == 0x1600U);
  CHECK_FALSE(space.take(0x100, 64, 0x1F80).has_value());
  CHECK_FALSE(space.take(0x100, 64, 0x800).has_value());
  CHECK_FALSE(space.take(0x1000, 64).has_value());
  space.give_back(0x1000);
  CHECK(space.take(0x100, 64) == 0x1000U);
  CHECK_FALSE(space.take(~std::uint64_t{0}, 64).has_value());
}

}  // namespace
}  // namespace kiesel::device::test
