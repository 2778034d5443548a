#include "evaluation/sweep/runs.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <set>

#include "evaluation/sweep/report.hpp"
#include "support/file.hpp"

using namespace kiesel;
using namespace kiesel::sweep;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

struct Bench {
  Bench() {
    std::string name = (fs::temp_directory_path() / "kiesel_sweep_XXXXXX").string();
    folder = ::mkdtemp(name.data());
    write(folder / "a.kcap", "one");
    place = {folder / "out", "/usr/bin/kiesel", "1.0 abc"};
  }
  ~Bench() { fs::remove_all(folder); }

  std::vector<Run> runs(const std::string& text) {
    auto parsed = parse_plan(text, folder / "plan.toml");
    INFO((parsed ? "" : parsed.error().reason));
    REQUIRE(parsed);
    plan = std::move(*parsed);
    auto made_points = make_points(*plan);
    REQUIRE(made_points);
    points = std::move(*made_points);
    auto made = make_runs(*plan, points, place);
    INFO((made ? "" : made.error().reason));
    REQUIRE(made);
    return std::move(*made);
  }
  std::string key(const std::string& text) { return runs(text).at(0).key; }

  fs::path folder;
  Place place;
  std::optional<Plan> plan;
  Points points;
};

const std::string kDesign = "designs = \"vortex-4x4\"\n";
const std::string kCapture = "[[workloads]]\ncapture = \"a.kcap\"\n";
const std::string kCommand = "[[workloads]]\ncommand = [\"./app\", \"1\"]\n";
const std::string kLanes = "[[axes]]\nkey = \"lanes\"\nvalues = [4, 8]\n";
const std::string kCache = "[[axes]]\nkey = \"data_cache.ways\"\nvalues = [2, 4]\n";

capture::CountsFile some_counts() {
  capture::CountsFile file;
  file.kiesel = "1.0 abc";
  file.device = "x";
  capture::LaunchLine line{3, "k", "same", {}};
  line.counts.timed = true;
  line.counts.clock_khz = 400000;
  line.counts[device::CounterId::cycles] = 4000;
  file.add(line);
  return file;
}

}  // namespace

TEST_CASE("a result's name follows from all that decides it") {
  Bench bench;
  const std::string key = bench.key(kDesign + kCapture);
  CHECK(bench.key("# another text\ntitle = \"x\"\n" + kDesign + kCapture + "name = \"other\"\n") == key);
  CHECK(bench.key(kDesign + kCapture + kLanes) == key);  // its first point is the design
  std::set<std::string> others{key};
  CHECK(others.insert(bench.key("designs = \"vortex-8x8\"\n" + kCapture)).second);
  CHECK(others.insert(bench.key(kDesign + kCapture + "first = 1\n")).second);
  CHECK(others.insert(bench.key(kDesign + kCommand)).second);
  CHECK(others.insert(bench.key(kDesign + kCapture + "[set]\nclock_mhz = 300\n")).second);
  CHECK(others.insert(bench.key("sample_time = true\n" + (kDesign + kCapture))).second);
  write(bench.folder / "a.kcap", "two");
  CHECK(others.insert(bench.key(kDesign + kCapture)).second);
  bench.place.kiesel = "1.0 abd";
  CHECK(others.insert(bench.key(kDesign + kCapture)).second);
}

TEST_CASE("points that an application cannot tell apart share its recording") {
  Bench bench;
  const auto runs = bench.runs(kDesign + kCommand + kLanes + kCache);
  REQUIRE(runs.size() == 4);
  std::set<fs::path> recordings;
  for (const Run& run : runs) {
    REQUIRE(run.job.steps.size() == 2);
    recordings.insert(run.job.steps[0].makes);
  }
  CHECK(recordings.size() == 2);
  CHECK(runs[0].job.steps[0].makes == runs[1].job.steps[0].makes);
}

TEST_CASE("an application can tell designs by their identity") {
  Bench bench;
  write(bench.folder / "a.toml", "lanes = 4\n");
  write(bench.folder / "b.toml", "lanes = 4\n[identity]\nname = \"Example GPU\"\n");
  const std::string folder = bench.folder.string();
  const auto runs =
      bench.runs("designs = [\"" + folder + "/a.toml\", \"" + folder + "/b.toml\"]\n" + kCommand);
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].job.steps[0].makes != runs[1].job.steps[0].makes);
}

