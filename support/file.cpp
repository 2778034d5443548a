#include "support/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

namespace kiesel {
namespace {

Error io_error(std::string_view what, const std::filesystem::path& path) {
  return {errno == ENOENT ? Errc::kNotFound : Errc::kIo,
          fmt::format("cannot {} '{}': {}", what, path.string(), std::strerror(errno))};
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

bool write_whole(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(fd, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(done));
  }
  return true;
}

}  // namespace

Result<std::string> read_text_file(const std::filesystem::path& path) {
  return read_whole<std::string>(path);
}

Result<std::vector<std::byte>> read_binary_file(const std::filesystem::path& path) {
  return read_whole<std::vector<std::byte>>(path);
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

}  // namespace kiesel
