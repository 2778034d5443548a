#include "compiler/worker/landlock.hpp"

#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>

#include "compiler/client/protocol.hpp"

namespace kiesel::compiler {
namespace {

// Newer than Debian 12's header, which ends with the file rights of version 2.
struct Ruleset {
  std::uint64_t files = 0, network = 0, scopes = 0;
};

// By the kernel's version of Landlock, the first being 1: the rights that it knows.
constexpr std::uint64_t kFiles1 = (1ULL << 13) - 1, kFiles2 = (1ULL << 14) - 1, kFiles3 = (1ULL << 15) - 1,
                        kFiles5 = (1ULL << 16) - 1;
constexpr std::uint64_t kBindAndConnect = 3, kSocketsAndSignals = 3;
constexpr std::array<Ruleset, 6> kRights{{{kFiles1, 0, 0},
                                          {kFiles2, 0, 0},
                                          {kFiles3, 0, 0},
                                          {kFiles3, kBindAndConnect, 0},
                                          {kFiles5, kBindAndConnect, 0},
                                          {kFiles5, kBindAndConnect, kSocketsAndSignals}}};

std::size_t size_of(long version) {
  return version < 4 ? sizeof(std::uint64_t) : version < 6 ? 2 * sizeof(std::uint64_t) : sizeof(Ruleset);
}

}  // namespace

bool forbid_files() {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return false;
  const auto known = std::min<std::size_t>(static_cast<std::size_t>(version), kRights.size());
  const Descriptor rules(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &kRights[known - 1], size_of(version), 0)));
  return rules && ::syscall(SYS_landlock_restrict_self, rules.get(), 0) == 0;
}

}  // namespace kiesel::compiler
