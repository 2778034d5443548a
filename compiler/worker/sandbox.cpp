#include "compiler/worker/sandbox.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <vector>

namespace kiesel::compiler {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_RISCV64;
#else
constexpr std::uint32_t kArchitecture = 0;
#endif

// Calls that a compiler never makes.
constexpr std::uint32_t kForbidden[] = {
    SYS_socket,
    SYS_connect,
    SYS_bind,
    SYS_listen,
    SYS_accept4,
    SYS_execve,
    SYS_execveat,
    SYS_ptrace,
    SYS_mount,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_bpf,
    SYS_io_uring_setup,
    SYS_keyctl,
    SYS_unshare,
    SYS_setns,
};
// Calls that change files by name.
constexpr std::uint32_t kChangesFiles[] = {
    SYS_unlinkat, SYS_renameat2, SYS_mkdirat,  SYS_linkat, SYS_symlinkat,
    SYS_fchmodat, SYS_fchownat,  SYS_truncate,
#if defined(__x86_64__)
    SYS_unlink,   SYS_rename,    SYS_mkdir,    SYS_rmdir,  SYS_link,
    SYS_symlink,  SYS_chmod,     SYS_chown,    SYS_creat,  SYS_renameat,
#endif
};
constexpr std::uint32_t kWriteFlags = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC;

sock_filter statement(std::uint16_t code, std::uint32_t value) { return BPF_STMT(code, value); }
sock_filter jump(std::uint16_t code, std::uint32_t value, std::uint8_t yes, std::uint8_t no) {
  return BPF_JUMP(code, value, yes, no);
}

class Filter {
 public:
  Filter() {
    load(offsetof(seccomp_data, arch));
    add(jump(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0));
    allow();
    load_number();
  }
  void forbid(std::uint32_t call) {
    add(jump(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1));
    deny();
  }
  // Opening for anything but reading; `flags` is the number of the argument.
  void forbid_writing(std::uint32_t call, unsigned flags) {
    add(jump(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 4));
    load(static_cast<std::uint32_t>(offsetof(seccomp_data, args) + flags * sizeof(std::uint64_t)));
    add(jump(BPF_JMP | BPF_JSET | BPF_K, kWriteFlags, 0, 1));
    deny();
    load_number();
  }
  void install() {
    allow();
    const sock_fprog program{static_cast<unsigned short>(code_.size()), code_.data()};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
  }

 private:
  void add(sock_filter instruction) { code_.push_back(instruction); }
  void load(std::uint32_t offset) { add(statement(BPF_LD | BPF_W | BPF_ABS, offset)); }
  void load_number() { load(offsetof(seccomp_data, nr)); }
  void allow() { add(statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)); }
  void deny() { add(statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES)); }
  std::vector<sock_filter> code_;
};

std::uint64_t address_space_bytes() {
  std::uint64_t pages = 0;
  if (auto* file = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(file, "%lu", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void limit(int what, std::uint64_t soft, std::uint64_t hard) {
  const rlimit value{soft, hard};
  ::setrlimit(static_cast<__rlimit_resource_t>(what), &value);
}

}  // namespace

void set_limits(std::uint32_t seconds, std::uint32_t mib) {
  limit(RLIMIT_CORE, 0, 0);
  // The soft limit ends the process by SIGXCPU, which names the reason.
  limit(RLIMIT_CPU, seconds, std::uint64_t{seconds} + 2);
  const auto bytes = address_space_bytes() + (std::uint64_t{mib} << 20);
  limit(RLIMIT_AS, bytes, bytes);
}

void enter_sandbox(bool may_write) {
  if (!kArchitecture) return;
  Filter filter;
  for (const auto call : kForbidden) filter.forbid(call);
  if (!may_write) {
    for (const auto call : kChangesFiles) filter.forbid(call);
    filter.forbid_writing(SYS_openat, 2);
#if defined(__x86_64__)
    filter.forbid_writing(SYS_open, 1);
#endif
  }
  filter.install();
}

}  // namespace kiesel::compiler
