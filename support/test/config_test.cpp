#include "support/config.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "support/file.hpp"

using kiesel::load_config;

TEST_CASE("defaults stand when nothing is said") {
  const auto loaded = load_config("", "none", {"HOME=/x", "PATH=/bin"});
  CHECK(loaded.config.cache);
  CHECK(loaded.config.build_seconds == 120);
  CHECK(loaded.warnings.empty());
}

TEST_CASE("the file overrides defaults and the environment overrides the file") {
  const auto loaded =
      load_config("cache = false\nthreads = 3\nlog = \"info\"\n", "a.toml", {"KIESEL_THREADS=5"});
  CHECK_FALSE(loaded.config.cache);
  CHECK(loaded.config.threads == 5);
  CHECK(loaded.config.log == "info");
  CHECK(loaded.warnings.empty());
  const auto row =
      std::find_if(loaded.table.begin(), loaded.table.end(), [](auto& r) { return r.name == "threads"; });
  REQUIRE(row != loaded.table.end());
  CHECK(row->value == "5");
  CHECK(row->source == "KIESEL_THREADS");
}

TEST_CASE("an unknown name or a wrong value warns once and changes nothing") {
  const auto loaded = load_config("thread = 3\n", "a.toml", {"KIESEL_CACHE=perhaps", "KIESEL_BUILD_MIB=-1"});
  CHECK(loaded.config.cache);
  CHECK(loaded.config.build_mib == 4096);
  REQUIRE(loaded.warnings.size() == 3);
  CHECK(loaded.warnings[0] == "a.toml: there is no option 'thread'");
  CHECK(loaded.warnings[1] == "KIESEL_CACHE: cache must be 0 or 1, not 'perhaps'");
}

TEST_CASE("a file that is no TOML warns with its line") {
  const auto loaded = load_config("cache = true\nthreads = = 3\n", "a.toml", {});
  REQUIRE(loaded.warnings.size() == 1);
  CHECK(loaded.warnings[0].starts_with("a.toml:2:"));
}

TEST_CASE("every option has a text and the table shows all of them") {
  for (const auto& row : load_config("", "none", {}).table) {
    CHECK_FALSE(row.text.empty());
    CHECK(row.source == "default");
  }
}

TEST_CASE("docs/options.md is what the list makes") {
  const auto page = kiesel::read_text_file(KIESEL_SOURCE_DIR "/docs/options.md");
  REQUIRE(page);
  CHECK(*page == kiesel::options_page());
}
