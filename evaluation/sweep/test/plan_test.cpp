#include "evaluation/sweep/plan.hpp"

#include <catch2/catch.hpp>

using namespace kiesel;
using namespace kiesel::sweep;

namespace {

constexpr const char* kStart = R"(designs = "vortex-4x4"
[[workloads]]
command = "./app"
)";

Plan plan(const std::string& text) {
  auto parsed = parse_plan(text, "/folder/plan.toml");
  INFO((parsed ? "" : parsed.error().reason));
  REQUIRE(parsed);
  return std::move(*parsed);
}

// What is wrong, without the file's name.
std::string problem(const std::string& text) {
  const auto parsed = parse_plan(text, "plan.toml");
  return parsed ? "" : parsed.error().reason.substr(10);
}
std::string problem_after(const std::string& text) { return problem(kStart + text); }

}  // namespace

TEST_CASE("the smallest plan") {
  const Plan p = plan(kStart);
  CHECK(p.title == "plan");
  CHECK(p.designs == std::vector<std::string>{"vortex-4x4"});
  CHECK(p.workloads.at(0).name == "app");
  CHECK(p.axes.empty());
  REQUIRE(p.objectives.size() == 1);
  CHECK(p.objectives[0].name == "time");
  CHECK(p.objectives[0].unit == "s");
}

TEST_CASE("axes: lists, ranges, keys that change together") {
  const Plan p = plan(std::string(kStart) + R"(
[[axes]]
key = "lanes"
values = [4, 8]
[[axes]]
key = "data_cache.bytes"
range = {from = 4096, to = 16384, times = 2}
[[axes]]
key = "memory.channels"
range = {from = 1, to = 8, step = 3}
[[axes]]
name = "size"
keys = ["warps", "cores"]
values = [[4, 1], [8, 2]]
[[axes]]
key = "extensions"
values = [["Zicond", "vote"], []]
)");
  REQUIRE(p.axes.size() == 5);
  CHECK(p.axes[0].label(1) == "8");
  REQUIRE(p.axes[1].rows.size() == 3);
  CHECK(p.axes[1].rows[2][0].number == 16384);
  CHECK(p.axes[2].label(2) == "7");
  CHECK(p.axes[3].name == "size");
  CHECK(p.axes[3].label(1) == "8 2");
  CHECK(p.axes[4].rows.size() == 2);
  CHECK_FALSE(p.axes[4].rows[0][0].number);
  const Plan far = plan(std::string(kStart) + R"(
[[axes]]
key = "data_cache.bytes"
range = {from = 1, to = 9223372036854775807, times = 4294967296}
)");
  CHECK(far.axes[0].rows.size() == 2);
}

TEST_CASE("objectives may use those before them") {
  const Plan p = plan(std::string(kStart) + R"(
[[objectives]]
name = "time"
[[objectives]]
name = "area"
formula = "cores * lanes * warps"
unit = "units"
[[objectives]]
name = "gain"
formula = "flops / time / area"
goal = "most"
[[objectives]]
name = "started"
formula = "counts.warps"
)");
  CHECK(p.objectives.size() == 4);
  CHECK(p.objectives[0].unit == "s");
  CHECK(p.objectives[2].most);
}

TEST_CASE("settings, with and without tables of TOML") {
  const Plan p = plan(std::string(kStart) + R"(
[set]
"memory.channels" = 4
l2.bytes = "data_cache.bytes * 16"
host_visible = false
)");
  REQUIRE(p.settings.size() == 3);
  CHECK(std::get<Value>(p.settings[0].value).number == 0);  // in the order of names
  CHECK(p.settings[1].key == "l2.bytes");
  CHECK(std::holds_alternative<Expression>(p.settings[1].value));
}

TEST_CASE("a command's words, and which launches") {
  const Plan p = plan(R"(designs = ["vortex-4x4", "vortex-8x8"]
sample = 5
seed = 9
skip_invalid = true
sample_time = true
[[workloads]]
command = ["python3", "-c", "x y"]
kernels = "gemm*"
first = 2
every = 3
)");
  CHECK(p.workloads[0].command == std::vector<std::string>{"python3", "-c", "x y"});
  CHECK(p.workloads[0].choice ==
        std::vector<std::string>{"--kernels", "gemm*", "--first", "2", "--every", "3"});
  CHECK(p.designs.size() == 2);
  CHECK(p.sample == 5);
  CHECK(p.seed == 9);
  CHECK(p.skip_invalid);
  CHECK(p.sample_time);
}

