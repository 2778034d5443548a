#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "device/box.hpp"
#include "device/model/jobs.hpp"

namespace kiesel::model {
namespace {

class RefusedJob final : public Job {
 public:
  explicit RefusedJob(Error error) : error_(std::move(error)) {}
  bool run(Core&, std::uint64_t, std::uint64_t) override { return false; }
  Status finish() override { return error_; }

 private:
  Error error_;
};

// The pattern is repeated over a block first, so that small patterns do not mean small copies.
void fill(std::byte* target, std::uint64_t bytes, const std::vector<std::byte>& pattern) {
  constexpr std::uint64_t kBlock = 4096;
  const std::uint64_t whole = std::max<std::uint64_t>(kBlock / pattern.size(), 1) * pattern.size();
  for (std::uint64_t done = 0; done < std::min(whole, bytes); done += pattern.size())
    std::memcpy(target + done, pattern.data(), std::min<std::uint64_t>(pattern.size(), bytes - done));
  for (std::uint64_t done = whole; done < bytes; done += whole)
    std::memcpy(target + done, target, std::min(whole, bytes - done));
}

std::optional<Error> outside(const Memory& memory, Address address, std::uint64_t bytes, const char* what) {
  if (bytes == 0 || memory.contains(address, bytes)) return std::nullopt;
  return Error{when_lost(address) ? Errc::kFault : Errc::kInvalidArgument,
               fmt::format("{} of {} bytes at {:#x} is not inside an allocation: {}", what, bytes, address,
                           memory.describe(address))};
}

struct Checker {
  const Memory& memory;

  std::optional<Error> operator()(const device::Read& c) const {
    if (is_empty(c.box)) return std::nullopt;
    return outside(memory, c.source, source_extent(c.box), "read");
  }
  std::optional<Error> operator()(const device::Write& c) const {
    if (is_empty(c.box)) return std::nullopt;
    return outside(memory, c.target, target_extent(c.box), "write");
  }
  std::optional<Error> operator()(const device::Copy& c) const {
    if (is_empty(c.box)) return std::nullopt;
    auto error = outside(memory, c.source, source_extent(c.box), "copy");
    if (error) return error;
    return outside(memory, c.target, target_extent(c.box), "copy");
  }
  std::optional<Error> operator()(const device::Fill& c) const {
    if (c.pattern.empty() || c.pattern.size() > 128)
      return Error{Errc::kInvalidArgument, fmt::format("a fill pattern of {} bytes", c.pattern.size())};
    return outside(memory, c.target, c.bytes, "fill");
  }
  std::optional<Error> operator()(const device::Launch&) const { return std::nullopt; }
};

// Some hundreds of nanoseconds for the copy.
struct Brief {
  static constexpr std::uint64_t kBytes = 4096, kRows = 64;

  template <class T>
  bool operator()(const T& c) const {
    const auto [bytes, rows, slices] = c.box.size;
    return is_empty(c.box) || (bytes <= kBytes && rows <= kRows && slices <= kRows &&
                               rows * slices <= kRows && bytes * rows * slices <= kBytes);
  }
  bool operator()(const device::Fill& c) const { return c.bytes <= kBytes; }
  bool operator()(const device::Launch&) const { return false; }
};

std::byte* host(Address address) { return reinterpret_cast<std::byte*>(address); }

struct Runner {
  void operator()(const device::Read& c) const {
    if (!is_empty(c.box)) copy_box(host(c.source), static_cast<std::byte*>(c.target), c.box);
  }
  void operator()(const device::Write& c) const {
    if (!is_empty(c.box)) copy_box(static_cast<const std::byte*>(c.source), host(c.target), c.box);
  }
  void operator()(const device::Copy& c) const {
    if (!is_empty(c.box)) copy_box(host(c.source), host(c.target), c.box);
  }
  void operator()(const device::Fill& c) const { fill(host(c.target), c.bytes, c.pattern); }
  void operator()(const device::Launch&) const {}
};

class TransferJob : public Job {
 public:
  TransferJob(device::Command command, const Memory& memory)
      : command_(std::move(command)), memory_(memory), epoch_(memory.epoch()) {
    brief = std::visit(Brief{}, command_);
  }
  bool run(Core&, std::uint64_t, std::uint64_t) override {
    std::visit(Runner{}, command_);
    return true;
  }
  // Of a file that was lost meanwhile it has moved zeros.
  Status finish() override {
    if (last_loss() > epoch_)
      if (auto error = std::visit(Checker{memory_}, command_)) return *error;
    return {};
  }

 private:
  const device::Command command_;
  const Memory& memory_;
  const std::uint64_t epoch_;
};

// Many bytes in a row between host and device: in parts that several threads copy.
class LongCopyJob final : public TransferJob {
 public:
  static constexpr std::uint64_t kWorthIt = 512 << 10;

  LongCopyJob(device::Command command, const Memory& memory, const std::byte* source, std::byte* target,
              std::uint64_t bytes)
      : TransferJob(std::move(command), memory), source_(source), target_(target), bytes_(bytes) {
    pieces = (bytes + kPart - 1) / kPart;
  }
  bool run(Core&, std::uint64_t first, std::uint64_t end) override {
    const std::uint64_t begin = first * kPart;
    std::memcpy(target_ + begin, source_ + begin, std::min(end * kPart, bytes_) - begin);
    return true;
  }

 private:
  static constexpr std::uint64_t kPart = 128 << 10;

  const std::byte* source_;
  std::byte* target_;
  std::uint64_t bytes_;
};

// Not of copies inside the device: their sides may overlap.
struct LongCopies {
  const Memory& memory;

  std::unique_ptr<Job> operator()(const device::Read& c) const {
    return job(c, host(c.source), static_cast<std::byte*>(c.target));
  }
  std::unique_ptr<Job> operator()(const device::Write& c) const {
    return job(c, static_cast<const std::byte*>(c.source), host(c.target));
  }
  template <class T>
  std::unique_ptr<Job> operator()(const T&) const {
    return nullptr;
  }

 private:
  template <class T>
  std::unique_ptr<Job> job(const T& command, const std::byte* source, std::byte* target) const {
    const auto [bytes, rows, slices] = command.box.size;
    const bool apart = source + bytes <= target || target + bytes <= source;
    if (rows != 1 || slices != 1 || bytes < LongCopyJob::kWorthIt || !apart) return nullptr;
    return std::make_unique<LongCopyJob>(command, memory, source, target, bytes);
  }
};

}  // namespace

std::unique_ptr<Job> make_refused(Error error) { return std::make_unique<RefusedJob>(std::move(error)); }

Result<std::unique_ptr<Job>> make_transfer(device::Command command, const Memory& memory) {
  if (auto error = std::visit(Checker{memory}, command)) return *error;
  if (auto job = std::visit(LongCopies{memory}, command)) return job;
  return std::unique_ptr<Job>(std::make_unique<TransferJob>(std::move(command), memory));
}

}  // namespace kiesel::model
