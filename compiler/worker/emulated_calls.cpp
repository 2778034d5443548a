#include "compiler/worker/emulated_calls.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace kiesel::compiler {
namespace {

#if defined(__x86_64__)
constexpr bool kKnown = true;
constexpr int kRegisters[] = {REG_RDI, REG_RSI, REG_RDX, REG_R10};
long argument(const ucontext_t& context, int number) { return context.uc_mcontext.gregs[kRegisters[number]]; }
void set_result(ucontext_t& context, long value) { context.uc_mcontext.gregs[REG_RAX] = value; }
#elif defined(__aarch64__)
constexpr bool kKnown = true;
long argument(const ucontext_t& context, int number) {
  return static_cast<long>(context.uc_mcontext.regs[number]);
}
void set_result(ucontext_t& context, long value) {
  context.uc_mcontext.regs[0] = static_cast<unsigned long long>(value);
}
#elif defined(__riscv)
constexpr bool kKnown = true;
long argument(const ucontext_t& context, int number) {
  return static_cast<long>(context.uc_mcontext.__gregs[REG_A0 + number]);
}
void set_result(ucontext_t& context, long value) {
  context.uc_mcontext.__gregs[REG_A0] = static_cast<unsigned long>(value);
}
#else
constexpr bool kKnown = false;
long argument(const ucontext_t&, int) { return 0; }
void set_result(ucontext_t&, long) {}
#endif

// The number behind "/proc/self/fd/", or -1. In a signal handler: no memory, no locks.
int descriptor_named(const char* path) {
  constexpr std::string_view kPrefix = "/proc/self/fd/";
  for (const char c : kPrefix)
    if (*path++ != c) return -1;
  int number = 0;
  if (!*path) return -1;
  for (; *path; ++path) {
    if (*path < '0' || *path > '9' || number > 100'000) return -1;
    number = number * 10 + (*path - '0');
  }
  return number;
}

long open_again(const char* path, long flags) {
  const int file = descriptor_named(path);
  if (file < 0 || (flags & O_ACCMODE) != O_RDONLY) return -EPERM;
  const int copy = ::fcntl(file, F_DUPFD_CLOEXEC, 0);
  return copy < 0 ? -errno : copy;
}

long ask_after(long file, const char* path, long buffer, long flags) {
  if (!(flags & AT_EMPTY_PATH) || *path) return -EPERM;
  return ::syscall(SYS_fstat, file, buffer) == 0 ? 0 : -errno;
}

long answer(int call, const ucontext_t& context) {
  const auto text = [&](int number) { return reinterpret_cast<const char*>(argument(context, number)); };
  if (call == SYS_openat) return open_again(text(1), argument(context, 2));
  if (call == SYS_newfstatat)
    return ask_after(argument(context, 0), text(1), argument(context, 2), argument(context, 3));
#if defined(__x86_64__)
  if (call == SYS_open) return open_again(text(0), argument(context, 1));
#endif
  return -EPERM;
}

void handle(int, siginfo_t* info, void* context) {
  const int before = errno;
  auto& interrupted = *static_cast<ucontext_t*>(context);
  set_result(interrupted, answer(info->si_syscall, interrupted));
  errno = before;
}

}  // namespace

bool emulate_calls() {
  struct sigaction action {};
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
  return kKnown && ::sigaction(SIGSYS, &action, nullptr) == 0;
}

}  // namespace kiesel::compiler
