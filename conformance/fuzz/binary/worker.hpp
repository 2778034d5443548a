// The process that damaged binaries are given to: it loads each through the driver's API, and runs every
// kernel of what loads. It may die, hang or grow: its parent watches (run.hpp).
#pragma once

#include <cstdint>
#include <string>

namespace kiesel::conformance::binary {

struct WorkerOptions {
  std::string driver, folder;  // folder: of the binaries that are damaged
  std::uint64_t first = 0, count = 0;
  int report = -1;  // a descriptor
};

// What goes to the parent through `report`, before and behind each binary.
struct Report {
  enum class What : std::uint32_t { kStarts, kRefused, kDidNotBuild, kRan, kFaulted };
  std::uint64_t number = 0;
  What what = What::kStarts;
  std::uint32_t rss_mib = 0;  // most that the process has had
};

int work(const WorkerOptions& options);

}  // namespace kiesel::conformance::binary
