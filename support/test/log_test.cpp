#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>

#include "support/file.hpp"

TEST_CASE("the log never writes into a file of the application that has taken its descriptor") {
  const std::string folder =
      std::filesystem::temp_directory_path() / ("kiesel-log-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const std::string log = folder + "/log", own = folder + "/own";
  REQUIRE(std::system(("KIESEL_LOG_FILE=" + log + " " KIESEL_LOG_PROBE " " + own).c_str()) == 0);
  const auto text = kiesel::read_text_file(log), foreign = kiesel::read_text_file(own);
  std::filesystem::remove_all(folder);
  REQUIRE(text);
  for (const char* line : {"first", "second", "third"}) CHECK(text->find(line) != std::string::npos);
  REQUIRE(foreign);
  CHECK(foreign->empty());
}