TEST_CASE("faults name the line, the key and what is allowed") {
  CHECK(problem("x = ").starts_with("1: "));
  CHECK(
      problem("\nsize = 1").starts_with("2: size is not a key of plan; there are title, designs, workloads"));
  CHECK(
      problem("designs = \"vortex-9\"").starts_with("1: designs has 'vortex-9': no device shape is called"));
  CHECK(problem("designs = []") == "1: designs must be a text or a list of texts, not an empty one");
  CHECK(problem("designs = \"vortex-4x4\"").find("workloads are missing") != std::string::npos);
  CHECK(problem("[[workloads]]\ncommand = \"x\"").find("designs are missing") != std::string::npos);
  CHECK(problem("workloads = 1") == "1: workloads must be tables: [[workloads]]");
  CHECK(problem_after("[[workloads]]\nname = \"x\"") ==
        "4: workloads must each have a capture or a command, one of them");
  CHECK(problem_after("[[workloads]]\ncapture = \"no.kcap\"") ==
        "5: capture = 'no.kcap': there is no such file");
  CHECK(problem_after("[[workloads]]\ncommand = \"app\"") == "4: name 'app' is another workload's, too");
  CHECK(problem_after("[[workloads]]\nfirst = -1\ncommand = \"b\"") ==
        "5: first must be a whole number, 0 or more");
}

TEST_CASE("faults of axes") {
  const std::string axis = "[[axes]]\n";
  CHECK(problem_after(axis + "key = \"lane\"\nvalues = [1]")
            .starts_with("5: key 'lane' is not a key of a design; there are cores, warps, lanes"));
  CHECK(
      problem_after(axis + "key = \"l2.byte\"\nvalues = [1]") ==
      "5: key 'l2.byte' is not a key of a design; l2 has bytes, ways, line_bytes, banks, misses, hit_cycles, "
      "flush_cycles, write_back");
  CHECK(problem_after(axis + "key = \"lanes\"\nvalues = []") == "6: values must be a list that is not empty");
  CHECK(problem_after(axis + "key = \"lanes\"") == "4: lanes must have values or a range, one of them");
  CHECK(problem_after(axis + "values = [1]") == "4: axes must each have a key or keys, one of them");
  CHECK(problem_after(axis + "keys = [\"lanes\", \"warps\"]\nvalues = [[1]]")
            .starts_with("6: values must have a list of 2 values"));
  CHECK(problem_after(axis + "key = \"lanes\"\nvalues = [4]\n" + axis + "key = \"lanes\"\nvalues = [8]") ==
        "8: key 'lanes' is set by another axis, too");
  CHECK(problem_after("[set]\nlanes = 4\n" + axis + "key = \"lanes\"\nvalues = [8]")
            .find("set by another axis") != std::string::npos);
  for (const char* range :
       {"{from = 4, to = 2, step = 1}", "{from = 1, to = 4}", "{from = 1, to = 4, step = 0}",
        "{from = 0, to = 4, times = 2}", "{from = 1, to = 4, times = 1}",
        "{from = 1, to = 4, step = 1, times = 2}", "{to = 4, step = 1}"})
    CHECK(problem_after(axis + "key = \"lanes\"\nrange = " + range)
              .starts_with("6: range must go from a number up to another"));
  CHECK(problem_after(axis + "key = \"lanes\"\nrange = {from = 1, to = 99999999, step = 1}") ==
        "6: range has more than 100000 values");
  CHECK(problem_after(axis + "key = \"lanes\"\nvalue = 1")
            .starts_with("6: value is not a key of an axis; there are name, key"));
}

TEST_CASE("faults of expressions") {
  CHECK(problem("where = \"lanes <\"\n" + std::string(kStart))
            .starts_with("1: where = 'lanes <' is no expression: at character 8"));
  CHECK(problem("where = [\"1\",\n\"lan > 1\"]\n" + std::string(kStart))
            .starts_with("2: where has 'lan', which is not a key of a design"));
  CHECK(problem("where = \"extensions\"\n" + std::string(kStart)).find("'extensions', which is not a key") !=
        std::string::npos);
  const std::string objective = "[[objectives]]\n";
  CHECK(problem_after(objective + "formula = \"1\"") == "4: objectives must each have a name");
  CHECK(problem_after(objective + "name = \"cycle\"")
            .starts_with("4: formula has 'cycle', which is no counter"));
  CHECK(
      problem_after(objective + "name = \"cycle\"").find("csr_accesses, csr_lanes, cycles, cycles_error,") !=
      std::string::npos);
  CHECK(problem_after(objective + "name = \"time\"\ngoal = \"best\"") ==
        "6: goal must be \"least\" or \"most\"");
  CHECK(problem_after(objective + "name = \"time\"\n" + objective + "name = \"time\"") ==
        "6: name 'time' is another objective's, too");
  CHECK(problem_after(objective + "name = \"a\"\nformula = \"b\"\n" + objective +
                      "name = \"b\"\nformula = \"1\"")
            .find("has 'b'") != std::string::npos);
}
