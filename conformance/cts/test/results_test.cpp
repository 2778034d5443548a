#include "conformance/cts/results.hpp"

#include <catch2/catch.hpp>

#include "conformance/cts/page.hpp"

using namespace kiesel::conformance;

namespace {

Results example() {
  Results results{"kiesel",      "/lib/libkiesel.so", "quick", 12.5, {}, "1a2b",
                  {"semaphore"}, {{"semaphore", "s"}}};
  results.suites["basic"]["hostptr"] = {Verdict::kPass, 0.5};
  results.suites["basic"]["barrier"] = {Verdict::kFail, 1.5};
  results.suites["semaphore"]["one"] = {Verdict::kSkip, 0.1};
  results.suites["semaphore"]["two"] = {Verdict::kCrash, 0.1};
  return results;
}

Expectations expectations(const char* text) { return Expectations::parse(text).value(); }

}  // namespace

TEST_CASE("results survive JSON") {
  const auto back = results_from_json(to_json(example()));
  REQUIRE(back);
  CHECK(back.value().device == "kiesel");
  CHECK(back.value().tier == "quick");
  CHECK(back.value().version == "1a2b");
  CHECK(back.value().order == std::vector<std::string>{"semaphore"});
  CHECK(back.value().known_as.at("semaphore") == "s");
  CHECK(back.value().suites.at("basic").at("barrier").verdict == Verdict::kFail);
  CHECK(back.value().suites.at("semaphore").at("two").verdict == Verdict::kCrash);
  CHECK(back.value().suites.at("basic").at("hostptr").seconds == 0.5);
}

TEST_CASE("what is no results file is an error") {
  for (const char* text :
       {"", "[]", "{}", R"({"suites": 1})", R"({"suites": {"a": {"b": {"result": "fine"}}}})",
        R"({"suites": {"a": {"b": {"result": 5}}}})"})
    CHECK_FALSE(results_from_json(text));
}

TEST_CASE("totals count each verdict") {
  const auto sum = totals(example().suites.at("semaphore"));
  CHECK(sum.count == 2);
  CHECK(sum.skip == 1);
  CHECK(sum.crash == 1);
  CHECK(sum.pass == 0);
}

TEST_CASE("a new failure and a new pass are surprises, what was expected is not") {
  const auto found = surprises(example(), expectations(R"({
    "basic/hostptr": {"result": "fail", "reason": "r"},
    "s/*": {"result": "skip", "reason": "r"}})"));
  REQUIRE(found.size() == 3);
  CHECK(found[0].name == "semaphore/two");
  CHECK(found[0].expected == Verdict::kSkip);
  CHECK(found[1].name == "basic/barrier");
  CHECK(found[1].expected == Verdict::kPass);
  CHECK(found[2].name == "basic/hostptr");
  CHECK(found[2].found == Verdict::kPass);
}

TEST_CASE("the longest name that fits counts") {
  const auto rows = expectations(R"({
    "a/*": {"result": "skip", "reason": "r"},
    "a/b*": {"result": "fail", "reason": "r"},
    "a/bc": {"result": "crash", "reason": "r"}})");
  CHECK(rows.of("a", "x") == Verdict::kSkip);
  CHECK(rows.of("a", "bx") == Verdict::kFail);
  CHECK(rows.of("a", "bc") == Verdict::kCrash);
  CHECK(rows.of("b", "x") == Verdict::kPass);
}

TEST_CASE("an expectation needs a result that is not pass, and a reason") {
  CHECK_FALSE(Expectations::parse(R"({"a/b": {"result": "pass", "reason": "r"}})"));
  CHECK_FALSE(Expectations::parse(R"({"a/b": {"result": "fail"}})"));
  CHECK_FALSE(Expectations::parse(R"({"a/b": "fail"})"));
  CHECK_FALSE(Expectations::parse(R"({"a/b": {"result": 5, "reason": "r"}})"));
  CHECK_FALSE(Expectations::parse(R"({"a/b": {"result": "fail", "reason": 5}})"));
  CHECK_FALSE(Expectations::parse("[]"));
}

TEST_CASE("the page and the table show suites, counts and the other driver") {
  auto other = example();
  other.driver = "libother.so";
  const auto page = html_page(example(), expectations("{}"), &other);
  CHECK(page.find("<td>barrier</td><td class=fail>fail</td><td>pass</td>") != std::string::npos);
  CHECK(page.find("libother.so") != std::string::npos);
  CHECK(page.find("id=\"semaphore\"") < page.find("id=\"basic\""));
  const auto table = markdown_table(example(), &other);
  CHECK(table.find("| semaphore | 2 | 0 | 1 | 1 | 0 | 0 | 1 | 1 | 0 |") != std::string::npos);
  CHECK(table.find("| all | 4 | 1 | 2 | 1 | 2 | 1 | 2 | 1 | 2 |") != std::string::npos);
}
