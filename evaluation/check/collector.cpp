#include "evaluation/check/collector.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <cstring>
#include <tuple>

#include "support/file.hpp"
#include "support/log.hpp"

namespace kiesel::check {

bool Collector::Key::operator<(const Key& key) const {
  return std::tie(kind, place, other, program, kernel, object) <
         std::tie(key.kind, key.place, key.other, key.program, key.kernel, key.object);
}

Collector::Collector(const std::filesystem::path& folder, std::string command)
    : folder_(std::filesystem::absolute(folder)), owner_(::getpid()) {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  for (int number = 0; number < 100 && !file_; ++number) {
    const auto path = folder_ / fmt::format("{}-{}{}", owner_, number, kLogSuffix);
    file_ = Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666));
    if (!file_ && errno != EEXIST) break;
  }
  if (!file_)
    KIESEL_LOG(kDevice, kError, "checks: cannot write to {}: {}", folder_.string(), std::strerror(errno));
  write({{"kiesel", KIESEL_VERSION}, {"process", owner_}, {"command", std::move(command)}});
}

Collector::~Collector() { finish(); }

bool Collector::is_here() const { return ::getpid() == owner_; }

void Collector::write(const nlohmann::ordered_json& line) {
  if (!file_.intact()) return;  // an application may close what it does not know
  const std::string text = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (write_whole(file_.get(), std::as_bytes(std::span(text)))) return;
  KIESEL_LOG(kDevice, kError, "checks: nothing more is kept: {}", std::strerror(errno));
  file_ = {};
}

std::string Collector::add_program(std::span<const std::byte> elf) {
  const auto hash = XXH3_128bits(elf.data(), elf.size());
  std::string name = fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
  std::lock_guard lock(mutex_);
  if (!is_here() || !programs_.insert(name).second) return name;
  if (auto kept = write_file_atomically(folder_ / (name + ".elf"), elf); !kept)
    KIESEL_LOG(kDevice, kError, "checks: a program is not kept: {}", kept.error().reason);
  return name;
}

void Collector::note(const std::string& sentence) {
  std::lock_guard lock(mutex_);
  if (is_here() && notes_.insert(sentence).second) write({{"note", sentence}});
}

// Each time that there are twice as many: of a process that crashes it is known about how many there were.
std::uint64_t Collector::next_launch() {
  std::lock_guard lock(mutex_);
  const std::uint64_t number = launches_++;
  if (is_here() && !(launches_ & number)) tell_launches();
  return number;
}

void Collector::tell_launches() {
  write({{"launches", launches_ - told_launches_}});
  told_launches_ = launches_;
}

void Collector::finish() {
  if (!is_here()) return;
  std::lock_guard lock(mutex_);
  for (const auto& [key, count] : counts_)
    if (count.count > 1) write({{"number", count.number}, {"count", count.count}});
  counts_.clear();
  tell_launches();
  file_ = {};
}

}  // namespace kiesel::check
