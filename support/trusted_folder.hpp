// Folders in which only this user can have put what is there.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "support/descriptor.hpp"
#include "support/result.hpp"

namespace kiesel {

// Folder and files must belong to this user (the effective one), and nobody else may write to them; nobody
// but this user and root may rename what lies above. Whoever can do that can put another file in the place of
// ours. A group counts as nobody else where it is the user's own: of its name, with no other member.
// Links are not followed to the folder itself nor to files in it.
// Threads: all members may be called from any thread.
class TrustedFolder {
 public:
  explicit TrustedFolder(const std::filesystem::path& path);
  TrustedFolder(const TrustedFolder& other) : path_(other.path_) {}  // looks anew
  TrustedFolder& operator=(const TrustedFolder&) = delete;

  // None where there is no such folder, or it is not to be trusted; the log says so once for each folder.
  Descriptor open() const;
  // Makes it first, and what is missing above, for this user alone.
  Descriptor make() const;
  std::string problem() const;  // why open() has none; empty where it has one, or there is no such folder
  const std::filesystem::path& path() const { return path_; }

 private:
  bool is_trusted(int folder) const;
  std::string distrust(int folder) const;

  const std::filesystem::path path_;
  mutable std::atomic<std::uint64_t> looked_above_{0};  // inode of the folder for which that was fine
};

// A regular file of a trusted folder that is this user's alone; `most`: more than so many bytes are none.
std::optional<std::vector<std::byte>> read_own_file(int folder, const std::string& name, std::uint64_t most);

// Written under a temporary name and renamed: readers see the old file or the whole new one.
Status write_own_file(int folder, const std::string& name, std::span<const std::byte> bytes);

}  // namespace kiesel
