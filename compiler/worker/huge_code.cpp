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

struct Range {
  std::uint64_t begin = 0, end = 0;
  std::uint64_t size() const { return end - begin; }
};

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
using Line = std::array<char, 512>;

Range whole_huge_pages(Range range) {
  range.begin = (range.begin + kHugePage - 1) / kHugePage * kHugePage;
  range.end = std::max(range.begin, range.end / kHugePage * kHugePage);
  return range;
}

bool has_huge_pages() {
  const File file(std::fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re"), std::fclose);
  Line line{};
  return file && std::fgets(line.data(), line.size(), file.get()) && !std::strstr(line.data(), "[never]");
}

// Code of files that nobody has written to. The list is whole before anything is moved: moving changes it.
std::vector<Range> code_of_large_libraries() {
  std::vector<Range> ranges;
  const File maps(std::fopen("/proc/self/maps", "re"), std::fclose);
  Line line{};
  while (maps && std::fgets(line.data(), line.size(), maps.get())) {
    Range range;
    std::array<char, 5> rights{};
    std::uint64_t inode = 0;
    const int read = std::sscanf(line.data(), "%" SCNx64 "-%" SCNx64 " %4s %*x %*s %" SCNu64, &range.begin,
                                 &range.end, rights.data(), &inode);
    if (read == 4 && inode != 0 && std::string_view(rights.data()) == "r-xp" && range.size() >= kLargeLibrary)
      ranges.push_back(range);
  }
  return ranges;
}

// The new pages take the place of the old ones in one call, so that there is code at each moment.
void move(Range code) {
  if (code.size() == 0) return;
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

// This program's own code holds the function that moves.
bool is_own_code(Range range) {
  const auto here = reinterpret_cast<std::uint64_t>(&move_code_to_huge_pages);
  return range.begin <= here && here < range.end;
}

}  // namespace

void move_code_to_huge_pages() {
  if (!has_huge_pages()) return;
  for (const auto range : code_of_large_libraries())
    if (!is_own_code(range)) move(whole_huge_pages(range));
}

}  // namespace kiesel::compiler
