#include "compiler/test/ways_out.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstdlib>
#include <string>

namespace kiesel::compiler::test {
namespace {

long open2(const std::string& path, std::uint64_t flags) {
  open_how how{};
  how.flags = flags;
  how.mode = flags & O_CREAT ? 0755 : 0;
  return ::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how);
}

long connect_unix(const Surroundings& at) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  at.other.copy(address.sun_path, sizeof address.sun_path - 1);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  return socket < 0 ? -1 : ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address);
}

long run_from_memory(const Surroundings&) {
  const int file = ::memfd_create("program", 0);
  const std::string text = "#!/bin/true\n";
  if (file < 0 || ::write(file, text.data(), text.size()) < 0) return -1;
  const std::array<char*, 2> arguments{const_cast<char*>("program"), nullptr};
  return ::syscall(SYS_execveat, file, "", arguments.data(), arguments.data() + 1, AT_EMPTY_PATH);
}

long run(const std::string& path) {
  const std::array<char*, 2> arguments{const_cast<char*>(path.c_str()), nullptr};
  return ::syscall(SYS_execve, path.c_str(), arguments.data(), arguments.data() + 1);
}

long peek(const Surroundings& at) {
  long word = 0;
  iovec here{&word, sizeof word};
  iovec there{const_cast<long*>(&word), sizeof word};  // a fork's memory lies where ours does
  return ::syscall(SYS_process_vm_readv, at.victim, &here, 1UL, &there, 1UL, 0UL);
}

long write_to_parents_memory(const Surroundings& at) {
  return ::open(("/proc/" + std::to_string(at.parent) + "/mem").c_str(), O_RDWR);
}

long make_child(const Surroundings&) {
  const auto child = ::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (child == 0) ::_exit(0);
  return child;
}

long ask_for_signals(const Surroundings& at) {
  std::array<int, 2> pipe{};
  if (::pipe(pipe.data()) != 0) return -1;
  return ::fcntl(pipe[0], F_SETOWN, at.victim);
}

long executable_memory(const Surroundings&) {
  return ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
                 MAP_FAILED
             ? -1
             : 0;
}

long made_executable(const Surroundings&) {
  void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return ::mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

// A filter of its own that lets all pass takes nothing away from the one in force.
long open_behind_another_filter(const Surroundings& at) {
  sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  const sock_fprog program{1, &allow};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
  ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  return ::open(at.file.c_str(), O_RDONLY);
}

long more_memory(const Surroundings&) {
  const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
  return ::setrlimit(RLIMIT_CORE, &none);
}

#if defined(__x86_64__)
sigjmp_buf no_such_entry;

// The 32-bit entry has numbers of its own: 20 is getpid(), 359 socket(). Where the host has none, it is a
// fault.
long call_32(long number, long a = 0, long b = 0, long c = 0) {
  std::signal(SIGSEGV, [](int) { siglongjmp(no_such_entry, 1); });
  if (sigsetjmp(no_such_entry, 1)) return -1;
  long result;
  asm volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c) : "memory");
  return result < 0 ? -1 : result;
}
#endif

