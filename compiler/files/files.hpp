// The files that a build may read, and those that it leaves for people to look at.
#pragma once

#include <cstdint>
#include <string>

#include "compiler/client/protocol.hpp"

namespace kiesel::compiler {

enum class Found : std::uint8_t {
  kNothing,  // or something that is none of this build's business
  kFile,
  kFolder,
  kNotRegular,  // a pipe, a device, a socket, or text that the kernel makes up
  kTooLarge,
};

struct FileFacts {
  Found found = Found::kNothing;
  bool is_foreign = false;  // outside of the application's folders: the text of a file stays out of logs
  std::uint64_t device = 0, inode = 0, bytes = 0;
  std::int64_t modified = 0;  // seconds
};

struct FoundFile {
  FileFacts facts;
  Descriptor file;  // of what is a file
};

class Files {
 public:
  Files() = default;
  virtual ~Files() = default;
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  virtual FoundFile open(const std::string& path) = 0;  // an absolute path
  // In the folder of the dump of this build; none when there is no dump.
  virtual Descriptor create(const std::string& name) = 0;
};

}  // namespace kiesel::compiler
