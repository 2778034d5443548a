// What a submission of conformance results consists of, written beside the outputs of the sub-tests.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "conformance/cts/results.hpp"

namespace kiesel::tools {

// A hash of the driver's library and of what builds its programs.
std::string version_of(const std::filesystem::path& driver);

// conformance/expectations/kiesel.json, wherever this program runs.
std::string_view built_in_expectations();

struct Package {
  std::filesystem::path folder;  // of the run
  std::filesystem::path cts;     // the build of the suite
  std::filesystem::path list;
  std::string version;  // of driver and compiler
};

// opencl_conformance_results.log: the outputs in the order of the list. submission_details.txt: the form,
// with what can be known filled in. build_description.txt: what was tested, where and with which tests. And
// the list. kIo.
Status write_package(const Package& package, const conformance::Results& results);

}  // namespace kiesel::tools
