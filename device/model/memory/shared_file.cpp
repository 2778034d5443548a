#include "device/model/memory/shared_file.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <new>

#include "device/model/memory/holders.hpp"
#include "support/fork.hpp"

namespace kiesel::model {

// In a list that only grows, since the handler reads it whenever it must; one that is free is used again.
struct WatchedFile {
  std::atomic<std::uint64_t> begin{0}, end{0};  // empty: free
  std::atomic<std::uint64_t> lost{0};           // since this epoch, or 0
  WatchedFile* next = nullptr;
};

namespace {

constexpr std::uint64_t kPage = 4096;

constinit std::mutex mutex;  // guards changes of what follows
constinit std::atomic<WatchedFile*> watched_files{nullptr};
constinit std::atomic<unsigned> count{0};
constinit std::atomic<std::uint64_t> newest_loss{0};
constinit bool has_handler = false;
struct sigaction before_ours;

const InForkedChild renews{[] { new (&mutex) std::mutex; }};

bool put_own_memory(std::uint64_t begin, std::uint64_t end) {
  return ::mmap(reinterpret_cast<void*>(begin), end - begin, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) != MAP_FAILED;
}

// What the signal would have done without us.
void pass_on(int signal, siginfo_t* info, void* context) {
  const bool is_access = info->si_code > 0;
  if (before_ours.sa_flags & SA_SIGINFO) return before_ours.sa_sigaction(signal, info, context);
  if (before_ours.sa_handler != SIG_DFL && before_ours.sa_handler != SIG_IGN)
    return before_ours.sa_handler(signal);
  if (!is_access && before_ours.sa_handler == SIG_IGN) return;
  ::signal(signal, SIG_DFL);  // the access is tried again
  if (!is_access) ::raise(signal);
}

// Called by the handler: no lock, no memory. The epoch grows last: who sees that finds the memory lost.
bool replace(std::uint64_t address) {
  for (WatchedFile* at = watched_files.load(); at; at = at->next) {
    const std::uint64_t begin = at->begin.load(), end = at->end.load();
    if (address < begin || address >= end) continue;
    if (!put_own_memory(begin, end)) return false;
    std::uint64_t never = 0;
    const std::uint64_t now = memory_epoch() + 1;
    at->lost.compare_exchange_strong(never, now);
    newest_loss.store(now);
    next_memory_epoch();
    return true;
  }
  return false;
}

void on_bus_error(int signal, siginfo_t* info, void* context) {
  const int error = errno;
  if (info->si_code <= 0 || !replace(reinterpret_cast<std::uint64_t>(info->si_addr)))
    pass_on(signal, info, context);
  errno = error;
}

bool handle_bus_errors() {
  if (has_handler) return true;
  struct sigaction ours {};
  ours.sa_sigaction = on_bus_error;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigemptyset(&ours.sa_mask);
  if (::sigaction(SIGBUS, nullptr, &before_ours)) return false;
  return has_handler = ::sigaction(SIGBUS, &ours, nullptr) == 0;
}

// One that no file has, with the lock held.
WatchedFile& free_watch() {
  for (WatchedFile* at = watched_files.load(); at; at = at->next)
    if (!at->end.load()) return *at;
  auto* made = new WatchedFile;
  made->next = watched_files.load();
  watched_files.store(made);
  return *made;
}

}  // namespace

// That of memory in huge pages is the size of one.
std::uint64_t SharedFile::page_bytes(int file) {
  struct stat state {};
  if (::fstat(file, &state)) return kPage;
  const auto unit = static_cast<std::uint64_t>(state.st_blksize);
  return unit > kPage && std::has_single_bit(unit) ? unit : kPage;
}

Result<std::unique_ptr<SharedFile>> SharedFile::map(int file, std::uint64_t address, std::uint64_t bytes) {
  std::lock_guard lock(mutex);
  if (!handle_bus_errors()) return Error{Errc::kInvalidArgument, "bus errors cannot be handled"};
  if (::mmap(reinterpret_cast<void*>(address), bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file,
             0) == MAP_FAILED) {
    const int reason = errno;
    put_own_memory(address, address + bytes);  // there may be nothing now
    return Error{Errc::kInvalidArgument,
                 fmt::format("file descriptor {} cannot be mapped: {}", file, std::strerror(reason))};
  }
  WatchedFile& watched = free_watch();
  watched.lost.store(0);
  watched.begin.store(address);
  watched.end.store(address + bytes);
  count.fetch_add(1);
  return std::unique_ptr<SharedFile>(new SharedFile(watched));
}

SharedFile::~SharedFile() {
  std::lock_guard lock(mutex);
  watched_.end.store(0);
  count.fetch_sub(1);
}

bool SharedFile::close() { return put_own_memory(watched_.begin.load(), watched_.end.load()); }

std::optional<std::uint64_t> when_lost(std::uint64_t address) {
  if (count.load(std::memory_order_relaxed) == 0) return std::nullopt;
  for (const WatchedFile* at = watched_files.load(); at; at = at->next)
    if (address >= at->begin.load() && address < at->end.load())
      if (const auto lost = at->lost.load()) return lost;
  return std::nullopt;
}

std::uint64_t last_loss() { return newest_loss.load(std::memory_order_relaxed); }

MayUseFiles::MayUseFiles() {
  if (count.load(std::memory_order_relaxed) == 0) return;
  sigset_t bus;
  sigemptyset(&bus);
  sigaddset(&bus, SIGBUS);
  changed_ = ::pthread_sigmask(SIG_UNBLOCK, &bus, &before_) == 0;
}

MayUseFiles::~MayUseFiles() {
  if (changed_) ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace kiesel::model
