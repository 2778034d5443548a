// Folders of a test about files: the application's, one of -I, and one that nobody has named.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace kiesel::compiler::test {

struct Folders {
  const std::filesystem::path root = std::filesystem::canonical(std::filesystem::temp_directory_path()) /
                                     ("kiesel-files-" + std::to_string(::getpid()));
  const std::string work = root / "work", include = root / "include", elsewhere = root / "elsewhere";

  Folders() {
    for (const auto& folder : {work, include, elsewhere}) std::filesystem::create_directories(folder);
  }
  ~Folders() { std::filesystem::remove_all(root); }
  Folders(const Folders&) = delete;
  Folders& operator=(const Folders&) = delete;
};

inline void write(const std::string& path, std::string_view text, mode_t mode) {
  std::ofstream(path) << text;
  ::chmod(path.c_str(), mode);
}

}  // namespace kiesel::compiler::test
