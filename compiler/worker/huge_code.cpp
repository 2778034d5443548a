#include "compiler/worker/huge_code.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace kiesel::compiler {
namespace {

constexpr std::uint64_t kHugePage = 2 << 20;
constexpr std::uint64_t kLargeLibrary = 8 << 20;
constexpr std::uint64_t kPart = 4 << 20;  // that is moved at a time

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
using Line = std::array<char, 512>;

bool has_huge_pages() {
  const File file(std::fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re"), std::fclose);
  Line line{};
  return file && std::fgets(line.data(), line.size(), file.get()) && !std::strstr(line.data(), "[never]");
}

}  // namespace

CodeInHugePages::Range CodeInHugePages::whole_huge_pages(Range range) {
  range.begin = (range.begin + kHugePage - 1) / kHugePage * kHugePage;
  range.end = std::max(range.begin, range.end / kHugePage * kHugePage);
  return range;
}

// Code of files that nobody has written to. The list is whole before anything is moved: moving changes it.
// This program's own code holds the function that moves.
std::vector<CodeInHugePages::Range> CodeInHugePages::code_of_large_libraries() {
  const auto here = reinterpret_cast<std::uint64_t>(&has_huge_pages);
  std::vector<Range> ranges;
  const File maps(std::fopen("/proc/self/maps", "re"), std::fclose);
  Line line{};
  while (maps && std::fgets(line.data(), line.size(), maps.get())) {
    Range range;
    std::array<char, 5> rights{};
    std::uint64_t inode = 0;
    const int read = std::sscanf(line.data(), "%" SCNx64 "-%" SCNx64 " %4s %*x %*s %" SCNu64, &range.begin,
                                 &range.end, rights.data(), &inode);
    const bool is_own = range.begin <= here && here < range.end;
    if (read == 4 && inode != 0 && std::string_view(rights.data()) == "r-xp" && !is_own &&
        range.size() >= kLargeLibrary)
      ranges.push_back(whole_huge_pages(range));
  }
  return ranges;
}

// The new pages take the place of the old ones in one call, so that there is code at each moment.
void CodeInHugePages::move(Range code) {
  const auto room = code.size() + kHugePage;
  void* const memory = ::mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  const auto begin = reinterpret_cast<std::uint64_t>(memory);
  const auto copy = whole_huge_pages({begin, begin + room}).begin;
  const auto at = [](std::uint64_t address) { return reinterpret_cast<void*>(address); };
  ::madvise(at(copy), code.size(), MADV_HUGEPAGE);
  std::memcpy(at(copy), at(code.begin), code.size());
  const bool moved = ::mprotect(at(copy), code.size(), PROT_READ | PROT_EXEC) == 0 &&
                     ::mremap(at(copy), code.size(), code.size(), MREMAP_MAYMOVE | MREMAP_FIXED,
                              at(code.begin)) != MAP_FAILED;
  if (!moved) ::munmap(at(copy), code.size());
  ::munmap(memory, copy - begin);
  ::munmap(at(copy + code.size()), begin + room - copy - code.size());
}

void CodeInHugePages::move_some() {
  if (!left_) left_ = has_huge_pages() ? code_of_large_libraries() : std::vector<Range>();
  while (!left_->empty() && left_->back().size() == 0) left_->pop_back();
  if (left_->empty()) return;
  Range& last = left_->back();
  const auto part = std::min(kPart, last.size());
  last.end -= part;
  move({last.end, last.end + part});
}

}  // namespace kiesel::compiler
