// The API fuzzer: threads that call entry points at random.
#pragma once

#include <cstdint>
#include <string>

namespace kiesel::conformance::api {

struct RunOptions {
  std::string library;  // the driver
  std::uint64_t count = 100'000, seed = 1;
  unsigned threads = 1;
};

// Prints what each thread found. 0: every answer was a right one; 1: not; 2: could not run.
int run(const RunOptions& options);

}  // namespace kiesel::conformance::api
