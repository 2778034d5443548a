#include "evaluation/score/score.hpp"

#include <catch2/catch.hpp>

using namespace kiesel;
using namespace kiesel::score;
using device::CounterId;

namespace {

std::string entry(const std::string& name) {
  return "[[workloads]]\nname = \"" + name +
         "\"\nabout = \"x\"\nfield = \"AI\"\ncommand = [\"./app\"]\nsmall = [\"1\"]\nmedium = [\"2\"]\n"
         "large = [\"3\", \"4\"]\n";
}
const std::string kText = "title = \"t\"\n" + entry("gemm-a") + entry("gemm-b") + entry("sort");

Suite suite(const std::string& text = kText) {
  auto parsed = parse_suite(text, "s.toml");
  INFO((parsed ? "" : parsed.error().reason));
  REQUIRE(parsed);
  return std::move(*parsed);
}
std::string problem(const std::string& text) {
  const auto parsed = parse_suite(text, "s.toml");
  return parsed ? "" : parsed.error().reason;
}

// A workload of 1 M cycles at 1 GHz on eight cores of sixteen lanes.
struct Bench {
  Bench() {
    auto made = sweep::make_points(plan);
    REQUIRE(made);
    points = std::move(*made);
    for (std::size_t i = 0; i < points.points.size(); ++i) {
      sweep::Run run{i, 0, "key", {}};
      run.job.steps = {{{}, "w.kcap", {}}, {{}, "key.json", {}}};
      run.job.log = "key.txt";
      runs.push_back(run);
      sweep::Finding finding;
      finding.state = sweep::Finding::State::kDone;
      finding.launches = 1;
      finding.counts.timed = true;
      finding.counts.clock_khz = 1'000'000;
      finding.counts[CounterId::cycles] = 1'000'000 / (i + 1);
      finding.counts[CounterId::instructions] = 4'000'000;
      finding.counts[CounterId::lane_instructions] = 64'000'000;
      finding.values = {1e-3 / static_cast<double>(i + 1)};
      findings.push_back(finding);
    }
  }
  nlohmann::ordered_json describe() const {
    return score::describe(own, "small", {plan, points, runs, findings, "1.0"});
  }

  Suite own = suite("title = \"t\"\n" + entry("a"));
  sweep::Plan plan = plan_of(own, "small", {"rv-gpu-mid", "rv-gpu-mid"}, false);
  sweep::Points points;
  std::vector<sweep::Run> runs;
  std::vector<sweep::Finding> findings;
};

}  // namespace

TEST_CASE("a suite is a plan of its workloads in one size") {
  const auto plan = plan_of(suite(), "large", {"vortex-4x4", "mine.toml"}, true);
  REQUIRE(plan.workloads.size() == 3);
  CHECK(plan.workloads[1].name == "gemm-b");
  CHECK(plan.workloads[1].command == std::vector<std::string>{"./app", "3", "4"});
  CHECK(plan.designs.size() == 2);
  CHECK(plan.sample_time);
}

TEST_CASE("workloads of a suite are chosen by patterns") {
  CHECK(chosen(suite(), {})->entries.size() == 3);
  CHECK(chosen(suite(), {"gemm*"})->entries.size() == 2);
  CHECK(chosen(suite(), {"sort", "gemm-a"})->entries[1].name == "sort");
  CHECK(chosen(suite(), {"sort", "x*"}).error().reason.find("'x*'") != std::string::npos);
}

TEST_CASE("what is wrong with a suite is told with its line") {
  CHECK(problem("title = \"t\"\n").find("workloads are missing") != std::string::npos);
  CHECK(problem(kText + "tiny = [\"1\"]\n").find("tiny is not a key") != std::string::npos);
  CHECK(problem("title = \"t\"\n" + entry("a") + entry("a")).find("another workload's") != std::string::npos);
  CHECK(problem("title = 1\n" + entry("a")).find("s.toml:1: title must be a text") != std::string::npos);
  CHECK(problem("title = \"t\"\n" + entry("a") + "packages = [1]\n").find("packages") != std::string::npos);
  CHECK(problem("title = \n").find("s.toml:1") != std::string::npos);
}

TEST_CASE("a workload without float operations is held against instructions of lanes") {
  Bench bench;
  const auto run = bench.describe()["designs"][0]["runs"][0];
  CHECK(run["time_s"] == Approx(1e-3));
  CHECK(run["roof"]["name"] == "instructions");
  // Two instructions a cycle in each of eight cores.
  CHECK(run["roof"]["share"] == Approx(64e6 / (2 * 8 * 16 * 1e6)));
  bench.findings[0].counts[CounterId::flops] = 25'600'000;
  const auto other = bench.describe()["designs"][0]["runs"][0];
  CHECK(other["roof"]["name"] == "float");
  CHECK(other["roof"]["share"] == Approx(0.05));
}

TEST_CASE("memory is the roof of what moves much and computes little") {
  Bench bench;
  bench.findings[0].counts[CounterId::flops] = 1000;
  bench.findings[0].counts[CounterId::memory_reads] = 100'000;
  const auto description = bench.describe();
  const auto run = description["designs"][0]["runs"][0];
  CHECK(run["roof"]["name"] == "memory");
  const double bytes = 100'000.0 * 64, peak = description["designs"][0]["memory_gbs"].get<double>() * 1e9;
  CHECK(run["roof"]["share"] == Approx(bytes / peak / 1e-3));
}

TEST_CASE("designs are compared by the geometric mean of the times of what both have done") {
  Bench bench;
  CHECK(bench.describe()["designs"][0]["time_beside_first"] == Approx(1));
  CHECK(bench.describe()["designs"][1]["time_beside_first"] == Approx(0.5));
  bench.findings[1].state = sweep::Finding::State::kFailed;
  bench.findings[1].reason = "it crashed, \"twice\"";
  bench.findings[1].values.clear();
  const auto description = bench.describe();
  CHECK(description["designs"][1]["compared"] == 0);
  CHECK_FALSE(description["designs"][1].contains("time_beside_first"));
  CHECK(description["designs"][1]["runs"][0]["log"] == "logs/key.txt");
  CHECK(text_of(description).find("failed") != std::string::npos);
  CHECK(table_of(description).find("failed") != std::string::npos);
}
