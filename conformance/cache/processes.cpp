#include "conformance/cache/processes.hpp"

#include <spawn.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>

extern char** environ;

namespace kiesel::stress {

pid_t start_self(const std::vector<std::string>& arguments) {
  std::vector<char*> words;
  for (const auto& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  pid_t pid = -1;
  return ::posix_spawn(&pid, "/proc/self/exe", nullptr, nullptr, words.data(), environ) == 0 ? pid : -1;
}

std::vector<pid_t> children_of(pid_t process) {
  std::vector<pid_t> all;
  std::error_code error;  // processes end while one looks
  const std::filesystem::directory_iterator tasks("/proc/" + std::to_string(process) + "/task", error);
  for (const auto& task : tasks) {
    std::ifstream file(task.path() / "children");
    for (pid_t child; file >> child;) all.push_back(child);
  }
  return all;
}

int ended(pid_t child) {
  int status = 0;
  return ::waitpid(child, &status, WNOHANG) == child ? status : -1;
}

}  // namespace kiesel::stress
