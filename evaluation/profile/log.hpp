// What a profiler writes while an application runs: records that are only appended, so that a file that ends
// too early is good up to its last whole record. Both ends are of one version of Kiesel.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "device/counters.hpp"
#include "device/device.hpp"
#include "support/archive.hpp"

namespace kiesel::profile {

inline constexpr std::uint32_t kLogVersion = 1;
inline constexpr std::string_view kLogSuffix = ".log", kProgramSuffix = ".elf";

// What the file of a program is called beside a log, without the suffix: a hash of its bytes.
std::string program_name(std::span<const std::byte> elf);

enum class RecordKind : std::uint32_t { kProcess = 1, kLaunch, kTransfer, kCode, kRest, kEnd };

struct DeviceNote {
  std::string name, instructions;  // "RV64IMFD ..."
  std::uint32_t cores = 0, warps = 0, lanes = 0, clock_mhz = 0, line_bytes = 0;
  std::uint64_t local_memory_bytes = 0;
};

// First record of a file.
struct ProcessNote {
  std::uint32_t version = kLogVersion;
  std::string kiesel;  // its version
  std::uint64_t process = 0;
  std::string command;  // with its arguments
  std::string engine;   // the option
  std::uint64_t start_ns = 0;
  std::vector<DeviceNote> devices;
};

// Nanoseconds of support/clock.hpp's clock.
struct Times {
  std::uint64_t submitted = 0, start = 0, end = 0;
};

// Of which kernel something is.
struct KernelKey {
  std::uint32_t device = 0;
  std::string program;  // hash of its ELF file, which lies beside this file
  std::string kernel;
  auto operator<=>(const KernelKey&) const = default;
};

struct LaunchNote {
  std::uint64_t number = 0;  // among the process's launches, from 0
  KernelKey key;
  Times times;
  std::array<std::uint64_t, 3> global_size{};
  std::array<std::uint32_t, 3> local_size{};
  std::uint32_t local_memory_bytes = 0;
  std::uint64_t private_memory_bytes = 0;
  std::string failure;  // or empty
  bool counted = false, timed = false;
  std::uint64_t clock_khz = 0;
  std::array<std::uint64_t, device::kCounters> totals{};
};

enum class TransferKind : std::uint32_t { kRead, kWrite, kCopy, kFill };
inline constexpr std::string_view kTransferNames[] = {"read", "write", "copy", "fill"};

struct TransferNote {
  std::uint32_t device = 0;
  TransferKind kind{};
  std::uint64_t bytes = 0;
  Times times;
};

// Counts by instruction of some more launches of a kernel.
struct CodeNote {
  struct Column {
    std::uint32_t counter = 0;
    std::vector<std::uint64_t> values;
  };
  KernelKey key;
  std::uint64_t launches = 0;
  std::uint64_t begin = 0;  // of the first, in the ELF file's addresses
  std::uint64_t instructions = 0;
  std::vector<Column> columns;  // those with anything but zeros
};

// Launches and transfers that have no record of their own since there were too many.
struct RestNote {
  KernelKey key;  // without a kernel: transfers
  std::uint64_t count = 0, failed = 0, nanoseconds = 0, bytes = 0;
  std::array<std::uint64_t, device::kCounters> totals{};
};

// The process ended in order.
struct EndNote {
  std::uint64_t end_ns = 0;
};

// A record: kind, length and hash of the payload, payload.
struct RecordHeader {
  RecordKind kind{};
  std::uint32_t reserved = 0;
  std::uint64_t bytes = 0, hash = 0;
};
static_assert(sizeof(RecordHeader) == 24);
std::vector<std::byte> record(RecordKind kind, std::vector<std::byte> payload);

CodeNote code_note(const KernelKey& key, std::uint64_t launches, const device::LaunchCounts& counts);
// kInvalidBinary where the columns are not what they should be.
Result<device::LaunchCounts> counts_of(const CodeNote& note);

}  // namespace kiesel::profile

namespace kiesel {

template <>
struct Fields<profile::DeviceNote> {
  static auto of(auto& v) {
    return std::tie(v.name, v.instructions, v.cores, v.warps, v.lanes, v.clock_mhz, v.line_bytes,
                    v.local_memory_bytes);
  }
};
template <>
struct Fields<profile::ProcessNote> {
  static auto of(auto& v) {
    return std::tie(v.version, v.kiesel, v.process, v.command, v.engine, v.start_ns, v.devices);
  }
};
template <>
struct Fields<profile::Times> {
  static auto of(auto& v) { return std::tie(v.submitted, v.start, v.end); }
};
template <>
struct Fields<profile::KernelKey> {
  static auto of(auto& v) { return std::tie(v.device, v.program, v.kernel); }
};
template <>
struct Fields<profile::LaunchNote> {
  static auto of(auto& v) {
    return std::tie(v.number, v.key, v.times, v.global_size, v.local_size, v.local_memory_bytes,
                    v.private_memory_bytes, v.failure, v.counted, v.timed, v.clock_khz, v.totals);
  }
};
template <>
struct Fields<profile::TransferNote> {
  static auto of(auto& v) { return std::tie(v.device, v.kind, v.bytes, v.times); }
};
template <>
struct Fields<profile::CodeNote::Column> {
  static auto of(auto& v) { return std::tie(v.counter, v.values); }
};
template <>
struct Fields<profile::CodeNote> {
  static auto of(auto& v) { return std::tie(v.key, v.launches, v.begin, v.instructions, v.columns); }
};
template <>
struct Fields<profile::RestNote> {
  static auto of(auto& v) { return std::tie(v.key, v.count, v.failed, v.nanoseconds, v.bytes, v.totals); }
};
template <>
struct Fields<profile::EndNote> {
  static auto of(auto& v) { return std::tie(v.end_ns); }
};

}  // namespace kiesel
