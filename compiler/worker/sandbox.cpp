#include "compiler/worker/sandbox.hpp"

#include <sys/prctl.h>

#include "compiler/worker/call_filter.hpp"
#include "compiler/worker/landlock.hpp"

namespace kiesel::compiler {

Confinement enter_sandbox() {
  // Without this neither is to be had by a process without rights, and a program that it could start would
  // gain some.
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return {false, false};
  Confinement confinement;
  confinement.files = forbid_files();
  confinement.calls = filter_calls();
  return confinement;
}

}  // namespace kiesel::compiler
