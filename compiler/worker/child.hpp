// The process of one build: gives up what it does not need, builds, answers, ends.
#pragma once

#include <cstdint>

#include "compiler/client/protocol.hpp"

namespace kiesel::compiler {

// How a build process ends when it is not by a signal.
enum ExitCode : int {
  kExitDone = 0,
  kExitBadMessage = 70,
  kExitFatal = 71,
  kExitOutOfMemory = 72,
  kExitNoReply = 73
};

struct ChildFiles {
  Descriptor request;
  Descriptor connection;
  Descriptor messages;  // becomes standard error: what LLVM says before it aborts
};

using BuildFunction = Reply (*)(const Request& request);

[[noreturn]] void run_child(ChildFiles files, const ControlMessage& limits, BuildFunction build);

}  // namespace kiesel::compiler
