// Whether a descriptor still is the file that it was: applications close descriptors that are not theirs, and
// their numbers are given out again.
#pragma once

#include <sys/stat.h>

#include <optional>

namespace kiesel {

class FileIdentity {
 public:
  // None where the descriptor is closed.
  static std::optional<FileIdentity> of(int file) {
    struct stat status {};
    if (file < 0 || ::fstat(file, &status) != 0) return std::nullopt;
    return FileIdentity(status.st_dev, status.st_ino);
  }
  bool operator==(const FileIdentity&) const = default;

 private:
  FileIdentity(dev_t device, ino_t number) : device_(device), number_(number) {}
  dev_t device_;
  ino_t number_;
};

}  // namespace kiesel
