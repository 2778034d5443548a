// Runs one program in its own process group, with its output in a file and a limit of time.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace kiesel::jobs {

struct Command {
  std::filesystem::path program;
  std::vector<std::string> arguments;
  std::filesystem::path folder;                                  // working folder
  std::vector<std::pair<std::string, std::string>> environment;  // replaces variables of this process
  std::filesystem::path output;                                  // standard output and standard error
  std::chrono::seconds limit{60};
  bool append = false;  // to what the output's file has
};

struct Ending {
  enum class Kind { kExit, kSignal, kTimeout, kStopped, kNotStarted } kind = Kind::kNotStarted;
  int code = 0;  // exit status, signal, or errno
  double seconds = 0;
  std::uint64_t peak_bytes = 0;  // of memory, of its largest process
};
// "ended with status 2", and the like.
std::string words_for(const Ending& ending);

// Thread-safe. At the limit the whole process group is killed.
Ending run(const Command& command);

// For signal handlers: from now on, what runs is killed and what is to run is not started (kStopped).
void stop_running();
bool stopped();

}  // namespace kiesel::jobs
