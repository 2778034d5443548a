#include <catch2/catch.hpp>

#include "support/command_line/answer.hpp"
#include "support/command_line/complete.hpp"
#include "support/command_line/roff.hpp"

namespace {

using namespace kiesel::command_line;

struct Example {
  CLI::App app{"an example"};
  std::string file;
  bool quiet = false;
  std::vector<std::string> names;

  Example() {
    auto* run = app.add_subcommand("run", "run it");
    run->add_option("--file,-f", file, "what to run");
    run->add_flag("--quiet", quiet, "say nothing");
    run->add_option("names", names, "which parts");
    app.add_subcommand("rest", "do nothing");
  }

  std::string ask(const std::vector<std::string>& words) const { return to_lines(complete(app, words)); }
};

}  // namespace

TEST_CASE("a completion has the commands that begin like the word") {
  const Example example;
  CHECK(example.ask({"r"}) == "run\trun it\nrest\tdo nothing\n");
  CHECK(example.ask({"ru"}) == "run\trun it\n");
  CHECK(example.ask({"x"}).empty());
}

TEST_CASE("a completion has the options of the command that was typed") {
  const Example example;
  CHECK(example.ask({"run", "--q"}) == "--quiet\tsay nothing\n");
  CHECK(example.ask({"rest", "--q"}).empty());
}

TEST_CASE("files complete values and arguments, and nothing else") {
  const Example example;
  CHECK(example.ask({"run", "--file", ""}) == ":files\n");
  CHECK(example.ask({"run", "-f", ""}) == ":files\n");
  CHECK(example.ask({"run", "--file", "=", "x"}) == ":files\n");
  CHECK(example.ask({"run", "--quiet", ""}) == ":files\n");
  CHECK(example.ask({"rest", ""}).empty());
}

TEST_CASE("a manual page has every command and option with its text") {
  const Example example;
  const Section sections[] = {{"notes", "one\n\n    .two\n"}};
  const char* arguments[] = {"example", "--manual"};
  const auto page = answer(example.app, "example", "1.2", sections, arguments);
  REQUIRE(page);
  CHECK(page->starts_with(".TH EXAMPLE 1 \"\" \"kiesel 1.2\"\n"));
  for (const char* text :
       {".SS run\n", "\\fB\\-\\-quiet\\fR\nsay nothing\n", "\\fB\\-f\\fR, \\fB\\-\\-file\\fR \\fITEXT\\fR\n",
        "\\fInames\\fR\nwhich parts\n", ".SH NOTES\none\n.PP\n.PP\n.nf\n\\&.two\n.fi\n"})
    CHECK(page->find(text) != std::string::npos);
}

TEST_CASE("other arguments are for the program") {
  const Example example;
  const char* command[] = {"example", "run"};
  const char* nothing[] = {"example"};
  CHECK_FALSE(answer(example.app, "example", "1.2", {}, command));
  CHECK_FALSE(answer(example.app, "example", "1.2", {}, nothing));
}

TEST_CASE("text that roff would obey is escaped") {
  CHECK(roff(".so /etc/passwd") == "\\&.so /etc/passwd");
  CHECK(roff("a\n'b \\n -x") == "a\n\\&'b \\en \\-x");
}

TEST_CASE("the page of options has each of them") {
  const auto options = kiesel::option_table();
  const auto page = options_manual("1.2", options);
  for (const auto& option : options) {
    CHECK(page.find(bold(option.name)) != std::string::npos);
    CHECK(page.find(roff(option.text)) != std::string::npos);
  }
}
