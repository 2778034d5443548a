#include "evaluation/sweep/points.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace kiesel;
using namespace kiesel::sweep;

namespace {

Plan plan(const std::string& before, const std::string& after = "") {
  auto parsed = parse_plan(before + "\n[[workloads]]\ncommand = \"./app\"\n" + after, "plan.toml");
  INFO((parsed ? "" : parsed.error().reason));
  REQUIRE(parsed);
  return std::move(*parsed);
}

Points points(const Plan& plan) {
  auto made = make_points(plan);
  INFO((made ? "" : made.error().reason));
  REQUIRE(made);
  return std::move(*made);
}

constexpr const char* kLanes = "[[axes]]\nkey = \"lanes\"\nvalues = [4, 8, 16]\n";
constexpr const char* kCache =
    "[[axes]]\nkey = \"data_cache.bytes\"\nrange = {from = 8192, to = 32768, times = 2}\n";

}  // namespace

TEST_CASE("a plan without axes has its designs as points") {
  const Plan p = plan("designs = [\"vortex-4x4\", \"kiesel-4\"]");
  const Points made = points(p);
  REQUIRE(made.points.size() == 2);
  CHECK(made.points[0].as_named);
  CHECK(made.points[0].configuration.target.lanes == 4);
  CHECK(made.points[1].name(p) == "kiesel-4");
  CHECK(made.points[1].configuration.cores == 4);
  CHECK(made.points[1].configuration.target == model::built_in_shape("kiesel-4")->target);
}

TEST_CASE("axes cross, the last one fastest") {
  const Plan p = plan("designs = \"vortex-4x4\"", std::string(kLanes) + kCache);
  const Points made = points(p);
  REQUIRE(made.points.size() == 9);
  CHECK(made.points[1].at == std::vector<std::size_t>{0, 1});
  CHECK(made.points[5].configuration.target.lanes == 8);
  CHECK(made.points[5].configuration.design.data_cache.bytes == 32768);
  CHECK(made.points[5].name(p) == "vortex-4x4, lanes = 8, data_cache.bytes = 32768");
  CHECK_FALSE(made.points[5].as_named);
  std::set<std::string> texts;
  for (const Point& point : made.points) texts.insert(point.text);
  CHECK(texts.size() == 9);
}

TEST_CASE("what the file does not have follows from what the axes set") {
  const Points made =
      points(plan("designs = \"vortex-4x4\"", "[[axes]]\nkey = \"warps\"\nvalues = [4, 32]\n"));
  CHECK(made.points[0].configuration.design.issue_width == 1);
  CHECK(made.points[1].configuration.design.issue_width == 2);
}

TEST_CASE("conditions leave points out, what would be no design included") {
  const Points made = points(
      plan("designs = \"vortex-4x4\"\nwhere = [\"data_cache.bytes != 12288\", \"lanes * 4096 <= "
           "data_cache.bytes\"]",
           std::string(kLanes) + "[[axes]]\nkey = \"data_cache.bytes\"\nvalues = [12288, 16384, 32768]\n"));
  CHECK(made.combinations == 9);
  CHECK(made.excluded == 6);
  CHECK(made.points.size() == 3);
}

TEST_CASE("a point that is no design names the plan's line") {
  const std::string axis = "[[axes]]\nkey = \"data_cache.bytes\"\nvalues = [16384, 12288]\n";
  const auto made = make_points(plan("designs = \"vortex-4x4\"", axis));
  REQUIRE_FALSE(made);
  CHECK(made.error().reason.starts_with(
      "plan.toml:4: point 1 (vortex-4x4, data_cache.bytes = 12288) is no design: data_cache.bytes must be"));
  const Points left = points(plan("designs = \"vortex-4x4\"\nskip_invalid = true", axis));
  CHECK(left.points.size() == 1);
  CHECK(left.invalid == 1);
}

TEST_CASE("settings follow from other keys") {
  const Points made =
      points(plan("designs = \"vortex-4x4\"",
                  "[set]\n\"l2.bytes\" = \"lanes * 65536\"\ncores = 2\n" + std::string(kLanes)));
  CHECK(made.points[2].configuration.design.has_l2);
  CHECK(made.points[2].configuration.design.l2.bytes == 16 * 65536);
  CHECK(made.points[0].configuration.cores == 2);
  CHECK_FALSE(made.points[0].as_named);
}

TEST_CASE("a sample is the same each time, and another with another seed") {
  const auto numbers = [](std::uint64_t seed) {
    std::vector<std::size_t> out;
    for (const Point& point :
         points(plan("designs = \"vortex-4x4\"\nsample = 5\nseed = " + std::to_string(seed),
                     "[[axes]]\nkey = \"memory.line_cycles\"\nrange = {from = 1, to = 60, step = 1}\n"))
             .points)
      out.push_back(point.number);
    return out;
  };
  const auto once = numbers(1);
  CHECK(once.size() == 5);
  CHECK(std::is_sorted(once.begin(), once.end()));
  CHECK(numbers(1) == once);
  CHECK(numbers(2) != once);
}

TEST_CASE("combinations are counted without being made") {
  std::string axes;
  for (const char* key : {"memory.line_cycles", "memory.turn_cycles", "memory.refresh_interval",
                          "memory.refresh_cycles", "dispatch.launch_cycles"})
    axes += std::string("[[axes]]\nkey = \"") + key + "\"\nrange = {from = 1, to = 50000, step = 1}\n";
  CHECK(combinations(plan("designs = \"vortex-4x4\"", axes)) == ~std::uint64_t{0});
  CHECK(combinations(plan("designs = [\"vortex-4x4\", \"vortex-8x8\"]", kLanes)) == 6);
}
