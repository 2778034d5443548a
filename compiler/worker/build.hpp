// One build, in the process that was made for it.
#pragma once

#include "compiler/client/client.hpp"
#include "compiler/files/files.hpp"

namespace kiesel::compiler {

// Never throws for what the program does; may abort, run out of memory or never end: the caller is a process
// of its own.
Reply build(const Request& request, Files& files);

// Touches the code that builds run, so that forked processes find it in memory: a whole build of a small
// kernel, linked too.
void warm_up_builds();

}  // namespace kiesel::compiler
