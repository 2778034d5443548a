#include "evaluation/sweep/objectives.hpp"

#include <catch2/catch.hpp>

using namespace kiesel;
using namespace kiesel::sweep;
using device::CounterId;

namespace {

constexpr const char* kPlan = R"(designs = "vortex-4x4"
[[workloads]]
command = "./app"
[[axes]]
key = "lanes"
values = [4, 8, 16]
[[axes]]
key = "memory.channels"
values = [1, 4]
[[objectives]]
name = "time"
[[objectives]]
name = "area"
formula = "lanes * 10 + memory.channels"
[[objectives]]
name = "speed"
formula = "1 / time"
goal = "most"
)";

Plan plan(const std::string& text = kPlan) {
  auto parsed = parse_plan(text, "plan.toml");
  INFO((parsed ? "" : parsed.error().reason));
  REQUIRE(parsed);
  return std::move(*parsed);
}

device::LaunchCounts counts(std::uint64_t cycles) {
  device::LaunchCounts c;
  c.timed = true;
  c.clock_khz = 400000;
  c[CounterId::cycles] = cycles;
  c[CounterId::warps] = 77;
  return c;
}

}  // namespace

TEST_CASE("the energy of a run is an objective where the design has a table for it") {
  const std::string text =
      "designs = \"rv-gpu-mid\"\n[[workloads]]\ncommand = \"./app\"\n[[objectives]]\nname = \"energy\"\n";
  const Plan p = plan(text);
  CHECK(p.objectives[0].unit == "J");
  const auto points = make_points(p);
  REQUIRE(points);
  device::LaunchCounts c = counts(1000);
  c[CounterId::memory_reads] = 500;
  c[CounterId::integer_lanes] = 1000000;
  CHECK(*values_of(p, points->points[0], c)[0] == Approx(500 * 3.9e-12 * 512 + 1e6 * 0.2e-12));
  CHECK_FALSE(values_of(p, points->points[0], device::LaunchCounts())[0]);  // no clock
  const auto none = make_points(plan("designs = \"vortex-4x4\"" + text.substr(text.find('\n'))));
  REQUIRE_FALSE(none);
  CHECK_THAT(none.error().reason, Catch::Contains("has no table: [energy]"));
}

TEST_CASE("objectives of a run") {
  const Plan p = plan();
  const auto points = make_points(p);
  REQUIRE(points);
  const Values values = values_of(p, points->points[3], counts(400));
  CHECK(*values[0] == Approx(1e-6));
  CHECK(*values[1] == 84);
  CHECK(*values[2] == Approx(1e6));
  CHECK_FALSE(values_of(p, points->points[3], counts(0))[2]);               // divides by zero
  CHECK_FALSE(values_of(p, points->points[3], device::LaunchCounts())[0]);  // no clock
}

TEST_CASE("a key is nearer than a counter of its name") {
  const Plan p = plan(
      "designs = \"vortex-4x4\"\n[[workloads]]\ncommand = \"a\"\n[[objectives]]\nname = \"x\"\nformula = "
      "\"warps * 1000 + counts.warps\"");
  const auto points = make_points(p);
  REQUIRE(points);
  CHECK(values_of(p, points->points[0], counts(1))[0] == 4077);
}

TEST_CASE("geometric means") {
  const Plan p = plan();
  const Values means = geometric_means(p, {{2.0, 3.0, {}}, {8.0, 0.0, 1.0}});
  CHECK(*means[0] == Approx(4));
  CHECK_FALSE(means[1]);
  CHECK_FALSE(means[2]);
  CHECK_FALSE(geometric_means(p, {})[0]);
}

TEST_CASE("the front has what no other point beats") {
  const Plan p = plan();
  // time and area: the less the better; speed: the more.
  const std::vector<Values> values{{1.0, 9.0, 1.0}, {2.0, 5.0, 1.0}, {2.0, 6.0, 1.0}, {3.0, 5.0, 4.0},
                                   {9.0, 9.0, {}},  {2.0, 5.0, 1.0}, {9.0, 9.0, 0.5}};
  CHECK(pareto_front(p, values) == std::vector<bool>{true, true, false, true, false, true, false});
}

TEST_CASE("what a doubling buys, while all else stays") {
  const Plan p = plan();
  const auto points = make_points(p);
  REQUIRE(points);
  // Time halves when lanes double, and falls by a fifth with four times the channels.
  std::vector<Values> values;
  for (const Point& point : points->points)
    values.push_back(
        {(point.at[1] ? 0.8 : 1.0) / static_cast<double>(point.configuration.target.lanes), 1.0, 1.0});
  const auto all = sensitivities(p, *points, values);
  REQUIRE(all.size() == 6);
  CHECK(all[0].axis == 0);
  CHECK(*all[0].doubling == Approx(0.5));
  CHECK(all[0].pairs == 4);
  CHECK(*all[0].levels[2] == Approx(0.25));
  CHECK(*all[1].doubling == Approx(1));
  CHECK(*all[3].doubling == Approx(std::sqrt(0.8)));
  CHECK(*all[3].levels[1] == Approx(0.8));
}

TEST_CASE("points that are missing are no neighbours") {
  const Plan p = plan();
  const auto points = make_points(p);
  REQUIRE(points);
  std::vector<Values> values(points->points.size());
  values[0] = {8.0, 1.0, 1.0};
  values[4] = {1.0, 1.0, 1.0};  // lanes = 16: lanes = 8 is missing
  const auto all = sensitivities(p, *points, values);
  CHECK(*all[0].doubling == Approx(std::pow(0.125, 0.5)));
  CHECK(all[0].pairs == 1);
  CHECK_FALSE(all[0].levels[1]);
  CHECK_FALSE(all[0].levels[2]);
  CHECK_FALSE(all[3].doubling);
}
