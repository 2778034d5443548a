// What profilers have written to a folder, read back and added up by kernel.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "evaluation/profile/log.hpp"

namespace kiesel::profile {

// All launches of one kernel on one device.
struct KernelData {
  KernelKey key;
  std::uint64_t launches = 0, failed = 0, counted = 0;
  std::uint64_t nanoseconds = 0;       // of the host
  device::LaunchCounts counts;         // of those that were counted, in addresses of the program's file
  std::uint64_t code_launches = 0;     // whose counts by instruction are there
  std::uint64_t untimed_launches = 0;  // of those that were counted: without a clock
  std::optional<LaunchNote> first;     // that has a record of its own
};

struct TransferTotals {
  std::uint64_t count = 0, bytes = 0, nanoseconds = 0;
};

// One process of the application.
struct ProcessData {
  ProcessNote note;
  std::vector<LaunchNote> launches;  // in the order of their ends; those with a record of their own
  std::vector<TransferNote> transfers;
  std::map<KernelKey, KernelData> kernels;
  std::map<std::string, TransferTotals> transfer_totals;  // by kind
  std::uint64_t rest = 0;               // launches and transfers without a record of their own
  std::optional<std::uint64_t> end_ns;  // none: it did not end in order
  bool damaged = false;                 // the file ends within a record
};

struct Data {
  std::vector<ProcessData> processes;  // by when they started
  std::set<std::string> programs;      // names of those that are there, whole
};

// kInvalidBinary for a file that is none of this version of Kiesel, kIo.
Result<Data> read_folder(const std::filesystem::path& folder, std::string_view kiesel);
Result<ProcessData> read_process(std::span<const std::byte> file, std::string_view kiesel);

}  // namespace kiesel::profile
