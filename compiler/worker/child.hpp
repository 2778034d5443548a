// The process of one build: gives up what it does not need, builds, answers, ends.
#pragma once

#include <cstdint>
#include <optional>

#include "compiler/client/protocol.hpp"
#include "compiler/files/files.hpp"

namespace kiesel::compiler {

// How a build process ends when it is not by a signal.
enum ExitCode : int {
  kExitDone = 0,
  kExitBadMessage = 70,
  kExitFatal = 71,
  kExitOutOfMemory = 72,
  kExitNoReply = 73,
  kExitNoFiles = 74
};

struct ChildFiles {
  Descriptor request;
  Descriptor connection;
  Descriptor messages;  // becomes standard error: what LLVM says before it aborts
  Descriptor files;     // where it asks for files
};

using BuildFunction = Reply (*)(const Request& request, Files& files);

// The request, if its sender has sealed it.
std::optional<Request> read_request(int file);

[[noreturn]] void run_child(ChildFiles files, const ControlMessage& limits, BuildFunction build);

}  // namespace kiesel::compiler
