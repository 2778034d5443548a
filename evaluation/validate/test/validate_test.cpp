// References that are damaged or hostile, and what is made of counts.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "device/model/model_device.hpp"
#include "evaluation/validate/base64.hpp"
#include "evaluation/validate/report.hpp"
#include "evaluation/validate/unpack.hpp"

namespace kiesel::validate {
namespace {

using device::CounterId;
using nlohmann::json;

std::string decoded(std::string_view text) {
  const auto bytes = from_base64(text);
  return bytes ? std::string(reinterpret_cast<const char*>(bytes->data()), bytes->size()) : "none";
}

json good() {
  return {{"format", "kiesel-reference"},
          {"version", 1},
          {"design", "vortex-4x4"},
          {"source", "a chip"},
          {"programs", {{"p.elf", "AAAA"}}},
          {"starts", {{"start.bin", "EwAAAA=="}}},
          {"cases",
           {{{"name", "first"},
             {"kernel", "k"},
             {"program", "p.elf"},
             {"start", "start.bin"},
             {"kernel_entry", 64},
             {"groups", {16, 2}},
             {"local_size", {4, 4}},
             {"local_bytes", 128},
             {"arguments", "AAAAAAAAAAAAAAAAAAAAAA=="},
             {"buffers", {{{"offset", 8}, {"bytes", 100}, {"contents", "AQID"}}}},
             {"counts", {{"instructions", 100}, {"cycles", 1000}, {"icache_misses", 0}}}}}}};
}

std::string problem_of(const json& whole) {
  const auto reference = parse_reference(whole.dump(), "folder/x.json");
  return reference ? "none" : reference.error().reason;
}

// With this value at that place.
std::string problem_with(const char* place, json value) {
  json whole = good();
  whole[json::json_pointer(place)] = std::move(value);
  return problem_of(whole);
}

std::string problem_without(const char* place) {
  json whole = good();
  return problem_of(whole.patch({{{"op", "remove"}, {"path", place}}}));
}

CaseResult result(std::string name, std::uint64_t instructions, std::uint64_t cycles, std::uint64_t misses) {
  Case launch;
  launch.name = std::move(name);
  launch.counts = {{CounterId::instructions, 100}, {CounterId::cycles, 1000}, {CounterId::icache_misses, 0}};
  device::LaunchCounts counts;
  counts[CounterId::instructions] = instructions;
  counts[CounterId::cycles] = cycles;
  counts[CounterId::icache_misses] = misses;
  return compare(launch, counts);
}

}  // namespace

TEST_CASE("base64") {
  CHECK(decoded("") == "");
  CHECK(decoded("TWFu") == "Man");
  CHECK(decoded("TWE=") == "Ma");
  CHECK(decoded("TQ==") == "M");
  for (const char* wrong : {"T", "TWF", "T===", "TW=u", "TWF*", "=AAA", "====", "TWF\xff"})
    CHECK(decoded(wrong) == "none");
}

TEST_CASE("a reference is read") {
  const auto reference = parse_reference(good().dump(), "folder/x.json");
  REQUIRE(reference);
  CHECK(reference->name == "x");
  CHECK(reference->design == "vortex-4x4");
  REQUIRE(reference->cases.size() == 1);
  const Case& one = reference->cases[0];
  CHECK(one.work_dim == 2);
  CHECK(one.groups == std::array<std::uint64_t, 3>{16, 2, 1});
  CHECK(one.local_size == std::array<std::uint32_t, 3>{4, 4, 1});
  CHECK(one.arguments.size() == 16);
  CHECK(one.buffers[0].contents.size() == 3);
  CHECK(one.start->size() == 4);
  CHECK(one.counts.at(CounterId::cycles) == 1000);
}

TEST_CASE("what is wrong with a reference is said, and where") {
  CHECK(problem_of(good()) == "none");
  CHECK(problem_of(json::array()) == "folder/x.json: the file has no 'format'");
  CHECK(problem_with("/format", "other") == "folder/x.json: format is not 'kiesel-reference'");
  CHECK(problem_with("/version", 2) == "folder/x.json: version is 2; this program reads 1");
  CHECK(problem_with("/version", -1).find("whole number") != std::string::npos);
  CHECK(problem_with("/design", 3) == "folder/x.json: design must be a text");
  CHECK(problem_with("/design", "a\x1b[2J") == "folder/x.json: design must be one line of text");
  CHECK(problem_with("/source", "") == "folder/x.json: source must be one line of text");
  CHECK(problem_with("/cases", json::array()) == "folder/x.json: cases is empty");
  CHECK(problem_with("/cases", json::object()) == "folder/x.json: cases must be a list");
  CHECK(problem_with("/cases/0/program", "q.elf") ==
        "folder/x.json: cases[0].program names what is not in the file");
  CHECK(problem_with("/programs/p.elf", "*") == "folder/x.json: programs.p.elf must be base64");
  CHECK(problem_with("/cases/0/groups", {16}) ==
        "folder/x.json: cases[0] has groups and local_size of different lengths");
  CHECK(problem_with("/cases/0/groups", {0, 1}).find("cases[0].groups[0] must be a whole number from 1") !=
        std::string::npos);
  CHECK(problem_with("/cases/0/local_size/1", 1e30).find("cases[0].local_size[1] must be") !=
        std::string::npos);
  CHECK(problem_with("/cases/0/groups", json::array()).find("1 values at least") != std::string::npos);
  CHECK(problem_with("/cases/0/buffers/0/offset", 9) ==
        "folder/x.json: cases[0].buffers[0] has its address outside of the arguments");
  CHECK(problem_with("/cases/0/buffers/0/bytes", 2) ==
        "folder/x.json: cases[0].buffers[0] has more contents than bytes");
  CHECK(problem_with("/cases/0/buffers/0/bytes", std::uint64_t{1} << 40).find("must be a whole number") !=
        std::string::npos);
  CHECK(problem_with("/cases/0/arguments", "") ==
        "folder/x.json: cases[0].buffers[0] has its address outside of the arguments");
  CHECK(problem_with("/cases/0/counts/teapots", 1) ==
        "folder/x.json: cases[0].counts.teapots is not a counter");
  CHECK(problem_without("/cases/0/counts/cycles") == "folder/x.json: cases[0] has no count of cycles");
  CHECK(problem_without("/cases/0/kernel") == "folder/x.json: cases[0] has no 'kernel'");
  json twice = good();
  twice["cases"].push_back(twice["cases"][0]);
  CHECK(problem_of(twice) == "folder/x.json: cases has two of the name 'first'");
  json large = good();
  for (int i = 0; i < 2; ++i) large["cases"][0]["buffers"][i] = {{"offset", 8}, {"bytes", kMostBufferBytes}};
  CHECK(problem_of(large).find("is too large, together with those before it") != std::string::npos);
}

TEST_CASE("JSON that is none, or too deep, is refused") {
  CHECK(parse_reference("{", "x").error().reason == "x: is not JSON");
  const std::string deep(1 << 20, '[');
  CHECK_FALSE(parse_reference(deep, "x"));
  CHECK_FALSE(parse_reference("{\"format\": " + deep + std::string(1 << 20, ']') + "}", "x"));
}

TEST_CASE("what is no zstd frame, or too large, is refused") {
  CHECK(unpack({}, 10).error().reason == "ends too early");
  const char text[] = "no frame at all";
  CHECK(unpack(std::as_bytes(std::span(text)), 10).error().code == Errc::kInvalidBinary);
}

TEST_CASE("start-up code of a loader is for the cycle model, and no more than a page") {
  auto machine = *model::built_in_shape("kiesel-small");
  const std::vector<std::byte> front(4), long_front(5000), elf(64);
  const auto load = [&](const std::vector<std::byte>& code) {
    return (*model::ModelDevice::create(machine, 1))->load_behind(code, elf).error();
  };
  CHECK(load(front).code == Errc::kUnsupported);
  machine.engine = model::EngineChoice::kCycles;
  CHECK(load(front).code == Errc::kInvalidBinary);
  CHECK(load(long_front).reason == "start-up code of more than a page");
}

TEST_CASE("deviations are of the reference's count") {
  CHECK(result("a", 100, 1050, 0).of(CounterId::cycles).percent() == Approx(5));
  CHECK(result("a", 100, 950, 0).of(CounterId::cycles).percent() == Approx(-5));
  CHECK(result("a", 100, 950, 3).of(CounterId::icache_misses).percent() == Approx(300));
  CHECK(result("a", 100, 1049, 0).is_within(5));
  CHECK_FALSE(result("a", 100, 1051, 0).is_within(5));
  CHECK_FALSE(result("a", 101, 1000, 0).is_within(5));
  CHECK_FALSE(compare(Case(), Error{Errc::kFault, "a fault"}).is_within(5));
}

TEST_CASE("the spread of a counter is that of all cases") {
  const std::vector<ReferenceResult> results{
      {"x", "d", "s", {result("a", 100, 1010, 0), result("b", 100, 960, 0)}},
      {"y", "d", "s", {result("c", 100, 1020, 0)}}};
  const Spread spread = spread_of(results, CounterId::cycles);
  CHECK(spread.cases == 3);
  CHECK(spread.median == Approx(2));
  CHECK(spread.mean == Approx(7.0 / 3));
  CHECK(spread.largest == Approx(4));
  CHECK(spread.at == "x b");
  CHECK(spread_of(results, CounterId::fetches).cases == 0);
  CHECK(summary_of(results, 3) ==
        "3 cases: instructions equal in 3; cycles: median error 2.00 %, mean 2.33 %, largest 4.00 % (x b); "
        "within 3 % in 2\n");
  const json whole = json::parse(to_json(results, 3));
  CHECK(whole["references"][0]["cases"][1]["within_limit"] == false);
  CHECK(whole["references"][0]["cases"][1]["counters"]["cycles"]["model"] == 960);
}

TEST_CASE("a table has what is furthest off") {
  const std::string table = table_of_cases({"x", "d", "s", {result("a", 100, 1010, 3)}});
  CHECK(table.find("| a    |") != std::string::npos);
  CHECK(table.find("+1.00") != std::string::npos);
  CHECK(table.find("icache_misses 3 for 0") != std::string::npos);
}

}  // namespace kiesel::validate
