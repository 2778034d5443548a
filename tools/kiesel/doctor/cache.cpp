#include "support/cache.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "support/config.hpp"
#include "tools/kiesel/doctor/checks.hpp"

namespace kiesel::tools::doctor {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMib = 1 << 20, kLeastSpace = 16 * kMib;
constexpr mode_t kOthersWrite = S_IWGRP | S_IWOTH;

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

Finding judge_space(const fs::path& folder, const fs::path& at, std::string_view how) {
  const auto space = free_bytes(at);
  const auto text = fmt::format("{}{}, {} MiB free", folder.string(), how, space / kMib);
  if (space < kLeastSpace)
    return warning(text, "free some space, or set the option cache_dir to a folder of another disk");
  return ok(text);
}

Finding judge_folder(const fs::path& folder, const struct stat& file) {
  const auto name = folder.string();
  if (!S_ISDIR(file.st_mode)) return error(fmt::format("{} is no folder", name), fmt::format("rm {}", name));
  if (file.st_uid != ::geteuid())
    return error(
        fmt::format("{} belongs to user {}, not to you: what is in it could be anything", name, file.st_uid),
        fmt::format("sudo rm -r {}, or set the option cache_dir to a folder of your own", name));
  if (file.st_mode & kOthersWrite)
    return error(fmt::format("{} can be written by others (mode {:o})", name, file.st_mode & 07777),
                 fmt::format("rm -r {}; it is made anew with the right mode", name));
  if (::access(folder.c_str(), R_OK | W_OK | X_OK) != 0)
    return error(fmt::format("{}: {}", name, std::strerror(errno)), fmt::format("chmod u+rwx {}", name));
  return judge_space(folder, folder, "");
}

}  // namespace

Finding cache() {
  if (!config().cache)
    return warning("off by the option cache: every start of a program builds anew", "unset the option cache");
  const auto folder = default_cache_folder();
  struct stat file {};
  if (::stat(folder.c_str(), &file) == 0) return judge_folder(folder, file);
  if (errno != ENOENT)
    return error(fmt::format("{}: {}", folder.string(), std::strerror(errno)),
                 "set the option cache_dir to a folder of your own");
  const auto above = existing(folder.parent_path());
  if (::access(above.c_str(), W_OK | X_OK) != 0)
    return error(
        fmt::format("{} cannot be made in {}: {}", folder.string(), above.string(), std::strerror(errno)),
        "set the option cache_dir to a folder of your own");
  return judge_space(folder, above, " (made with the first build)");
}

}  // namespace kiesel::tools::doctor
