// Runs the CTS: finds the programs in a build, asks each for its sub-tests, runs them one a process on
// several threads. A crash or a limit costs one sub-test.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "conformance/cts/results.hpp"
#include "conformance/cts/shards.hpp"
#include "support/result.hpp"

namespace kiesel::conformance {

struct Request {
  std::filesystem::path cts;     // a build of the suite: programs anywhere below
  std::filesystem::path driver;  // the ICD library to test
  std::string device;            // for KIESEL_DEVICE; empty leaves it alone
  std::vector<std::string>
      names;                     // suites "basic", sub-tests "basic/hostptr", a '*' at the end; empty is all
  unsigned jobs = 1;             // sub-tests at a time
  std::filesystem::path folder;  // for the sub-tests' outputs, "<suite>.<sub-test>.txt"

  // One of the suite's lists of what a submission has to run, as it is; empty is the quick tier.
  std::filesystem::path list;
  std::chrono::seconds limit{};  // of each of the list's sub-tests
  Shard shard;
  const Results* measured = nullptr;  // seconds that shards are made by
  const Results* done = nullptr;      // results of the list that are there already
};

// Called under a lock, in the order in which sub-tests end, with all results so far.
using Progress = std::function<void(const std::string& name, const SubTest& test, const Results& so_far)>;

// kNotFound when there is no program of the suite below `cts`, or no name fits. kIo. After stop_running()
// (process.hpp) the results are those of the sub-tests that had ended.
Result<Results> run_suites(const Request& request, const Progress& progress);

// Where the output of a sub-test is, with another extension for what else is of it.
std::filesystem::path output_of(const std::filesystem::path& folder, const std::string& suite,
                                const std::string& sub_test);

}  // namespace kiesel::conformance
