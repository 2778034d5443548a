// The runner against a small program that behaves as the suite's programs do.
#include "conformance/cts/runner.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "conformance/cts/suites.hpp"
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
    request = {folder / "build", "/lib/driver.so", "shape", false, {}, 2, folder / "out"};
  }
  ~Suite() { fs::remove_all(folder); }
};

}  // namespace

TEST_CASE_METHOD(Suite, "each sub-test gets its verdict") {
  unsigned seen = 0;
  const auto results = run_suites(request, [&](const std::string&, const SubTest&) { ++seen; });
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
  request.full = true;
  REQUIRE(run_suites(request, {}));
  CHECK(read_text_file(folder / "out" / "basic.good.txt").value() ==
        "ran good with /lib/driver.so and shape\n");
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
