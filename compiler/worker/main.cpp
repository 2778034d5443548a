// kiesel-compiler: server of builds for the driver, and compiler for people.
#include <cstdio>
#include <cstring>

#include "compiler/backend/machine.hpp"
#include "compiler/client/protocol.hpp"
#include "compiler/worker/build.hpp"
#include "compiler/worker/offline.hpp"
#include "compiler/worker/server.hpp"

int main(int count, char** arguments) {
  using namespace kiesel::compiler;
  initialize_llvm();
  if (count == 2 && std::strcmp(arguments[1], "serve") == 0) return serve(kControlDescriptor, build);
  return run_offline(count, arguments);
}
