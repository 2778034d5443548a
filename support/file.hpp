// Whole files, with the error in words.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/descriptor.hpp"
#include "support/result.hpp"

namespace kiesel {

Result<std::string> read_text_file(const std::filesystem::path& path);
Result<std::vector<std::byte>> read_binary_file(const std::filesystem::path& path);
// A file that may be read without surprises: regular, with a name, of a file system that keeps files, not of
// one that makes them up. Nothing else is opened for reading, since that alone means something to devices and
// pipes.
class RegularFile {
 public:
  static std::optional<RegularFile> open(const std::filesystem::path& path);
  // Of a place that was opened with O_PATH.
  static std::optional<RegularFile> at(int place);

  std::uint64_t bytes() const { return static_cast<std::uint64_t>(status_.st_size); }
  const struct stat& status() const { return status_; }
  // All bytes that it had when it was opened; none when it has become shorter.
  std::optional<std::vector<std::byte>> read() const;
  Descriptor take() { return std::move(file_); }

 private:
  RegularFile(Descriptor file, const struct stat& status) : file_(std::move(file)), status_(status) {}
  Descriptor file_;
  struct stat status_;
};

// False, with the cause in errno, when not all could be written.
bool write_whole(int file, std::span<const std::byte> bytes);
// Written under a temporary name in the same folder and renamed: readers see the old file or the whole new
// one.
Status write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes);
Status write_file_atomically(const std::filesystem::path& path, std::string_view text);

}  // namespace kiesel
