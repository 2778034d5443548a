#include "device/model/host.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <thread>

#include "support/config.hpp"
#include "support/file.hpp"
#include "tools/kiesel/doctor/checks.hpp"

namespace kiesel::tools::doctor {
namespace {

constexpr std::uint64_t kMib = 1 << 20;

struct Limit {
  int resource;
  const char* name;
  const char* flag;  // of the shell's ulimit
  std::uint64_t least;
};

// Below these an ordinary program of OpenCL ends with an error that does not name the limit.
constexpr Limit kLimits[] = {
    {RLIMIT_AS, "address space", "-v", 16384 * kMib},
    {RLIMIT_DATA, "data", "-d", 4096 * kMib},
    {RLIMIT_FSIZE, "size of files", "-f", 256 * kMib},
    {RLIMIT_NOFILE, "open files", "-n", 128},
};

std::uint64_t soft_limit(int resource) {
  rlimit limit{};
  return ::getrlimit(resource, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
}

std::string amount(const Limit& limit, std::uint64_t value) {
  if (value == RLIM_INFINITY) return "unlimited";
  return limit.resource == RLIMIT_NOFILE ? std::to_string(value) : fmt::format("{} MiB", value / kMib);
}

// The least of memory.max from this process's group up to the root.
std::optional<std::uint64_t> group_limit() {
  const auto groups = read_text_file("/proc/self/cgroup");
  const auto start = groups ? groups->find("0::/") : std::string::npos;
  if (start == std::string::npos) return {};
  auto group = std::filesystem::path(groups->substr(start + 4, groups->find('\n', start) - start - 4));
  std::optional<std::uint64_t> least;
  for (;; group = group.parent_path()) {
    const auto text = read_text_file(std::filesystem::path("/sys/fs/cgroup") / group / "memory.max");
    std::uint64_t bytes = 0;
    if (text && std::from_chars(text->data(), text->data() + text->size(), bytes).ec == std::errc())
      least = std::min(least.value_or(bytes), bytes);
    if (group.empty()) return least;
  }
}

std::uint64_t memory_of_host() {
  struct sysinfo info {};
  return ::sysinfo(&info) == 0 ? info.totalram * info.mem_unit : 0;
}

bool has_seccomp() {
  const std::uint32_t action = SECCOMP_RET_KILL_PROCESS;
  return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

long landlock_version() {
  return ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

}  // namespace

Finding host_level() {
#if defined(__x86_64__)
  switch (model::host_level()) {
    case model::HostLevel::kV4:
      return ok("x86-64-v4 (AVX-512)");
    case model::HostLevel::kV3:
      return ok("x86-64-v3 (AVX2)");
    case model::HostLevel::kBase:
      break;
  }
  return warning("x86-64 without AVX2: kernels are several times slower",
                 "use a processor of x86-64-v3, or a virtual machine that shows its host's processor");
#elif defined(__aarch64__)
  return ok("AArch64");
#else
  return warning("a processor that nobody has tried", "tell us how it went");
#endif
}

Finding processors() {
  const auto count = std::size_t{std::max(std::thread::hardware_concurrency(), 1U)};  // that it may use
  const auto wanted = config().threads;
  if (wanted > count)
    return warning(fmt::format("{}, but option threads is {}", counted(count, "processor"), wanted),
                   "unset the option threads: more threads than processors wait for each other");
  return ok(fmt::format("{}, option threads is {}", counted(count, "processor"), wanted));
}

Finding limits() {
  std::string all, low, mend;
  for (const auto& limit : kLimits) {
    const auto value = soft_limit(limit.resource);
    const auto text = fmt::format("{} {}", limit.name, amount(limit, value));
    all += (all.empty() ? "" : ", ") + text;
    if (value >= limit.least) continue;
    low += (low.empty() ? "" : ", ") + text + fmt::format(" (at least {})", amount(limit, limit.least));
    mend += (mend.empty() ? "" : "; ") + fmt::format("ulimit {} unlimited", limit.flag);
  }
  return low.empty() ? ok(all) : warning(low, "raise them: " + mend);
}

Finding memory() {
  const auto host = memory_of_host();
  const auto group = group_limit();
  const auto least = std::min(host, group.value_or(host));
  const auto text = group && *group < host ? fmt::format("{} MiB of the control group, {} of the host",
                                                         *group / kMib, host / kMib)
                                           : fmt::format("{} MiB", host / kMib);
  if (least < 1024 * kMib)
    return warning(
        text + ": builds of large programs may not fit",
        "allow 1 GiB or more (MemoryMax=, --memory), or lower the option build_mib so that a build "
        "fails with a log");
  return ok(text);
}

Finding sandbox() {
  const bool seccomp = has_seccomp();
  const auto landlock = landlock_version();
  const auto text = fmt::format("seccomp {}, Landlock {}", seccomp ? "yes" : "no",
                                landlock > 0 ? fmt::format("version {}", landlock) : "no");
  if (seccomp && landlock > 0) return ok(text);
  if (seccomp)
    return warning(
        text + ": builds are kept from changing files by seccomp alone",
        "boot a kernel with CONFIG_SECURITY_LANDLOCK and landlock among lsm= (Linux 5.13 and later)");
  return warning(text + ": the compiler's process is not kept from the system",
                 "do not build kernels of others here, or allow seccomp (kernel, container profile)");
}

}  // namespace kiesel::tools::doctor
