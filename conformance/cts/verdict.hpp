// What one process of the suite found.
#pragma once

#include <filesystem>
#include <string_view>

#include "conformance/cts/results.hpp"

namespace kiesel::conformance {

// From the file that the harness writes when it ends in order, and from what it printed. Without the file the
// program died.
Verdict read_verdict(const std::filesystem::path& results, const std::filesystem::path& output);

// Of a program without the harness.
Verdict read_status(int status, const std::filesystem::path& output);

// The suite counts sub-tests as passed that found nothing to do: all that those print is that they skip.
bool did_nothing(std::string_view output);

}  // namespace kiesel::conformance
