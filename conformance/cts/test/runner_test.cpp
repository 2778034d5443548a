// The runner against a small program that behaves as the suite's programs do.
#include "conformance/cts/runner.hpp"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>

#include "conformance/cts/suites.hpp"
#include "conformance/cts/test_list.hpp"
#include "conformance/cts/verdict.hpp"
#include "support/file.hpp"

using namespace kiesel;
using namespace kiesel::conformance;
namespace fs = std::filesystem;

namespace {

constexpr const char* kProgram = R"(#!/bin/sh
if [ "$1" = --list ]; then printf 'Test names:\n\tgood\n\tbad\n\tabsent\n\tdies\n\tsilent\n'; exit 0; fi
result() { printf '{"cmd": "x", "results": {"%s": "%s"}}' "$1" "$2" > "$CL_CONFORMANCE_RESULTS_FILENAME"; }
echo "ran $* with $(cat "$OCL_ICD_VENDORS"/driver.icd) and $KIESEL_DEVICE"
case "$1" in
  good) result good pass ;;
  bad) result bad fail; exit 1 ;;
  absent) result absent skip ;;
  dies) result dies pass; kill -ABRT $$ ;;
  silent) exit 0 ;;
esac
)";

struct Suite {
  fs::path folder = fs::temp_directory_path() / ("kiesel_cts_test_" + std::to_string(::getpid()));
  Request request;

  Suite() {
    fs::create_directories(folder / "build" / "basic");
    const auto program = folder / "build" / "basic" / "test_basic";
    std::ofstream(program) << kProgram;
    fs::permissions(program, fs::perms::owner_all);
    request.cts = folder / "build";
    request.driver = "/lib/driver.so";
    request.device = "shape";
    request.jobs = 2;
    request.folder = folder / "out";
  }
  ~Suite() { fs::remove_all(folder); }
};

}  // namespace

TEST_CASE_METHOD(Suite, "each sub-test gets its verdict") {
  unsigned seen = 0;
  const auto results =
      run_suites(request, [&](const std::string&, const SubTest&, const Results&) { ++seen; });
  REQUIRE(results);
  CHECK(seen == 5);
  const auto& basic = results.value().suites.at("basic");
  CHECK(basic.at("good").verdict == Verdict::kPass);
  CHECK(basic.at("bad").verdict == Verdict::kFail);
  CHECK(basic.at("absent").verdict == Verdict::kSkip);
  CHECK(basic.at("dies").verdict == Verdict::kCrash);
  CHECK(basic.at("silent").verdict == Verdict::kCrash);
  CHECK(results.value().tier == "quick");
}

TEST_CASE_METHOD(Suite, "the program gets the tier's arguments, one driver and the device") {
  request.names = {"basic/good"};
  REQUIRE(run_suites(request, {}));
  CHECK(read_text_file(folder / "out" / "basic.good.txt").value() ==
        "ran good 256 with /lib/driver.so and shape\n");
}

namespace {

constexpr const char* kList = R"(# a comment, with a comma
Basic things,basic/test_basic
Some (small),basic/test_basic  ba* g*  small 5

CL_DEVICE_TYPE_CPU, Of processors,basic/test_basic
Absent,extensions/gone/test_gone now
)";

}  // namespace

TEST_CASE("a list has rows of a name and a command; those for a type of device are left out") {
  const auto rows = parse_list(kList);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].name == "Basic things");
  CHECK(rows[0].program == "basic/test_basic");
  CHECK(rows[0].arguments.empty());
  CHECK(rows[1].arguments == std::vector<std::string>{"ba*", "g*", "small", "5"});
  CHECK(rows[2].name == "Absent");
}

TEST_CASE_METHOD(Suite, "a list is run as it is, in its order") {
  request.list = folder / "list.csv";
  request.limit = std::chrono::seconds(60);
  std::ofstream(request.list) << kList;
  const auto results = run_suites(request, {});
  REQUIRE(results);
  CHECK(results->tier == "list.csv");
  CHECK(results->order == std::vector<std::string>{"Basic things", "Some (small)", "Absent"});
  CHECK(results->suites.at("Basic things").size() == 5);
  CHECK(results->suites.at("Some (small)").size() == 2);
  CHECK(read_text_file(folder / "out" / "Some_(small).good.txt").value() ==
        "ran good small 5 with /lib/driver.so and shape\n");
  // A program that is not there is no pass and no skip.
  CHECK(results->suites.at("Absent").at("test_gone").verdict == Verdict::kFail);
  // Expectations know the suite by the name of its program.
  CHECK(Expectations::parse(R"({"basic/bad": {"result": "fail", "reason": "r"}})")
            ->of(*results, "Some (small)", "bad") == Verdict::kFail);
  request.names = {"Some (small)/good", "basic/bad"};
  const auto some = run_suites(request, {});
  REQUIRE(some);
  CHECK(some->suites.at("Basic things").size() == 1);
  CHECK(some->suites.at("Some (small)").size() == 2);
}

