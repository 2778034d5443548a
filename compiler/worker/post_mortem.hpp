// What to tell about a build process that ended without an answer.
#pragma once

#include "compiler/client/client.hpp"
#include "compiler/client/protocol.hpp"

namespace kiesel::compiler {

struct Death {
  int status;    // of waitpid
  bool overdue;  // stopped because of the wall clock
  ControlMessage limits;
  int messages;  // file with what it wrote to standard error
};

Reply post_mortem(const Death& death);
Reply cannot_start();

}  // namespace kiesel::compiler
