// LLVM's code in huge pages.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace kiesel::compiler {

// Copies the code of the large libraries into huge pages of this process, at the addresses where it is, some
// MiB with each call. A forked process finds it in its page tables then; of a file it would fault on every 64
// KiB that a build runs through (some 900 faults, a quarter of a small build). Costs 90 MiB of memory and
// some 100 ms in all: for a process that will fork often. Nothing happens on systems without huge pages. Call
// it from the only thread, outside of those libraries.
class CodeInHugePages {
 public:
  // Takes some milliseconds; nothing is left to do after some 40 calls.
  void move_some();

 private:
  struct Range {
    std::uint64_t begin = 0, end = 0;
    std::uint64_t size() const { return end - begin; }
  };
  static Range whole_huge_pages(Range range);
  static std::vector<Range> code_of_large_libraries();
  static void move(Range code);

  std::optional<std::vector<Range>> left_;  // once it was looked for
};

}  // namespace kiesel::compiler
