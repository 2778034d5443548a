// What was counted while a capture was replayed, as a file of JSON: each launch, and all of them in total. It
// carries a hash of itself, so that a damaged one is told.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "device/counters.hpp"
#include "support/result.hpp"

namespace kiesel::capture {

struct LaunchLine {
  std::uint64_t number = 0;
  std::string kernel, outcome;  // how it ended beside how it was recorded, in words
  device::LaunchCounts counts;
};

struct CountsFile {
  std::string kiesel;  // what made it
  std::string device;
  std::uint64_t different = 0;  // launches whose result is not what was recorded
  std::vector<LaunchLine> launches;
  device::LaunchCounts total;

  void add(LaunchLine line);
};

std::string to_json(const CountsFile& file);
// kInvalidBinary for what is damaged or of another form.
Result<CountsFile> counts_from_json(std::string_view text);

}  // namespace kiesel::capture
