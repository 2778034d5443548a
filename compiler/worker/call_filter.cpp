#include "compiler/worker/call_filter.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "compiler/worker/emulated_calls.hpp"

namespace kiesel::compiler {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
constexpr std::uint32_t kFirstOtherNumber = 0x40000000;  // x32: the same architecture to seccomp
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
constexpr std::uint32_t kFirstOtherNumber = UINT32_MAX;
#elif defined(__riscv) && __riscv_xlen == 64
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_RISCV64;
constexpr std::uint32_t kFirstOtherNumber = UINT32_MAX;
#else
constexpr std::uint32_t kArchitecture = 0;
constexpr std::uint32_t kFirstOtherNumber = 0;
#endif

// Memory, time, threads and signals of this process, and descriptors that it holds.
constexpr std::uint32_t kAllowed[] = {
    SYS_brk,
    SYS_munmap,
    SYS_mremap,
    SYS_madvise,
    SYS_futex,
    SYS_read,
    SYS_pread64,
    SYS_write,
    SYS_pwrite64,
    SYS_writev,
    SYS_lseek,
    SYS_close,
    SYS_fstat,
    SYS_ftruncate,
    SYS_dup,
    SYS_dup3,
    SYS_memfd_create,
    SYS_sendmsg,
    SYS_recvmsg,
    SYS_getpid,
    SYS_gettid,
    SYS_getcwd,
    SYS_getrusage,
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_gettimeofday,
    SYS_getrandom,
    SYS_sysinfo,
    SYS_uname,
    SYS_sched_yield,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_sched_getaffinity,
    SYS_nanosleep,
    SYS_clock_nanosleep,
    SYS_set_robust_list,
    SYS_rseq,
    SYS_restart_syscall,
    SYS_exit,
    SYS_exit_group,
#if defined(__x86_64__)
    SYS_dup2,
    SYS_time,
    SYS_pause,
#else
    SYS_ppoll,  // the C library's pause()
#endif
};

// Those that this process answers for itself: emulated_calls.hpp.
constexpr std::uint32_t kEmulated[] = {
    SYS_openat,
    SYS_newfstatat,
#if defined(__x86_64__)
    SYS_open,
#endif
};

constexpr std::uint32_t kDescriptorCommands[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD,
                                                 F_SETFD, F_GETFL,         F_GET_SEALS};
constexpr std::uint32_t kNames[] = {PR_SET_NAME, PR_GET_NAME};

using Code = std::vector<sock_filter>;

// What happens with one call, once it is known that it is that: ends with a result in all cases.
struct Rule {
  std::uint32_t call;
  Code code;
};

sock_filter load(std::size_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}
// Of an argument the lower half is what counts: the kernel takes those here for 32 bits, but for pointers.
sock_filter load_argument(unsigned number, unsigned byte = 0) {
  return load(offsetof(seccomp_data, args) + number * sizeof(std::uint64_t) + byte);
}
sock_filter result(std::uint32_t action) { return BPF_STMT(BPF_RET | BPF_K, action); }
sock_filter allow() { return result(SECCOMP_RET_ALLOW); }
sock_filter deny() { return result(SECCOMP_RET_ERRNO | EPERM); }
// Over so many instructions where the test is true, and where it is not.
sock_filter jump(unsigned test, std::uint32_t value, std::size_t if_true, std::size_t if_false) {
  return BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | BPF_K | test), value,
                  static_cast<std::uint8_t>(if_true), static_cast<std::uint8_t>(if_false));
}

Code allow_values(unsigned argument, std::span<const std::uint32_t> values) {
  Code code{load_argument(argument)};
  for (std::size_t i = 0; i < values.size(); ++i)
    code.push_back(jump(BPF_JEQ, values[i], values.size() - i, 0));
  code.insert(code.end(), {deny(), allow()});
  return code;
}
Code allow_without_bits(unsigned argument, std::uint32_t bits) {
  return {load_argument(argument), jump(BPF_JSET, bits, 0, 1), deny(), allow()};
}
Code allow_with_bit(unsigned argument, std::uint32_t bit) {
  return {load_argument(argument), jump(BPF_JSET, bit, 1, 0), deny(), allow()};
}
Code allow_null(unsigned argument) {
  return {load_argument(argument),
          jump(BPF_JEQ, 0, 0, 2),
          load_argument(argument, 4),
          jump(BPF_JEQ, 0, 1, 0),
          deny(),
          allow()};
}

std::vector<Rule> rules() {
  std::vector<Rule> all;
  for (const auto call : kAllowed) all.push_back({call, {allow()}});
  for (const auto call : kEmulated) all.push_back({call, {result(SECCOMP_RET_TRAP)}});
  const auto self = static_cast<std::uint32_t>(::getpid());
  all.push_back({SYS_mmap, allow_without_bits(2, PROT_EXEC)});
  all.push_back({SYS_mprotect, allow_without_bits(2, PROT_EXEC)});
  all.push_back({SYS_clone, allow_with_bit(0, CLONE_THREAD)});  // Clang gives deep programs a deep stack
  all.push_back({SYS_clone3, {result(SECCOMP_RET_ERRNO | ENOSYS)}});  // flags out of sight: use clone
  all.push_back({SYS_tgkill, allow_values(0, std::span(&self, 1))});
  all.push_back({SYS_fcntl, allow_values(1, kDescriptorCommands)});
  all.push_back({SYS_prctl, allow_values(0, kNames)});
  all.push_back({SYS_prlimit64, allow_null(2)});  // looking at limits, not setting them
  std::ranges::sort(all, {}, &Rule::call);
  return all;
}

// A tree of comparisons. The kernel asks a new filter about each call there is, once: with the rules in a row
// that takes ten times as long.
Code tree(std::span<const Rule> rules) {
  if (rules.size() == 1) {
    Code code{jump(BPF_JEQ, rules[0].call, 0, rules[0].code.size())};
    code.insert(code.end(), rules[0].code.begin(), rules[0].code.end());
    code.push_back(deny());
    return code;
  }
  const auto lower = tree(rules.first(rules.size() / 2)), upper = tree(rules.subspan(rules.size() / 2));
  Code code{jump(BPF_JGE, rules[rules.size() / 2].call, lower.size(), 0)};
  code.insert(code.end(), lower.begin(), lower.end());
  code.insert(code.end(), upper.begin(), upper.end());
  return code;
}

Code filter() {
  Code code{load(offsetof(seccomp_data, arch)),     jump(BPF_JEQ, kArchitecture, 1, 0),
            result(SECCOMP_RET_KILL_PROCESS),       load(offsetof(seccomp_data, nr)),
            jump(BPF_JGE, kFirstOtherNumber, 0, 1), result(SECCOMP_RET_KILL_PROCESS)};
  const auto numbers = tree(rules());
  code.insert(code.end(), numbers.begin(), numbers.end());
  return code;
}

}  // namespace

bool filter_calls() {
  if (!kArchitecture || !emulate_calls()) return false;
  auto code = filter();
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace kiesel::compiler
