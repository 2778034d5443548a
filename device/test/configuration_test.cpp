#include "device/model/configuration.hpp"

#include <catch2/catch.hpp>

#include "device/designs_page.hpp"
#include "device/timing/design_table.hpp"
#include "support/file.hpp"

namespace kiesel::model {
namespace {

using Catch::Matchers::Contains;

std::string problem(std::string_view text) {
  const auto parsed = parse_configuration(text, "shape.toml");
  return parsed ? "" : parsed.error().reason;
}

TEST_CASE("a file changes what it names") {
  const auto c = parse_configuration(R"(
name = "small"
cores = 2
warps = 4
lanes = 16
clock_mhz = 250
local_memory_bytes = 16384
global_memory_bytes = 1073741824
private_memory_bytes = 8192
host_visible = false
core_ranges = false
extensions = ["A", "Zicond"]
quirks = ["full-last-mask"]
)",
                                     "shape.toml");
  REQUIRE(c.ok());
  CHECK(c->cores == 2);
  CHECK(c->target.warps == 4);
  CHECK(c->target.lanes == 16);
  CHECK(c->clock_mhz == 250);
  CHECK(c->target.local_memory_bytes == 16384);
  CHECK(c->global_memory_bytes == 1073741824);
  CHECK(c->private_memory_bytes == 8192);
  CHECK_FALSE(c->host_visible);
  CHECK_FALSE(c->core_ranges);
  CHECK(c->target.atomics);
  CHECK_FALSE(c->target.cas);
  CHECK_FALSE(c->target.votes);
  CHECK(c->target.full_last_mask);
  CHECK(c->device_name() == "Kiesel RV64 model small (2 cores, 4 warps, 16 lanes)");
  const auto same = parse_configuration("", "empty.toml");
  REQUIRE(same.ok());
  CHECK(same->host_visible);
  CHECK(same->core_ranges);
  CHECK_FALSE(same->target.full_last_mask);
  CHECK(same->device_name() == "Kiesel RV64 model (8 cores, 32 warps, 32 lanes)");
}

TEST_CASE("a target written as a file is read as the same one") {
  for (const auto shape : built_in_shapes())
    for (const bool quirky : {false, true}) {
      auto target = built_in_shape(shape)->target;
      target.wide_group = target.global_atomics = quirky;
      const auto read = parse_configuration(configuration_text("a \"name\"\n", target), "shape.toml");
      REQUIRE(read.ok());
      CHECK(read->name == "a \"name\"\n");
      CHECK(read->target == target);
    }
}

TEST_CASE("tables of a file change the design, and the rest follows from the target") {
  const auto c = parse_configuration("[latency]\nmultiply = 20\n[l2]\nbytes = 524288\n", "shape.toml");
  REQUIRE(c.ok());
  CHECK(c->design.latency[static_cast<std::size_t>(isa::OperationClass::kMultiply)] == 20);
  CHECK(c->design.has_l2);
  CHECK(c->design.l2.bytes == 524288);
  CHECK_FALSE(c->design.has_l3);
  CHECK(c->design.lanes == c->target.lanes);
  CHECK(c->design.validated == "not validated");
  for (const auto shape : built_in_shapes()) CHECK_FALSE(timing::check_design(built_in_shape(shape)->design));
}

TEST_CASE("a table of energies comes with where its figures are from") {
  const auto c = parse_configuration("[energy]\nmemory = 2000000\nsource = \"a paper\"\n", "shape.toml");
  REQUIRE(c.ok());
  CHECK(c->design.has_energy);
  CHECK(c->design.energy.memory == 2000000);
  CHECK(c->design.energy.source == "a paper");
  CHECK_FALSE(parse_configuration("", "shape.toml")->design.has_energy);
  CHECK_THAT(problem("lanes = 4\n[energy]\nlane = 5"),
             Contains("energy.source must say where the table's figures come from"));
  CHECK_THAT(problem("[energy]\nsource = 5"), Contains("shape.toml:2: energy.source must be a text"));
  CHECK_THAT(problem("[energy]\nsource = \"x\"\nlane = 4000000001"),
             Contains("shape.toml:3: energy.lane must be 0 to 4000000000 fJ"));
}

TEST_CASE("docs/designs.md is what the tables say") {
  const auto page = read_text_file(KIESEL_SOURCE_DIR "/docs/designs.md");
  REQUIRE(page.ok());
  CHECK(*page == device::designs_page());
}

TEST_CASE("mistakes are told with file, line and key") {
  CHECK_THAT(problem("cores = 1\nlanes = 12"), Contains("shape.toml:2: lanes must be a power of two"));
  CHECK_THAT(problem("lanes = 128"), Contains("shape.toml:1: lanes must be 1 to 64"));
  CHECK_THAT(problem("\n\ncores = \"two\""), Contains("shape.toml:3: cores must be a whole number"));
  CHECK_THAT(problem("cores = -1"), Contains("cores must be"));
  CHECK_THAT(problem("colour = 1"), Contains("shape.toml:1: colour is not a key"));
  CHECK_THAT(problem("cores = = 1"), Contains("shape.toml:1:"));
  CHECK_THAT(problem("host_visible = 1"), Contains("host_visible must be true or false"));
  CHECK_THAT(problem("extensions = [\"V\"]"), Contains("extensions may hold"));
  CHECK_THAT(problem("quirks = [\"slow\"]"), Contains("quirks may hold full-last-mask"));
  CHECK_THAT(problem("quirks = \"full-last-mask\""), Contains("quirks must be a list of names"));
  CHECK_THAT(problem("extensions = [\"Zacas\"]"), Contains("Zacas needs A"));
  CHECK_THAT(problem("local_memory_bytes = 1000000001"), Contains("local_memory_bytes must be"));
  CHECK_THAT(problem("lanes = 4\n[fetch]\ncycles = 9"), Contains("shape.toml:3: fetch.cycles is not a key"));
  CHECK_THAT(problem("[pipeline]\nx = 1"), Contains("shape.toml:1: pipeline is not a table"));
  CHECK_THAT(problem("[issue]\nunit_queue = 1"), Contains("issue.unit_queue must be 2 to 64 instructions"));
  CHECK_THAT(problem("[issue]\nunit_queue = 2.5"),
             Contains("shape.toml:2: issue.unit_queue must be a whole number"));
  CHECK_THAT(problem("[data_cache]\nways = 4\nbytes = 12288"),
             Contains("shape.toml:3: data_cache.bytes must be"));
  CHECK_THAT(problem("[roofline]\ngflops = -1"), Contains("roofline.gflops must be a number above 0"));
  CHECK_THAT(problem("[identity]\nname = \"\""), Contains("shape.toml:2: identity.name must be a text"));
  CHECK_THAT(problem("[identity]\nvendor_id = -1"), Contains("identity.vendor_id must be a whole number"));
  CHECK_THAT(problem("[identity]\nmaker = \"x\""), Contains("identity.maker is not a key"));
}

TEST_CASE("a device is called what its file says") {
  const auto c = parse_configuration(
      "name = \"mine\"\n[identity]\nname = \"Example GPU 1\"\nvendor = \"Example\"\nvendor_id = 0x1234", "");
  REQUIRE(c);
  CHECK(c->name == "mine");
  CHECK(c->device_name() == "Example GPU 1");
  CHECK(c->identity.vendor == "Example");
  CHECK(c->identity.vendor_id == 0x1234);
  CHECK(built_in_shape("kiesel")->identity.vendor == "Kiesel");
}

TEST_CASE("every built-in shape is a device") {
  for (const auto name : built_in_shapes()) {
    const auto shape = built_in_shape(name);
    REQUIRE(shape.ok());
    CHECK(shape->global_memory_bytes > 0);
    CHECK(shape->target.max_work_group_size() >= 16);
  }
  const auto small = built_in_shape("kiesel-small");
  REQUIRE(small.ok());
  CHECK(small->target.max_work_group_size() == 256);
  CHECK(small->target.local_memory_bytes == 32 << 10);
  CHECK(small->global_memory_bytes == 512 << 20);
  const auto vortex = built_in_shape("vortex-4x4");
  REQUIRE(vortex.ok());
  CHECK(vortex->device_name() == "Kiesel RV64 model vortex-4x4 (1 cores, 4 warps, 4 lanes)");
  CHECK(vortex->target.local_memory_bytes == 16 << 10);
  CHECK(vortex->target.zicond);
  CHECK(vortex->target.votes);
  CHECK_FALSE(vortex->target.atomics);
  CHECK_FALSE(vortex->target.half);
  CHECK_FALSE(vortex->target.bitmanip);
  CHECK_FALSE(built_in_shape("pebble").ok());
  CHECK(configured_devices("").size() == 1);
  CHECK(configured_devices("kiesel-1,kiesel-64").size() == 2);
  CHECK(configured_devices("kiesel-1,pebble,/nowhere/x.toml").size() == 1);
}

}  // namespace
}  // namespace kiesel::model
