// Ways out of the sandbox of a build.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <span>
#include <string>

namespace kiesel::compiler::test {

// What the attempts are made on: a folder with a file, a process that waits, and descriptors that a build
// would not have got.
struct Surroundings {
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("kiesel-sandbox-" + std::to_string(::getpid()));
  std::string file = folder / "file", other = folder / "other", script = folder / "script";
  pid_t victim = -1;
  pid_t parent = -1;
  int open_folder = -1, program = -1;

  Surroundings() {
    std::filesystem::create_directories(folder);
    std::ofstream(file) << "original\n";
    std::ofstream(script) << "#!/bin/true\n";
    std::filesystem::permissions(script, std::filesystem::perms::owner_all);
    victim = ::fork();
    if (victim == 0)
      for (;;) ::pause();
    parent = ::getpid();
    open_folder = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    program = ::open("/bin/true", O_RDONLY | O_CLOEXEC);
  }
  ~Surroundings() {
    ::kill(victim, SIGKILL);
    ::waitpid(victim, nullptr, 0);
    ::close(open_folder);
    ::close(program);
    std::filesystem::remove_all(folder);
  }
  Surroundings(const Surroundings&) = delete;
  Surroundings& operator=(const Surroundings&) = delete;
};

enum class Outside { kWorks, kMayWork };  // whether it must work there, for whoever runs the tests

struct Attempt {
  const char* name;
  long (*act)(const Surroundings&);  // below 0 when it failed
  Outside outside = Outside::kWorks;
};

std::span<const Attempt> attempts();

}  // namespace kiesel::compiler::test
