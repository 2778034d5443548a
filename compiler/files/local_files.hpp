// The rules of what a build may read, and the files themselves.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compiler/files/files.hpp"

namespace kiesel::compiler {

// What the application has named.
struct FileRights {
  std::string working_folder;
  std::vector<std::string> include_folders;  // of -I; relative ones start in the working folder
  std::string dump;                          // folder, or empty
};
FileRights rights_of(const Request& request);

// Regular files only, and of those
// - what lies in the working folder or in a folder of -I,
// - what such a file includes by a name that stands in it,
// - elsewhere what everybody may read (the mode's last read bit): those are foreign.
// All else is not there, as far as a build can tell. What lies where is decided by the path of the file that
// was opened, without symbolic links. Nothing but a regular file is ever opened for reading: opening alone
// means something to devices and pipes.
class LocalFiles : public Files {
 public:
  explicit LocalFiles(FileRights rights);
  FoundFile open(const std::string& path) override;
  Descriptor create(const std::string& name) override;

 private:
  bool is_in_own_folder(const std::string& path);
  bool is_own(const std::string& asked, const std::string& real);
  const std::vector<std::string>& own_folders();
  void grant_included(const std::string& asked, int file, std::uint64_t bytes);

  const FileRights rights_;
  std::optional<std::vector<std::string>> own_folders_;  // once they were looked at
  std::set<std::string> granted_;                        // what own files include
  std::string dump_;                                     // folder of this build, once it was made
};

}  // namespace kiesel::compiler
