// The suite's lists of what a submission has to run, e.g. opencl_conformance_tests_full.csv.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kiesel::conformance {

struct ListRow {
  std::string name;                    // "Images (clCopyImage small)"
  std::string program;                 // "images/clCopyImage/test_cl_copy_images"
  std::vector<std::string> arguments;  // options, and names of sub-tests with '*' at the end
};

// In their order. Rows for devices of a named type are left out, as the suite's own script leaves them out.
std::vector<ListRow> parse_list(std::string_view text);

}  // namespace kiesel::conformance
