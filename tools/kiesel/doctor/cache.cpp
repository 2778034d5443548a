#include "support/cache.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "support/config.hpp"
#include "support/trusted_folder.hpp"
#include "tools/kiesel/doctor/checks.hpp"

namespace kiesel::tools::doctor {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMib = 1 << 20, kLeastSpace = 16 * kMib;
constexpr const char* kElsewhere = "set the option cache_dir to a folder of your own";

std::uint64_t free_bytes(const fs::path& folder) {
  struct statvfs space {};
  return ::statvfs(folder.c_str(), &space) == 0 ? space.f_bavail * space.f_frsize : 0;
}

// The folder itself, or the nearest above it that exists.
fs::path existing(fs::path folder) {
  std::error_code failed;
  while (!fs::exists(folder, failed) && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

Finding judge_space(const fs::path& folder, const fs::path& at) {
  const auto space = free_bytes(at);
  const auto how = at == folder ? "" : " (made with the first build)";
  const auto text = fmt::format("{}{}, {} MiB free", folder.string(), how, space / kMib);
  if (space < kLeastSpace) return warning(text, fmt::format("free some space, or {}", kElsewhere));
  return ok(text);
}

}  // namespace

Finding cache() {
  if (!config().cache)
    return warning("off by the option cache: every start of a program builds anew", "unset the option cache");
  const TrustedFolder folder(default_cache_folder());
  const auto& path = folder.path();
  if (path.empty()) return warning("no folder: HOME is not set", kElsewhere);
  if (const auto problem = folder.problem(); !problem.empty())
    return error(fmt::format("{} is not used: {}", path.string(), problem),
                 fmt::format("remove it (it is made anew with the right mode), or {}", kElsewhere));
  const auto at = existing(path);
  if (::access(at.c_str(), R_OK | W_OK | X_OK) != 0)
    return error(fmt::format("{} cannot be written: {}", at.string(), std::strerror(errno)), kElsewhere);
  return judge_space(path, at);
}

}  // namespace kiesel::tools::doctor
