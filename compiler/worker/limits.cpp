#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdio>
#include <vector>

#include "compiler/client/protocol.hpp"
#include "compiler/worker/sandbox.hpp"

namespace kiesel::compiler {
namespace {

std::uint64_t address_space_bytes() {
  std::uint64_t pages = 0;
  if (auto* file = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(file, "%lu", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void limit(int what, std::uint64_t soft, std::uint64_t hard) {
  const rlimit value{soft, hard};
  ::setrlimit(static_cast<__rlimit_resource_t>(what), &value);
}

}  // namespace

void set_limits(std::uint32_t seconds, std::uint32_t mib) {
  limit(RLIMIT_CORE, 0, 0);
  // The soft limit ends the process by SIGXCPU, which names the reason.
  limit(RLIMIT_CPU, seconds, std::uint64_t{seconds} + 2);
  const auto bytes = address_space_bytes() + (std::uint64_t{mib} << 20);
  limit(RLIMIT_AS, bytes, bytes);
  limit(RLIMIT_FSIZE, kLargestMessage, kLargestMessage);
}

void keep_descriptors(std::span<const int> kept) {
  std::vector<int> sorted(kept.begin(), kept.end());
  std::ranges::sort(sorted);
  unsigned first = 0;
  for (const int file : sorted) {
    if (file < 0) continue;
    const auto number = static_cast<unsigned>(file);
    if (number > first) ::close_range(first, number - 1, 0);
    first = std::max(first, number + 1);
  }
  ::close_range(first, UINT_MAX, 0);
}

}  // namespace kiesel::compiler
