#include "compiler/worker/child.hpp"

#include <llvm/Support/ErrorHandling.h>
#include <unistd.h>

#include <array>
#include <new>

#include "compiler/worker/sandbox.hpp"

namespace kiesel::compiler {
namespace {

void say(const char* text) {
  std::size_t length = 0;
  while (text[length]) ++length;
  if (::write(STDERR_FILENO, text, length) < 0) return;
  if (::write(STDERR_FILENO, "\n", 1) < 0) return;
}

// No destructors and no memory: the state of the process is unknown.
void stop_fatal(void*, const char* reason, bool) {
  say(reason);
  ::_exit(kExitFatal);
}
void stop_out_of_memory(void*, const char*, bool) { ::_exit(kExitOutOfMemory); }
void stop_failed_new() { ::_exit(kExitOutOfMemory); }

void answer(int connection, const Reply& reply) {
  const auto file = memory_file(encode(reply));
  const ReplyMessage message;
  const std::array<int, 1> descriptors{file.get()};
  if (!file || !send_message(connection, std::as_bytes(std::span(&message, 1)), descriptors))
    ::_exit(kExitNoReply);
}

}  // namespace

void run_child(ChildFiles files, const ControlMessage& limits, BuildFunction build) {
  ::dup2(files.messages.get(), STDERR_FILENO);
  files.messages.reset();
  llvm::install_fatal_error_handler(stop_fatal);
  llvm::install_bad_alloc_error_handler(stop_out_of_memory);
  std::set_new_handler(stop_failed_new);
  set_limits(limits.build_seconds, limits.build_mib);

  const auto bytes = read_whole(files.request.get());
  const auto request = bytes && limits.protocol == kProtocol ? decode_request(*bytes) : std::nullopt;
  if (!request) ::_exit(kExitBadMessage);
  files.request.reset();
  if (::chdir(request->working_folder.c_str()) != 0) say("warning: cannot enter the application's folder");
  enter_sandbox(!request->dump.empty());
  answer(files.connection.get(), build(*request));
  ::_exit(kExitDone);
}

}  // namespace kiesel::compiler
