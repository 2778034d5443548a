// The results as an HTML page of one file, and as a Markdown table for docs/conformance.md.
#pragma once

#include <string>

#include "conformance/cts/results.hpp"

namespace kiesel::conformance {

// `other`: the same suites on another driver, shown beside; may be null.
std::string html_page(const Results& results, const Expectations& expectations, const Results* other);
std::string markdown_table(const Results& results, const Results* other);

}  // namespace kiesel::conformance
