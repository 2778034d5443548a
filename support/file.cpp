#include "support/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

namespace kiesel {
namespace {

Error io_error(std::string_view what, const std::filesystem::path& path) {
  return {errno == ENOENT ? Errc::kNotFound : Errc::kIo,
          fmt::format("cannot {} '{}': {}", what, path.string(), std::strerror(errno))};
}

constexpr std::uint32_t kMadeUp[] = {PROC_SUPER_MAGIC,    SYSFS_MAGIC,        DEBUGFS_MAGIC, TRACEFS_MAGIC,
                                     SECURITYFS_MAGIC,    CGROUP_SUPER_MAGIC, BPF_FS_MAGIC,  SELINUX_MAGIC,
                                     CGROUP2_SUPER_MAGIC, EFIVARFS_MAGIC,     SMACK_MAGIC};

bool is_made_up(int file) {
  struct statfs info {};
  return ::fstatfs(file, &info) != 0 ||
         std::ranges::find(kMadeUp, static_cast<std::uint32_t>(info.f_type)) != std::end(kMadeUp);
}

template <class Container>
Result<Container> read_whole(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return io_error("open", path);
  Container out;
  std::size_t used = 0;
  struct stat info {};
  if (::fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
    out.resize(static_cast<std::size_t>(info.st_size) + 1);
  for (;;) {
    if (used == out.size()) out.resize(out.size() * 2 + 4096);
    const ssize_t got = ::read(fd, reinterpret_cast<char*>(out.data()) + used, out.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const Error error = io_error("read", path);
      ::close(fd);
      return error;
    }
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  ::close(fd);
  out.resize(used);
  return out;
}

}  // namespace

Result<std::string> read_text_file(const std::filesystem::path& path) {
  return read_whole<std::string>(path);
}

Result<std::vector<std::byte>> read_binary_file(const std::filesystem::path& path) {
  return read_whole<std::vector<std::byte>>(path);
}

std::optional<RegularFile> RegularFile::open(const std::filesystem::path& path) {
  return at(Descriptor(::open(path.c_str(), O_PATH | O_CLOEXEC)).get());
}

// Through the place itself: whatever has its name by now.
std::optional<RegularFile> RegularFile::at(int place) {
  struct stat status {};
  if (::fstat(place, &status) != 0 || !S_ISREG(status.st_mode) || status.st_nlink == 0 || is_made_up(place))
    return std::nullopt;
  Descriptor file(
      ::open(fmt::format("/proc/self/fd/{}", place).c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file) return std::nullopt;
  return RegularFile(std::move(file), status);
}

std::optional<std::vector<std::byte>> RegularFile::read() const {
  std::vector<std::byte> out(bytes());
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::pread(file_.get(), out.data() + done, out.size() - done, static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    done += static_cast<std::size_t>(got);
  }
  return out;
}

bool write_whole(int file, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(file, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
  return true;
}

Status write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  static std::atomic<unsigned> serial{0};
  std::filesystem::path temporary = path;
  temporary += fmt::format(".{}.{}.tmp", ::getpid(), serial.fetch_add(1));
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return io_error("create", temporary);
  const bool written = write_whole(fd, bytes);
  const Error error = io_error("write", temporary);
  if (::close(fd) != 0 || !written || ::rename(temporary.c_str(), path.c_str()) != 0) {
    const Error final_error = written ? io_error("finish", path) : error;
    ::unlink(temporary.c_str());
    return final_error;
  }
  return {};
}

Status write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  return write_file_atomically(path, std::as_bytes(std::span(text)));
}

}  // namespace kiesel
