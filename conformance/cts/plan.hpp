// What a run of the suite consists of: one job a sub-test.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "conformance/cts/runner.hpp"
#include "support/result.hpp"

namespace kiesel::conformance {

using Environment = std::vector<std::pair<std::string, std::string>>;

struct Job {
  std::string suite, sub_test;
  std::string known_as;           // the suite in expectations and on the command line
  std::filesystem::path program;  // empty: it is not in this build
  std::vector<std::string> arguments;
  std::chrono::seconds limit;
  bool has_sub_tests = true;  // if not, its exit status says how it ended
};

// In the order of the table or of the list. Programs are asked for their sub-tests. kNotFound, kIo.
Result<std::vector<Job>> plan(const Request& request, const Environment& environment);

}  // namespace kiesel::conformance
