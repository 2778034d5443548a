#include "support/trusted_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <set>

#include "support/clock.hpp"
#include "support/file.hpp"
#include "support/fork.hpp"
#include "support/log.hpp"
#include "support/single.hpp"

namespace kiesel {
namespace {

constexpr mode_t kForOwner = 0700;
constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;

// The group that came with this user's account.
bool is_own_group(gid_t group) {
  std::array<char, 4096> user_text{}, group_text{};
  passwd user{};
  ::group entry{};
  passwd* found_user = nullptr;
  ::group* found_group = nullptr;
  if (::getpwuid_r(::geteuid(), &user, user_text.data(), user_text.size(), &found_user) != 0 ||
      ::getgrgid_r(group, &entry, group_text.data(), group_text.size(), &found_group) != 0 || !found_user ||
      !found_group || std::strcmp(user.pw_name, entry.gr_name) != 0)
    return false;
  for (char** member = entry.gr_mem; *member; ++member)
    if (std::strcmp(*member, user.pw_name) != 0) return false;
  return true;
}

bool others_may_write(const struct stat& status) {
  return (status.st_mode & S_IWOTH) || ((status.st_mode & S_IWGRP) && !is_own_group(status.st_gid));
}

// In a user namespace that shows some users only, all others' files seem to be nobody's: root's too.
bool is_hidden_owner(uid_t owner) {
  constexpr uid_t kNobody = 65534;
  if (owner != kNobody) return false;
  const auto map = read_text_file("/proc/self/uid_map");
  return map && map->find("4294967295") == std::string::npos;
}

std::string distrust_above(const struct stat& status) {
  if (status.st_uid != 0 && status.st_uid != ::geteuid() && !is_hidden_owner(status.st_uid))
    return "a folder above it belongs to another user";
  if (others_may_write(status) && !(status.st_mode & S_ISVTX)) return "others may rename a folder above it";
  return {};
}

// The folders that the log has named.
struct Told {
  std::mutex mutex;
  std::set<std::string> paths;
};

constinit Single<Told> the_told;
const InForkedChild renews{[] { the_told.forget(); }};

void log_once(const std::string& path, const std::string& reason) {
  auto& told = the_told.get();
  const std::lock_guard lock(told.mutex);
  if (told.paths.insert(path).second)
    KIESEL_LOG(kCompiler, kWarning, "cache: '{}' is not used: {}", path, reason);
}

// Without a slash at its end, which would have a link followed.
std::filesystem::path whole(const std::filesystem::path& path) {
  std::error_code error;
  const auto normal = std::filesystem::absolute(path, error).lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

}  // namespace

TrustedFolder::TrustedFolder(const std::filesystem::path& path) : path_(path.empty() ? path : whole(path)) {}

std::string TrustedFolder::distrust(int folder) const {
  struct stat status {};
  if (::fstat(folder, &status) != 0) return std::strerror(errno);
  if (status.st_uid != ::geteuid()) return "it belongs to another user";
  if (others_may_write(status)) return "others may write to it";
  if (looked_above_.load() == status.st_ino) return {};
  const auto inode = status.st_ino;
  Descriptor here(::openat(folder, "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (struct stat below = status; here && ::fstat(here.get(), &status) == 0; below = status) {
    if (status.st_ino == below.st_ino && status.st_dev == below.st_dev) {
      looked_above_ = inode;
      return {};
    }
    if (auto reason = distrust_above(status); !reason.empty()) return reason;
    here = Descriptor(::openat(here.get(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  return std::strerror(errno);
}

bool TrustedFolder::is_trusted(int folder) const {
  const auto reason = distrust(folder);
  if (!reason.empty()) log_once(path_.string(), reason);
  return reason.empty();
}

std::string TrustedFolder::problem() const {
  const Descriptor folder(::open(path_.c_str(), kFolderFlags));
  if (folder) return distrust(folder.get());
  return errno == ENOENT ? "" : std::strerror(errno);
}

Descriptor TrustedFolder::open() const {
  if (path_.empty()) return {};
  Descriptor folder(::open(path_.c_str(), kFolderFlags));
  if (!folder && errno != ENOENT) log_once(path_.string(), std::strerror(errno));
  return folder && is_trusted(folder.get()) ? std::move(folder) : Descriptor();
}

Descriptor TrustedFolder::make() const {
  if (path_.empty()) return {};
  if (auto folder = open()) return folder;
  std::filesystem::path part;
  for (const auto& name : path_) {
    part /= name;
    ::mkdir(part.c_str(), kForOwner);  // what is there stays
  }
  const int error = errno;
  auto folder = open();
  if (!folder && errno == ENOENT) log_once(path_.string(), std::strerror(error));
  return folder;
}

std::optional<std::vector<std::byte>> read_own_file(int folder, const std::string& name, std::uint64_t most) {
  const Descriptor place(::openat(folder, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!place) return std::nullopt;
  const auto file = RegularFile::at(place.get());
  if (!file || file->status().st_uid != ::geteuid() || others_may_write(file->status()) ||
      file->bytes() > most)
    return std::nullopt;
  return file->read();
}

Status write_own_file(int folder, const std::string& name, std::span<const std::byte> bytes) {
  static std::atomic<unsigned> serial{0};
  const auto temporary = fmt::format("{}.{}.{}.{}.tmp", name, ::getpid(), now_ns(), serial.fetch_add(1));
  const Descriptor file(
      ::openat(folder, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  const auto error = [&] {
    return Error{Errc::kIo, fmt::format("cannot write '{}': {}", temporary, std::strerror(errno))};
  };
  if (!file) return error();
  if (write_whole(file.get(), bytes) && ::renameat(folder, temporary.c_str(), folder, name.c_str()) == 0)
    return {};
  auto failure = error();
  ::unlinkat(folder, temporary.c_str(), 0);
  return failure;
}

}  // namespace kiesel
