// Damaged program binaries, loaded and run by the driver in processes of their own.
#pragma once

#include <cstdint>
#include <string>

namespace kiesel::conformance::binary {

struct RunOptions {
  std::string driver, keep;  // keep: folder for what fails, or empty
  std::string engine;        // interpreter, translator, or both: each gets half
  std::uint64_t count = 1000, seed = 1;
  unsigned jobs = 1, seconds = 20;  // of one binary, until it hangs
};

// Prints what became of them. 0: nothing failed; 1: something did; 2: could not run.
int run(const RunOptions& options);

}  // namespace kiesel::conformance::binary
