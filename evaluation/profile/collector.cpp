#include "evaluation/profile/collector.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "support/clock.hpp"
#include "support/file.hpp"
#include "support/log.hpp"

namespace kiesel::profile {
namespace {

// Launches and transfers with a record each; what comes then is added up.
constexpr std::uint64_t kMostRecords = 20'000;
// What a crash can cost: counts by instruction of the time since they were written last, once a file is
// large.
constexpr std::uint64_t kFlushNs = 500'000'000, kLarge = 4 << 20;

}  // namespace

Collector::Collector(const std::filesystem::path& folder, ProcessNote process)
    : folder_(std::filesystem::absolute(folder)), owner_(::getpid()) {
  process.process = static_cast<std::uint64_t>(owner_);
  process.start_ns = now_ns();
  open(folder_, process);
}

Collector::~Collector() { finish(); }

void Collector::open(const std::filesystem::path& folder, const ProcessNote& process) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  for (int number = 0; number < 100 && !file_; ++number) {
    const auto name = number ? fmt::format("{}-{}", owner_, number) : fmt::format("{}", owner_);
    const auto path = folder / (name + std::string(kLogSuffix));
    file_ = Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666));
    if (!file_ && errno != EEXIST) break;
  }
  if (!file_)
    KIESEL_LOG(kDevice, kError, "profile: cannot write to {}: {}", folder.string(), std::strerror(errno));
  write(RecordKind::kProcess, process);
}

// Asked before the lock is taken: a child may have a copy that is locked for ever.
bool Collector::is_here() const { return ::getpid() == owner_; }

// With the lock held. A file that cannot grow ends with its last whole record.
template <class Note>
void Collector::write(RecordKind kind, const Note& note) {
  if (!file_.intact()) return;  // an application may close what it does not know
  const auto bytes = record(kind, encode_value(note));
  bytes_ += bytes.size();
  if (write_whole(file_.get(), bytes)) return;
  KIESEL_LOG(kDevice, kError, "profile: nothing more is kept: {}", std::strerror(errno));
  file_ = {};
}

std::string Collector::add_program(std::span<const std::byte> elf) {
  std::string name = program_name(elf);
  if (!is_here()) return name;
  std::lock_guard lock(mutex_);
  if (!programs_.insert(name).second) return name;
  if (auto kept = write_file_atomically(folder_ / (name + std::string(kProgramSuffix)), elf); !kept)
    KIESEL_LOG(kDevice, kError, "profile: a program is not kept: {}", kept.error().reason);
  return name;
}

RestNote& Collector::rest_of(const KernelKey& key) {
  RestNote& rest = rest_[key];
  rest.key = key;
  ++rest.count;
  return rest;
}

void Collector::add(const LaunchNote& launch, const device::LaunchCounts* code) {
  if (!is_here()) return;
  std::lock_guard lock(mutex_);
  if (written_ < kMostRecords) {
    ++written_;
    write(RecordKind::kLaunch, launch);
  } else {
    RestNote& rest = rest_of(launch.key);
    rest.failed += !launch.failure.empty();
    rest.nanoseconds += launch.times.end - launch.times.start;
    for (std::size_t i = 0; i < rest.totals.size(); ++i) rest.totals[i] += launch.totals[i];
  }
  if (code) {
    Waiting& waiting = code_[launch.key];
    ++waiting.launches;
    waiting.counts += *code;
  }
  flush_if_due(launch.times.end);
}

void Collector::add(const TransferNote& transfer) {
  if (!is_here()) return;
  std::lock_guard lock(mutex_);
  if (written_ < kMostRecords) {
    ++written_;
    return write(RecordKind::kTransfer, transfer);
  }
  RestNote& rest =
      rest_of({transfer.device, std::string(kTransferNames[static_cast<std::size_t>(transfer.kind)]), {}});
  rest.nanoseconds += transfer.times.end - transfer.times.start;
  rest.bytes += transfer.bytes;
}

void Collector::flush_if_due(std::uint64_t now) {
  if (bytes_ > kLarge && now - flushed_ns_ < kFlushNs && now >= flushed_ns_) return;
  flush();
  flushed_ns_ = now;
}

void Collector::flush() {
  for (const auto& [key, waiting] : code_)
    write(RecordKind::kCode, code_note(key, waiting.launches, waiting.counts));
  for (const auto& [key, rest] : rest_) write(RecordKind::kRest, rest);
  code_.clear();
  rest_.clear();
}

void Collector::finish() {
  if (!is_here()) return;
  std::lock_guard lock(mutex_);
  flush();
  write(RecordKind::kEnd, EndNote{now_ns()});
  file_ = {};
}

}  // namespace kiesel::profile