TEST_CASE_METHOD(Suite, "a run goes on where another one ended") {
  request.list = folder / "list.csv";
  request.limit = std::chrono::seconds(60);
  std::ofstream(request.list) << "Basic,basic/test_basic\n";
  Results done;
  done.suites["Basic"]["bad"] = {Verdict::kPass, 77};
  done.suites["Basic"]["good"] = {Verdict::kTimeout, 5};
  request.done = &done;
  std::vector<std::string> ran;
  const auto results =
      run_suites(request, [&](const std::string& name, const SubTest&, const Results& so_far) {
        ran.push_back(name);
        CHECK(so_far.suites.at("Basic").at("bad").seconds == 77);
      });
  REQUIRE(results);
  CHECK(ran.size() == 3);
  CHECK(std::ranges::find(ran, "Basic/bad") == ran.end());
  CHECK(results->suites.at("Basic").at("bad").verdict == Verdict::kPass);
  CHECK(results->suites.at("Basic").at("good").verdict == Verdict::kTimeout);
  CHECK(results->suites.at("Basic").at("absent").verdict == Verdict::kSkip);
}

TEST_CASE_METHOD(Suite, "parts of a list are as long as each other and together the whole") {
  request.list = folder / "list.csv";
  request.limit = std::chrono::seconds(60);
  std::ofstream(request.list) << "Basic,basic/test_basic\n";
  Results measured;
  for (const char* name : {"bad", "absent", "dies", "silent"})
    measured.suites["Basic"][name] = {Verdict::kPass, 1};
  measured.suites["Basic"]["good"] = {Verdict::kPass, 4};
  request.measured = &measured;
  request.shard = {1, 2};
  const auto first = run_suites(request, {});
  request.shard = {2, 2};
  const auto second = run_suites(request, {});
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->suites.at("Basic").size() == 1);
  CHECK(first->suites.at("Basic").contains("good"));
  CHECK(second->suites.at("Basic").size() == 4);
  auto whole = *first;
  merge(whole, *second);
  CHECK(whole.suites.at("Basic").size() == 5);
}

TEST_CASE("work is divided by its seconds") {
  CHECK(divide({3, 1, 1, 1}, 2) == std::vector<unsigned>{0, 1, 1, 1});
  CHECK(divide({1, 1, 1, 1}, 2) == std::vector<unsigned>{0, 1, 0, 1});
  CHECK(divide({5, 5}, 1) == std::vector<unsigned>{0, 0});
  CHECK(divide({}, 3).empty());
}

TEST_CASE("a pass that did nothing but skip is none") {
  CHECK(
      did_nothing("header, skipping test\ncopy...\nDevice has none of it. Skipping test.\ncopy passed\n"
                  "PASSED sub-test.\n"));
  CHECK(did_nothing("copy...\nThe device does not support it.\nSkipping the test.\t\n\ncopy passed\n"));
  CHECK_FALSE(did_nothing("copy...\nTesting char\nNo doubles. Skipping test.\ncopy passed\n"));
  CHECK_FALSE(did_nothing("copy...\nNo doubles; skipping double tests.\ncopy passed\n"));
  CHECK_FALSE(did_nothing("copy...\ncopy passed\n"));
  CHECK_FALSE(did_nothing("copy...\nlong is not supported\ncopy passed\n"));
}

TEST_CASE_METHOD(Suite, "names choose suites and sub-tests") {
  const auto count = [&](std::vector<std::string> names) -> std::size_t {
    request.names = std::move(names);
    const auto results = run_suites(request, {});
    return results ? results.value().suites.at("basic").size() : 0;
  };
  CHECK(count({"basic"}) == 5);
  CHECK(count({"bas*"}) == 5);
  CHECK(count({"basic/g*", "basic/bad"}) == 2);
  CHECK(count({"basic/nothing"}) == 0);
  CHECK(count({"api"}) == 0);
}

TEST_CASE("a pair of types stands for all its conversions") {
  CHECK(conversion_pairs().size() == 121);
  CHECK(conversions_of("uchar_float") ==
        std::vector<std::string>{"uchar_float", "uchar_rte_float", "uchar_rtp_float", "uchar_rtn_float",
                                 "uchar_rtz_float", "uchar_sat_float", "uchar_sat_rte_float",
                                 "uchar_sat_rtp_float", "uchar_sat_rtn_float", "uchar_sat_rtz_float"});
  CHECK(conversions_of("half_long").size() == 5);
}

TEST_CASE_METHOD(Suite, "a folder without the suite is an error that says so") {
  request.cts = folder / "out";
  const auto results = run_suites(request, {});
  REQUIRE_FALSE(results);
  CHECK(results.error().reason.find("no program of the OpenCL-CTS") != std::string::npos);
}