using S = const Surroundings&;
constexpr Attempt kAttempts[] = {
    {"open for reading", [](S at) { return long{::open(at.file.c_str(), O_RDONLY)}; }},
    {"open for writing", [](S at) { return long{::open(at.file.c_str(), O_WRONLY)}; }},
    {"open for appending and reading", [](S at) { return long{::open(at.file.c_str(), O_RDWR | O_APPEND)}; }},
    {"create", [](S at) { return long{::open(at.other.c_str(), O_WRONLY | O_CREAT, 0644)}; }},
    {"create without a name", [](S at) { return long{::open(at.folder.c_str(), O_TMPFILE | O_RDWR, 0600)}; },
     Outside::kMayWork},
    {"open below a descriptor", [](S at) { return long{::openat(at.open_folder, "file", O_RDONLY)}; }},
    {"openat2 for reading", [](S at) { return open2(at.file, O_RDONLY); }},
    {"openat2 for writing", [](S at) { return open2(at.file, O_WRONLY | O_TRUNC); }},
    {"openat2 to create", [](S at) { return open2(at.other, O_WRONLY | O_CREAT); }},
    {"a path as a place", [](S at) { return long{::open(at.file.c_str(), O_PATH)}; }},
    {"look at a file",
     [](S at) {
       struct stat status {};
       return long{::stat(at.file.c_str(), &status)};
     }},
    {"statx",
     [](S at) {
       struct statx status {};
       return long{::statx(AT_FDCWD, at.file.c_str(), 0, STATX_ALL, &status)};
     }},
    {"access", [](S at) { return long{::access(at.file.c_str(), F_OK)}; }},
    {"readlink",
     [](S) {
       std::array<char, 100> text{};
       return static_cast<long>(::readlink("/proc/self/exe", text.data(), text.size()));
     }},
    {"list a folder",
     [](S at) {
       std::array<char, 1000> entries{};
       return ::syscall(SYS_getdents64, at.open_folder, entries.data(), entries.size());
     }},
    {"chdir", [](S at) { return long{::chdir(at.folder.c_str())}; }},
    {"remove", [](S at) { return long{::unlink(at.file.c_str())}; }},
    {"rename", [](S at) { return long{::rename(at.file.c_str(), at.other.c_str())}; }},
    {"renameat2",
     [](S at) { return long{::renameat2(AT_FDCWD, at.file.c_str(), AT_FDCWD, at.other.c_str(), 0)}; }},
    {"hard link", [](S at) { return long{::link(at.file.c_str(), at.other.c_str())}; }},
    {"symbolic link", [](S at) { return long{::symlink("/etc/passwd", at.other.c_str())}; }},
    {"make a folder", [](S at) { return long{::mkdir(at.other.c_str(), 0700)}; }},
    {"make a pipe in a folder", [](S at) { return long{::mknod(at.other.c_str(), S_IFIFO | 0600, 0)}; }},
    {"chmod", [](S at) { return long{::chmod(at.file.c_str(), 0777)}; }},
    {"fchmodat2", [](S at) { return ::syscall(452, AT_FDCWD, at.file.c_str(), 0777, 0); }, Outside::kMayWork},
    {"chown", [](S at) { return long{::chown(at.file.c_str(), ::getuid(), ::getgid())}; }},
    {"truncate", [](S at) { return long{::truncate(at.file.c_str(), 0)}; }},
    {"times", [](S at) { return long{::utimensat(AT_FDCWD, at.file.c_str(), nullptr, 0)}; }},
    {"extended attribute", [](S at) { return long{::setxattr(at.file.c_str(), "user.x", "1", 1, 0)}; },
     Outside::kMayWork},
    {"a handle of a file",
     [](S at) {
       alignas(file_handle) std::array<char, 200> room{};
       auto* const handle = reinterpret_cast<file_handle*>(room.data());
       handle->handle_bytes = 100;
       int mount = 0;
       return long{::name_to_handle_at(AT_FDCWD, at.file.c_str(), handle, &mount, 0)};
     },
     Outside::kMayWork},
    {"execve", [](S) { return run("/bin/true"); }},
    {"execve of a script", [](S at) { return run(at.script); }},
    {"execveat of a descriptor",
     [](S at) {
       const std::array<char*, 2> arguments{const_cast<char*>("true"), nullptr};
       return ::syscall(SYS_execveat, at.program, "", arguments.data(), arguments.data() + 1, AT_EMPTY_PATH);
     }},
    {"execveat of memory", run_from_memory},
    {"fork", make_child},
    {"executable memory", executable_memory},
    {"memory made executable", made_executable},
    {"socket", [](S) { return long{::socket(AF_INET, SOCK_STREAM, 0)}; }},
    {"local socket", connect_unix},
    {"netlink socket", [](S) { return long{::socket(AF_NETLINK, SOCK_RAW, 0)}; }, Outside::kMayWork},
    {"pair of sockets",
     [](S) {
       std::array<int, 2> ends{};
       return long{::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data())};
     }},
    {"kill another process", [](S at) { return long{::kill(at.victim, SIGCONT)}; }},
    {"kill the parent", [](S at) { return long{::kill(at.parent, SIGCONT)}; }},
    {"kill everybody", [](S) { return long{::kill(0, SIGCONT)}; }},
    {"signal a thread", [](S at) { return ::syscall(SYS_tgkill, at.victim, at.victim, SIGCONT); }},
    {"signal a thread by its number alone", [](S at) { return ::syscall(SYS_tkill, at.victim, SIGCONT); }},
    {"queue a signal", [](S at) { return long{::sigqueue(at.victim, SIGCONT, {})}; }},
    {"process descriptor", [](S at) { return ::syscall(SYS_pidfd_open, at.victim, 0); }, Outside::kMayWork},
    {"have signals sent", ask_for_signals},
    {"priority of another",
     [](S at) { return long{::setpriority(PRIO_PROCESS, static_cast<id_t>(at.victim), 5)}; }},
    {"limits of another",
     [](S at) {
       const rlimit64 limit{RLIM64_INFINITY, RLIM64_INFINITY};
       return ::syscall(SYS_prlimit64, at.victim, RLIMIT_CPU, &limit, nullptr);
     },
     Outside::kMayWork},
    {"its own limits", more_memory},
    {"another filter", open_behind_another_filter},
    {"ptrace", [](S at) { return ::ptrace(PTRACE_SEIZE, at.victim, nullptr, nullptr); }, Outside::kMayWork},
    {"read another's memory", peek, Outside::kMayWork},
    {"memory of the parent as a file", write_to_parents_memory, Outside::kMayWork},
    {"userfaultfd", [](S) { return ::syscall(SYS_userfaultfd, O_CLOEXEC); }, Outside::kMayWork},
    {"io_uring",
     [](S) {
       std::array<char, 200> parameters{};
       return ::syscall(SYS_io_uring_setup, 4, parameters.data());
     },
     Outside::kMayWork},
    {"bpf",
     [](S) {
       std::array<char, 100> attributes{};
       return ::syscall(SYS_bpf, 0, attributes.data(), attributes.size());
     },
     Outside::kMayWork},
    {"perf events",
     [](S) {
       std::array<char, 128> attributes{1, 0, 0, 0, 112};
       return ::syscall(SYS_perf_event_open, attributes.data(), 0, -1, -1, 0);
     },
     Outside::kMayWork},
    {"keys", [](S) { return ::syscall(SYS_add_key, "user", "kiesel", "x", 1UL, -3); }, Outside::kMayWork},
    {"a name space of its own", [](S) { return long{::unshare(CLONE_NEWUSER)}; }, Outside::kMayWork},
    {"mount", [](S at) { return long{::mount("none", at.folder.c_str(), "tmpfs", 0, nullptr)}; },
     Outside::kMayWork},
    {"change the root", [](S at) { return long{::chroot(at.folder.c_str())}; }, Outside::kMayWork},
    {"become somebody", [](S) { return ::syscall(SYS_setresuid, ::getuid(), ::getuid(), ::getuid()); }},
    {"personality", [](S) { return ::syscall(SYS_personality, 0x0400000); }},
    {"terminal", [](S) { return long{::setsid()}; }, Outside::kMayWork},
    {"a timer that signals",
     [](S) {
       timer_t timer{};
       return long{::timer_create(CLOCK_MONOTONIC, nullptr, &timer)};
     }},
    {"shared memory of System V", [](S) { return ::syscall(SYS_shmget, 0x4b53, 4096UL, 0600); },
     Outside::kMayWork},
    {"watch a folder", [](S) { return ::syscall(SYS_inotify_init1, 0); }, Outside::kMayWork},
#if defined(__x86_64__)
    {"getpid of 32 bits", [](S) { return call_32(20); }, Outside::kMayWork},
    {"socket of 32 bits", [](S) { return call_32(359, AF_INET, SOCK_STREAM); }, Outside::kMayWork},
    {"getpid of x32", [](S) { return ::syscall(0x40000000 | SYS_getpid); }, Outside::kMayWork},
    {"socket of x32", [](S) { return ::syscall(0x40000000 | SYS_socket, AF_INET, SOCK_STREAM, 0); },
     Outside::kMayWork},
#endif
};

}  // namespace

std::span<const Attempt> attempts() { return kAttempts; }

}  // namespace kiesel::compiler::test
