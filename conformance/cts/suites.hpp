// The programs of the Khronos OpenCL-CTS and how the quick tier runs them: one row a suite.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace kiesel::conformance {

// Where the names of a suite's sub-tests come from.
enum class Names {
  kListed,       // the program's --list
  kConversions,  // test_conversions lists one sub-test; here it is one for each pair of types
};

struct Suite {
  const char* name;    // in results, expectations and on the command line
  const char* binary;  // file name of the program
  const char* before;  // arguments before the sub-test's name
  const char* quick;   // arguments behind the sub-test's name
  // Sub-tests of the quick tier: names with '*' at the end, separated by spaces. All where it is empty.
  const char* quick_names;
  unsigned seconds;  // limit of one sub-test in the quick tier
  Names names = Names::kListed;
};

std::span<const Suite> suites();

// kConversions: sub-tests "<to>_<from>", and what one is on the command line, e.g. for "int_float":
// int_float, int_rte_float, int_sat_float ...
std::vector<std::string> conversion_pairs();
std::vector<std::string> conversions_of(const std::string& pair);

}  // namespace kiesel::conformance
