// A process of ours with a socket to it and what it prints. Threads: one at a time, but kill().
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/descriptor.hpp"
#include "support/result.hpp"

namespace kiesel::device::plugin {

class Child {
 public:
  Child() = default;
  // Starts `program` with a socket as its descriptor kDeviceSocket, in a process group of its own, with
  // nothing else of what the application has open. kIo.
  static Result<Child> start(const std::string& program, std::vector<std::string> arguments);
  Child(Child&& other) noexcept = default;
  Child& operator=(Child&& other) noexcept;
  ~Child() { end(); }

  int socket() const { return socket_.get(); }
  int output() const { return output_.get(); }  // what it prints, to be read; does not block
  // Ends it by force.
  void kill() const;
  // Waits for its end, which has been seen or is forced now; how it was, in words.
  std::string end();

 private:
  struct Process {  // moves its number
    pid_t pid = -1;
    pid_t owner = -1;
    Process() = default;
    Process(Process&& other) noexcept : pid(std::exchange(other.pid, -1)), owner(other.owner) {}
    Process& operator=(Process&& other) noexcept {
      pid = std::exchange(other.pid, -1);
      owner = other.owner;
      return *this;
    }
  };

  Descriptor socket_, output_;
  Process process_;
};

// A folder for a process to work in, removed at the end.
class WorkFolder {
 public:
  WorkFolder() = default;
  static WorkFolder make();  // without a path where there can be none
  WorkFolder(WorkFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  WorkFolder& operator=(WorkFolder&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  ~WorkFolder();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace kiesel::device::plugin
