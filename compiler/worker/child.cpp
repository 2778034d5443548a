#include "compiler/worker/child.hpp"

#include <llvm/Support/ErrorHandling.h>
#include <llvm/Support/PrettyStackTrace.h>
#include <llvm/Support/Signals.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <new>

#include "compiler/files/remote_files.hpp"
#include "compiler/worker/sandbox.hpp"

namespace kiesel::compiler {
namespace {

void say(const char* text) {
  std::size_t length = 0;
  while (text[length]) ++length;
  if (::write(STDERR_FILENO, text, length) < 0) return;
  if (::write(STDERR_FILENO, "\n", 1) < 0) return;
}

void tell_and_die(int signal) {
  llvm::sys::RunSignalHandlers();
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

// A crash tells first what it was at: LLVM and Clang keep a list of that, with file, line and declaration.
void tell_of_crashes() {
  llvm::setBugReportMsg("");
  llvm::EnablePrettyStackTrace();
  // That takes signals of the terminal and of limits too, and goes on after signals that somebody sent.
  for (const int number : {SIGINT, SIGQUIT, SIGHUP}) ::signal(number, SIG_IGN);
  for (const int number : {SIGTERM, SIGXCPU, SIGXFSZ}) ::signal(number, SIG_DFL);
  struct sigaction action {};
  action.sa_handler = tell_and_die;
  action.sa_flags = SA_ONSTACK | SA_NODEFER | SA_RESETHAND;  // LLVM has made the stack
  for (const int number : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL}) ::sigaction(number, &action, nullptr);
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

std::optional<Request> read_request(int file) {
  const auto bytes = is_sealed(file) ? read_whole(file) : std::nullopt;
  return bytes ? decode_request(*bytes) : std::nullopt;
}

void run_child(ChildFiles files, const ControlMessage& limits, BuildFunction build) {
  ::dup2(files.messages.get(), STDERR_FILENO);
  files.messages.reset();
  tell_of_crashes();
  llvm::install_fatal_error_handler(stop_fatal);
  llvm::install_bad_alloc_error_handler(stop_out_of_memory);
  std::set_new_handler(stop_failed_new);
  set_limits(limits.build_seconds, limits.build_mib);

  const auto request = limits.protocol == kProtocol ? read_request(files.request.get()) : std::nullopt;
  if (!request) ::_exit(kExitBadMessage);
  files.request.reset();
  if (::chdir(request->working_folder.c_str()) != 0) say("warning: cannot enter the application's folder");
  keep_descriptors(
      std::array{STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, files.connection.get(), files.files.get()});
  const auto confinement = enter_sandbox();
  RemoteFiles remote(std::move(files.files), [] { ::_exit(kExitNoFiles); });
  auto reply = build(*request, remote);
  reply.confinement = confinement;
  answer(files.connection.get(), reply);
  ::_exit(kExitDone);
}

}  // namespace kiesel::compiler
