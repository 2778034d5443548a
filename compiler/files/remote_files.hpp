// The files of a build that may open none: it asks another process for each, over a socket.
#pragma once

#include <functional>

#include "compiler/files/files.hpp"

namespace kiesel::compiler {

class RemoteFiles : public Files {
 public:
  // A SOCK_SEQPACKET whose other end is served. `lost` is called when nobody answers: a build that goes on
  // would be one without the file.
  RemoteFiles(Descriptor socket, std::function<void()> lost)
      : socket_(std::move(socket)), lost_(std::move(lost)) {}
  FoundFile open(const std::string& path) override;
  Descriptor create(const std::string& name) override;

 private:
  FoundFile ask(char what, const std::string& name);
  FoundFile no_answer() const;
  Descriptor socket_;
  const std::function<void()> lost_;
};

// Answers from `files` until the other end has gone.
void serve_files(int socket, Files& files);

}  // namespace kiesel::compiler
