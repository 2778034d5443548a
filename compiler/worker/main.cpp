// kiesel-compiler: server of builds and translations for the driver, and compiler for people.
#include <cstdio>
#include <cstring>

#include "compiler/backend/machine.hpp"
#include "compiler/client/protocol.hpp"
#include "compiler/worker/build.hpp"
#include "compiler/worker/offline.hpp"
#include "compiler/worker/server.hpp"
#include "device/translator/translate.hpp"

namespace {

using namespace kiesel::compiler;

// The one place where the compiler and the device model's translator meet: they share a process, no more.
Reply answer(const Request& request, Files& files) {
  if (request.operation != Operation::kTranslate) return build(request, files);
  Reply reply;
  if (request.inputs.size() == 1) reply.binary = kiesel::translator::translate_bytes(request.inputs.front());
  if (reply.binary.empty())
    reply.log = "error: a request for a translation that makes no sense\n";
  else
    reply.outcome = Outcome::kSuccess;
  return reply;
}

}  // namespace

int main(int count, char** arguments) {
  initialize_llvm();
  if (count == 2 && std::strcmp(arguments[1], "serve") == 0) return serve(kControlDescriptor, answer);
  return run_offline(count, arguments);
}
