#include "evaluation/sweep/expression.hpp"

#include <catch2/catch.hpp>

using namespace kiesel;
using kiesel::sweep::Expression;

namespace {

double value(std::string_view text) {
  const auto parsed = Expression::parse(text);
  INFO(text << ": " << (parsed ? "" : parsed.error().reason));
  REQUIRE(parsed);
  const auto value = parsed->evaluate([](std::string_view name) -> std::optional<double> {
    if (name == "lanes") return 8;
    if (name == "data_cache.bytes") return 16384;
    if (name == "orange") return 3;
    return std::nullopt;
  });
  INFO((value ? "" : value.error().reason));
  REQUIRE(value);
  return *value;
}

std::string problem(std::string_view text) {
  const auto parsed = Expression::parse(text);
  if (!parsed) return parsed.error().reason;
  const auto value = parsed->evaluate([](std::string_view) { return std::optional<double>(); });
  return value ? "" : value.error().reason;
}

}  // namespace

TEST_CASE("numbers and names") {
  CHECK(value("42") == 42);
  CHECK(value(" 1.5e3 ") == 1500);
  CHECK(value("lanes") == 8);
  CHECK(value("data_cache.bytes / 1024") == 16);
  CHECK(value("orange") == 3);  // starts as `or` does
}

TEST_CASE("what binds stronger") {
  CHECK(value("1 + 2 * 3") == 7);
  CHECK(value("(1 + 2) * 3") == 9);
  CHECK(value("10 - 4 - 3") == 3);
  CHECK(value("100 / 10 / 5") == 2);
  CHECK(value("17 % 5 * 2") == 4);
  CHECK(value("-2 * -3") == 6);
  CHECK(value("--2") == 2);
  CHECK(value("2 - -2") == 4);
  CHECK(value("1 + 1 == 2") == 1);
  CHECK(value("1 < 2 and 2 < 1 or 1") == 1);
  CHECK(value("1 or 0 and 0") == 1);
  CHECK(value("not 0 and not 0") == 1);
  CHECK(value("not 1 == 2") == 1);
  CHECK(value("not not 5") == 1);
}

TEST_CASE("comparisons") {
  CHECK(value("1 < 2") == 1);
  CHECK(value("2 <= 2") == 1);
  CHECK(value("3 > 4") == 0);
  CHECK(value("4 >= 4") == 1);
  CHECK(value("4 != 4") == 0);
  CHECK(value("lanes*4==32") == 1);
}

TEST_CASE("what need not be known is not looked at") {
  CHECK(value("0 and 1 / 0") == 0);
  CHECK(value("1 or unknown") == 1);
  CHECK(value("1 and 3") == 1);
  CHECK(value("0 or 0") == 0);
}

TEST_CASE("expressions that are none say where") {
  CHECK(problem("") == "at character 1: it ends too early");
  CHECK(problem("1 +") == "at character 4: it ends too early");
  CHECK(problem("1 2") == "at character 3: '2' is not understood");
  CHECK(problem("(1") == "at character 3: ')' is missing");
  CHECK(problem("1)") == "at character 2: ')' is not understood");
  CHECK(problem("a = 1") == "at character 3: '= 1' is not understood");
  CHECK(problem("and") == "at character 4: 'and' has no value");
  CHECK(problem("$") == "at character 1: '$' is not understood");
  CHECK(problem("1 == not 0") == "at character 9: 'not' has no value");
  CHECK(problem("x / 0") == "'x' has no value");
  CHECK(problem("1 / 0") == "'1 / 0' divides by zero");
  CHECK(problem("1 % (2 - 2)").find("divides by zero") != std::string::npos);
}

TEST_CASE("expressions that would take too much") {
  CHECK(problem(std::string(5000, ' ') + "1") == "it has more than 4096 characters");
  for (const char* sign : {"(", "-", "not "}) {
    std::string text;
    for (int i = 0; i < 500; ++i) text += sign;
    CHECK(problem(text + "1").find("nested too deeply") != std::string::npos);
  }
  std::string sum = "1";
  while (sum.size() < 4000) sum += "+1";
  CHECK(value(sum) > 1000);
}

TEST_CASE("the names of an expression, each once") {
  const auto parsed = Expression::parse("a.b + c * a.b");
  REQUIRE(parsed);
  CHECK(parsed->names() == std::vector<std::string>{"a.b", "c"});
}
