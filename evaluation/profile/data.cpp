#include "evaluation/profile/data.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "support/file.hpp"

namespace kiesel::profile {
namespace {

namespace fs = std::filesystem;

Error not_a_log(std::string_view why) {
  return {Errc::kInvalidBinary, fmt::format("this is no data of a profile: {}", why)};
}

struct Record {
  RecordKind kind;
  std::span<const std::byte> payload;
};

// The next whole record, which is taken off; none at the end or where the rest is damaged.
std::optional<Record> take_record(std::span<const std::byte>& rest) {
  RecordHeader header;
  if (rest.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, rest.data(), sizeof header);
  const auto behind = rest.subspan(sizeof header);
  if (header.bytes > behind.size()) return std::nullopt;
  const auto payload = behind.first(header.bytes);
  if (XXH3_64bits(payload.data(), payload.size()) != header.hash) return std::nullopt;
  rest = behind.subspan(header.bytes);
  return Record{header.kind, payload};
}

KernelData& kernel_of(ProcessData& process, const KernelKey& key) {
  KernelData& kernel = process.kernels[key];
  kernel.key = key;
  return kernel;
}

void add_totals(KernelData& kernel, const std::array<std::uint64_t, device::kCounters>& totals) {
  std::ranges::transform(kernel.counts.totals, totals, kernel.counts.totals.begin(), std::plus<>());
}

void enter(ProcessData& process, LaunchNote launch) {
  KernelData& kernel = kernel_of(process, launch.key);
  ++kernel.launches;
  kernel.failed += !launch.failure.empty();
  kernel.counted += launch.counted;
  kernel.untimed_launches += launch.counted && !launch.timed;
  kernel.nanoseconds += launch.times.end - launch.times.start;
  kernel.counts.timed |= launch.timed;
  if (launch.clock_khz) kernel.counts.clock_khz = launch.clock_khz;
  add_totals(kernel, launch.totals);
  if (!kernel.first) kernel.first = launch;
  process.launches.push_back(std::move(launch));
}

void enter(ProcessData& process, const TransferNote& transfer) {
  const auto kind = static_cast<std::size_t>(transfer.kind);
  if (kind >= std::size(kTransferNames)) return;
  auto& totals = process.transfer_totals[std::string(kTransferNames[kind])];
  ++totals.count;
  totals.bytes += transfer.bytes;
  totals.nanoseconds += transfer.times.end - transfer.times.start;
  process.transfers.push_back(transfer);
}

void enter(ProcessData& process, const RestNote& rest) {
  process.rest += rest.count;
  if (rest.key.kernel.empty()) {
    auto& totals = process.transfer_totals[rest.key.program];
    totals.count += rest.count;
    totals.bytes += rest.bytes;
    totals.nanoseconds += rest.nanoseconds;
    return;
  }
  KernelData& kernel = kernel_of(process, rest.key);
  kernel.launches += rest.count;
  kernel.counted += rest.count;
  kernel.failed += rest.failed;
  kernel.nanoseconds += rest.nanoseconds;
  add_totals(kernel, rest.totals);
}

Status enter(ProcessData& process, const CodeNote& note) {
  auto counts = counts_of(note);
  if (!counts) return counts.error();
  KernelData& kernel = kernel_of(process, note.key);
  kernel.code_launches += note.launches;
  counts->totals = {};
  kernel.counts += *counts;
  return {};
}

// False where the payload is not what its kind says.
template <class Note>
bool enter_if_good(ProcessData& process, std::span<const std::byte> payload) {
  auto note = decode_value<Note>(payload);
  if (!note) return false;
  if constexpr (std::is_same_v<Note, CodeNote>)
    return enter(process, *note).ok();
  else
    enter(process, std::move(*note));
  return true;
}

bool enter_record(ProcessData& process, const Record& record) {
  switch (record.kind) {
    case RecordKind::kLaunch:
      return enter_if_good<LaunchNote>(process, record.payload);
    case RecordKind::kTransfer:
      return enter_if_good<TransferNote>(process, record.payload);
    case RecordKind::kCode:
      return enter_if_good<CodeNote>(process, record.payload);
    case RecordKind::kRest:
      return enter_if_good<RestNote>(process, record.payload);
    case RecordKind::kEnd:
      if (const auto end = decode_value<EndNote>(record.payload)) process.end_ns = end->end_ns;
      return process.end_ns.has_value();
    default:
      return false;
  }
}

// Its name is the hash of what is in it.
void add_program(Data& data, const fs::path& path) {
  const auto elf = read_binary_file(path);
  if (elf && path.stem() == program_name(*elf)) data.programs.insert(path.stem());
}

}  // namespace

Result<ProcessData> read_process(std::span<const std::byte> file, std::string_view kiesel) {
  const auto first = take_record(file);
  if (!first || first->kind != RecordKind::kProcess) return not_a_log("it does not begin as one");
  auto note = decode_value<ProcessNote>(first->payload);
  if (!note || note->version != kLogVersion || note->kiesel != kiesel)
    return not_a_log("it is of another version of Kiesel");
  ProcessData process;
  process.note = std::move(*note);
  while (!file.empty()) {
    const auto record = take_record(file);
    process.damaged = !record || !enter_record(process, *record);
    if (process.damaged) break;
  }
  return process;
}

Result<Data> read_folder(const fs::path& folder, std::string_view kiesel) {
  Data data;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const fs::path& path = entry.path();
    if (path.extension() == kProgramSuffix) add_program(data, path);
    if (path.extension() != kLogSuffix) continue;
    const auto file = read_binary_file(path);
    if (!file) return file.error();
    auto process = read_process(*file, kiesel);
    if (!process)
      return Error{process.error().code, fmt::format("{}: {}", path.string(), process.error().reason)};
    data.processes.push_back(std::move(*process));
  }
  if (error) return Error{Errc::kIo, fmt::format("cannot read {}: {}", folder.string(), error.message())};
  std::ranges::sort(data.processes, {}, [](const ProcessData& process) { return process.note.start_ns; });
  return data;
}

}  // namespace kiesel::profile