TEST_CASE("a run's profile is made by its replay's words") {
  Bench bench;
  const auto runs = bench.runs("sample_time = true\n" + kDesign + kCapture + "kernels = \"a*\"\n");
  const auto job = profile_of(runs[0], bench.place);
  const auto& words = job.steps.at(0).words;
  CHECK(words[1] == "profile");
  for (const char* word : {"--design", "--sample", "--kernels", "cycles"})
    CHECK(std::find(words.begin(), words.end(), word) != words.end());
  CHECK(std::find(words.begin(), words.end(), "--counts") == words.end());
  CHECK(job.makes() == bench.place.folder / "profiles" / runs[0].key / "report.html");
}

TEST_CASE("a run is a replay on the point's design, in a file of its own") {
  Bench bench;
  const auto runs = bench.runs(kDesign + kCapture + "kernels = \"a*\"\n" + kLanes);
  const auto& words = runs[1].job.steps.back().words;
  CHECK(words[0] == "/usr/bin/kiesel");
  CHECK(words[1] == "replay");
  CHECK(words[2] == (bench.folder / "a.kcap").string());
  CHECK(std::find(words.begin(), words.end(), "--kernels") != words.end());
  const auto device = std::find(words.begin(), words.end(), "--device");
  REQUIRE(device != words.end());
  CHECK(*read_text_file(*(device + 1)) == bench.points.points[1].text);
  CHECK(runs[1].result() == bench.place.folder / "results" / (runs[1].key + ".json"));
}

TEST_CASE("a result that is whole is taken; what is damaged or of another Kiesel goes") {
  Bench bench;
  const auto runs = bench.runs(kDesign + kCapture);
  const Run& run = runs[0];
  CHECK(result_of(run, bench.place).error().code == Errc::kNotFound);
  const std::string text = capture::to_json(some_counts());
  write(run.result(), text);
  const auto whole = result_of(run, bench.place);
  REQUIRE(whole);
  CHECK(whole->total[device::CounterId::cycles] == 4000);
  CHECK(whole->launches.at(0).number == 3);
  for (std::size_t at = 0; at < text.size(); at += 97) {
    std::string damaged = text;
    damaged[at] ^= 1;
    write(run.result(), damaged);
    CHECK(result_of(run, bench.place).error().code == Errc::kInvalidBinary);
    CHECK_FALSE(fs::exists(run.result()));
  }
  write(run.result(), text.substr(0, text.size() / 2));
  CHECK_FALSE(result_of(run, bench.place));
  CHECK_FALSE(fs::exists(run.result()));
  write(run.result(), text);
  bench.place.kiesel = "2.0";
  CHECK(result_of(run, bench.place).error().reason.find("Kiesel 1.0 abc has made it") != std::string::npos);
}

TEST_CASE("the report has every run, done or not") {
  Bench bench;
  const auto runs =
      bench.runs("title = \"a </script> \\\"b\\\"\"\n" + kDesign + kCapture + kCommand + kLanes);
  REQUIRE(runs.size() == 4);
  Sweep sweep{*bench.plan, bench.points, runs, {}, "1.0 abc"};
  sweep.findings.push_back(finding_of(*bench.plan, bench.points, runs[0], some_counts()));
  sweep.findings.push_back(finding_of(*bench.plan, bench.points, runs[1], some_counts()));
  sweep.findings.push_back(
      finding_of(*bench.plan, bench.points, runs[2], Error{Errc::kInvalidBinary, "broken"}));
  sweep.findings.push_back(finding_of(*bench.plan, bench.points, runs[3], Error{Errc::kNotFound, ""}));
  const auto json = describe(sweep, true);
  CHECK(json["points"][0]["total"][0].get<double>() == Approx(1e-5));
  CHECK(json["points"][0]["front"] == true);
  CHECK(json["points"][0]["runs"][0]["counts"]["cycles"] == 4000);
  CHECK(json["points"][1]["runs"][0]["state"] == "failed");
  CHECK(json["points"][1]["runs"][0]["reason"] == "broken");
  CHECK(json["points"][1]["runs"][1]["state"] == "waiting");
  CHECK(json["points"][1]["total"][0].is_null());
  const std::string page = page_of(describe(sweep, false), 5);
  CHECK(page.find("</script> \\\"b") == std::string::npos);
  CHECK(page.find("content=\"5\"") != std::string::npos);
  CHECK(page_of(describe(sweep, false), 0).find("http-equiv") == std::string::npos);
  const std::string table = table_of(sweep);
  CHECK(std::count(table.begin(), table.end(), '\n') == 5);
  CHECK(table.find("0,vortex-4x4,4,a,done,1,0,1e-05,") != std::string::npos);
}
