// The files of a build as Clang wants them, and what was asked for.
#pragma once

#include <llvm/Support/VirtualFileSystem.h>

#include <set>
#include <string>
#include <vector>

#include "compiler/client/client.hpp"
#include "compiler/files/files.hpp"

namespace kiesel::compiler {

// Whatever is no readable file is a folder without contents to status(), and nothing to openFileForRead():
// a name that is not found in one folder is looked for in the next.
class SourceFiles : public llvm::vfs::FileSystem {
 public:
  // `folders`: of -I. They are taken for folders unseen, as the working folder is, so that a build without an
  // #include asks for nothing.
  SourceFiles(Files& files, std::string working_folder, const std::vector<std::string>& folders);

  llvm::ErrorOr<llvm::vfs::Status> status(const llvm::Twine& path) override;
  llvm::ErrorOr<std::unique_ptr<llvm::vfs::File>> openFileForRead(const llvm::Twine& path) override;
  llvm::vfs::directory_iterator dir_begin(const llvm::Twine& folder, std::error_code& error) override;
  llvm::ErrorOr<std::string> getCurrentWorkingDirectory() const override { return working_folder_; }
  std::error_code setCurrentWorkingDirectory(const llvm::Twine&) override;

  // In the order in which they were first looked for.
  const std::vector<Dependency>& dependencies() const { return dependencies_; }
  // Why there may be more than was found, in lines.
  std::string notes() const;
  bool has_foreign() const { return !foreign_.empty(); }
  bool is_foreign(llvm::StringRef path) const;

 private:
  struct Text;
  std::string whole_path(const llvm::Twine& path) const;
  Text find(const std::string& path);
  void remember(Dependency dependency);

  Files& files_;
  const std::string working_folder_;
  std::set<std::string> folders_;  // without dots
  std::set<std::string> known_;    // paths of dependencies_
  std::vector<Dependency> dependencies_;
  std::vector<std::string> foreign_;
  std::set<std::string> notes_;
  bool missed_foreign_ = false;
};

}  // namespace kiesel::compiler
