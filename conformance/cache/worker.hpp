// One of the processes that share a cache folder: builds and runs programs until it is killed.
#pragma once

#include <cstdint>

namespace kiesel::stress {

// What a worker tells through its pipe, one byte each.
enum class Word : char {
  kRight = 'r',   // a program was built, run, and gave what it should
  kKilled = 'k',  // a build failed, and says that its compiler was killed
  kWrong = 'w',   // anything else: the worker's standard error has it
};

// Never returns before `seconds` are over, unless something is wrong. Exit code of the process.
int work(int pipe, std::uint64_t seed, unsigned seconds);

}  // namespace kiesel::stress
