// The programs of the Khronos OpenCL-CTS and how each tier runs them: one row a suite.
#pragma once

#include <span>

namespace kiesel::conformance {

struct Suite {
  const char* name;    // in results, expectations and on the command line
  const char* binary;  // file name of the program
  const char* before;  // arguments before the sub-test's name
  // Arguments behind the sub-test's name; null where the tier leaves the suite out.
  const char* quick;
  const char* full;
  // Sub-tests of the quick tier: names with '*' at the end, separated by spaces. All where it is empty.
  const char* quick_names;
  unsigned seconds;  // limit of one sub-test in the quick tier; the full tier gives ten times that
};

std::span<const Suite> suites();

}  // namespace kiesel::conformance
