// profile.json: what was counted and what follows from it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "evaluation/profile/advice.hpp"
#include "evaluation/profile/figures.hpp"
#include "evaluation/profile/report.hpp"

namespace kiesel::profile {
namespace {

using nlohmann::ordered_json;

using Listings = std::map<std::string, std::optional<Listing>>;

ordered_json describe_counters() {
  auto all = ordered_json::array();
  for (const auto& info : device::kCounterInfos)
    all.push_back({{"id", info.id},
                   {"name", info.name},
                   {"unit", info.unit},
                   {"scope", info.scope == device::CounterScope::kInstruction ? "instruction" : "launch"},
                   {"timing", info.source == device::CounterSource::kTiming},
                   {"meaning", info.meaning}});
  return all;
}

ordered_json describe_figures() {
  constexpr const char* kBetter[] = {"neither", "higher", "lower"};
  auto all = ordered_json::array();
  for (const Figure& figure : figures())
    all.push_back({{"id", figure.id},
                   {"name", figure.name},
                   {"unit", figure.unit},
                   {"better", kBetter[static_cast<int>(figure.better)]},
                   {"meaning", figure.meaning}});
  return all;
}

ordered_json describe_counts(const std::array<std::uint64_t, device::kCounters>& totals, bool timed) {
  auto out = ordered_json::object();
  for (std::size_t i = 0; i < totals.size(); ++i)
    if (timed || device::kCounterInfos[i].source == device::CounterSource::kProgram)
      out[std::string(device::kCounterInfos[i].id)] = totals[i];
  return out;
}

// ---- time lines ----

// Commands that run at the same time lie in rows of their own.
class Rows {
 public:
  std::size_t take(std::uint64_t start, std::uint64_t end) {
    for (std::size_t row = 0; row < ends_.size(); ++row)
      if (ends_[row] <= start) return ends_[row] = end, row;
    ends_.push_back(end);
    return ends_.size() - 1;
  }

 private:
  std::vector<std::uint64_t> ends_;
};

struct Command {
  Times times;
  std::uint32_t device;
  const LaunchNote* launch;  // or
  const TransferNote* transfer;
};

std::vector<Command> commands_of(const ProcessData& process) {
  std::vector<Command> all;
  for (const auto& launch : process.launches)
    all.push_back({launch.times, launch.key.device, &launch, nullptr});
  for (const auto& transfer : process.transfers)
    all.push_back({transfer.times, transfer.device, nullptr, &transfer});
  std::ranges::stable_sort(all, {}, [](const Command& command) { return command.times.start; });
  return all;
}

struct Gaps {
  std::uint64_t count = 0, nanoseconds = 0, longest = 0, span = 0;
};

// Between the first command and the last: when no device had one.
Gaps gaps_of(const std::vector<Command>& commands) {
  Gaps gaps;
  std::uint64_t busy_until = 0;
  for (const Command& command : commands) {
    if (busy_until && command.times.start > busy_until) {
      const std::uint64_t gap = command.times.start - busy_until;
      ++gaps.count;
      gaps.nanoseconds += gap;
      gaps.longest = std::max(gaps.longest, gap);
    }
    busy_until = std::max(busy_until, command.times.end);
  }
  if (!commands.empty()) gaps.span = busy_until - commands.front().times.start;
  return gaps;
}

std::uint64_t since(const ProcessData& process, std::uint64_t time) {
  return time > process.note.start_ns ? time - process.note.start_ns : 0;
}

ordered_json describe_times(const ProcessData& process, const Times& times) {
  return {{"submitted_ns", since(process, times.submitted)},
          {"start_ns", since(process, times.start)},
          {"end_ns", since(process, times.end)}};
}

struct KernelNumbers {
  std::map<KernelKey, std::size_t> of;
};

ordered_json describe_launch(const ProcessData& process, const LaunchNote& launch,
                             const KernelNumbers& numbers) {
  auto out = describe_times(process, launch.times);
  out["number"] = launch.number;
  out["kernel"] = numbers.of.at(launch.key);
  out["global_size"] = launch.global_size;
  out["local_size"] = launch.local_size;
  if (!launch.failure.empty()) out["failure"] = launch.failure;
  if (launch.counted)
    out["instructions"] = launch.totals[static_cast<std::size_t>(device::CounterId::instructions)];
  if (launch.timed) out["cycles"] = launch.totals[static_cast<std::size_t>(device::CounterId::cycles)];
  return out;
}

ordered_json describe_commands(const ProcessData& process, const std::vector<Command>& commands,
                               const KernelNumbers& numbers) {
  auto launches = ordered_json::array(), transfers = ordered_json::array();
  std::map<std::uint32_t, Rows> launch_rows, transfer_rows;
  for (const Command& command : commands) {
    const bool is_launch = command.launch;
    ordered_json row = is_launch ? describe_launch(process, *command.launch, numbers)
                                 : describe_times(process, command.times);
    row["device"] = command.device;
    row["row"] = (is_launch ? launch_rows : transfer_rows)[command.device].take(command.times.start,
                                                                                command.times.end);
    if (!is_launch) {
      row["kind"] = kTransferNames[static_cast<std::size_t>(command.transfer->kind)];
      row["bytes"] = command.transfer->bytes;
    }
    (is_launch ? launches : transfers).push_back(std::move(row));
  }
  return {{"launches", std::move(launches)}, {"transfers", std::move(transfers)}};
}

const Machine& machine_of(const DeviceNote& device, const Machines& machines) {
  static const Machine kUnknown;
  const auto found = machines.find(device.name);
  return found == machines.end() ? kUnknown : found->second;
}

ordered_json describe_peaks(const Machine& machine) {
  auto out = ordered_json::object();
  if (machine.gflops > 0) out["gflops"] = machine.gflops;
  if (machine.matrix_gflops > 0) out["matrix_gflops"] = machine.matrix_gflops;
  if (machine.memory_gbs > 0) out["memory_gbs"] = machine.memory_gbs;
  if (!out.empty()) out["source"] = machine.source;
  return out;
}

ordered_json describe_device(const DeviceNote& device, const Machine& machine) {
  return {{"name", device.name},
          {"instructions", device.instructions},
          {"cores", device.cores},
          {"warps", device.warps},
          {"lanes", device.lanes},
          {"clock_mhz", device.clock_mhz},
          {"line_bytes", machine.line_bytes ? machine.line_bytes : device.line_bytes},
          {"local_memory_bytes", device.local_memory_bytes},
          {"validated", machine.validated},
          {"peaks", describe_peaks(machine)}};
}

ordered_json describe_process(const ProcessData& process, const KernelNumbers& numbers,
                              const Machines& machines) {
  const auto commands = commands_of(process);
  const Gaps gaps = gaps_of(commands);
  auto devices = ordered_json::array(), totals = ordered_json::object();
  for (const auto& device : process.note.devices)
    devices.push_back(describe_device(device, machine_of(device, machines)));
  for (const auto& [kind, all] : process.transfer_totals)
    totals[kind] = {{"count", all.count}, {"bytes", all.bytes}, {"ns", all.nanoseconds}};
  ordered_json out{{"process", process.note.process},
                   {"command", process.note.command},
                   {"engine", process.note.engine},
                   {"ended", process.end_ns.has_value()},
                   {"without_record", process.rest},
                   {"devices", std::move(devices)},
                   {"transfer_totals", std::move(totals)},
                   {"gaps", {{"count", gaps.count}, {"ns", gaps.nanoseconds}, {"longest_ns", gaps.longest}}},
                   {"span_ns", gaps.span}};
  out.update(describe_commands(process, commands, numbers));
  return out;
}

// ---- code ----

// The counters that are not zero throughout.
std::vector<std::size_t> columns_of(const device::LaunchCounts& counts) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < device::kInstructionCounters; ++i)
    if (std::ranges::any_of(counts.instructions, [i](const auto& row) { return row[i] != 0; }))
      out.push_back(i);
  return out;
}

// Functions of which something has run; instructions that have not run have no counts.
ordered_json describe_code(const device::LaunchCounts& counts, const Listing& listing) {
  const auto columns = columns_of(counts);
  auto names = ordered_json::array(), files = ordered_json::array(), functions = ordered_json::array();
  for (const std::size_t column : columns) names.push_back(device::kCounterInfos[column].id);
  std::map<std::string, std::size_t> file_numbers;
  for (const auto& function : listing.functions) {
    auto rows = ordered_json::array();
    bool ran = false;
    for (const auto& instruction : function.instructions) {
      ordered_json row{{"address", instruction.address}, {"text", instruction.text}};
      if (instruction.line) {
        const auto [file, is_new] = file_numbers.emplace(instruction.file, file_numbers.size());
        if (is_new) files.push_back(instruction.file);
        row["file"] = file->second;
        row["line"] = instruction.line;
      }
      const std::uint64_t index = (instruction.address - counts.code_begin) / 4;
      if (instruction.address >= counts.code_begin && index < counts.instructions.size() &&
          counts.instructions[index][0]) {
        ran = true;
        auto values = ordered_json::array();
        for (const std::size_t column : columns) values.push_back(counts.instructions[index][column]);
        row["counts"] = std::move(values);
      }
      rows.push_back(std::move(row));
    }
    if (ran) functions.push_back({{"name", function.name}, {"instructions", std::move(rows)}});
  }
  return {{"counters", std::move(names)},
          {"files", std::move(files)},
          {"source", listing.source},
          {"functions", std::move(functions)}};
}

ordered_json describe_figures_of(const Subject& subject) {
  auto out = ordered_json::object();
  if (!subject.counted()) return out;
  for (const Figure& figure : figures())
    if (const auto value = figure.of(subject)) out[std::string(figure.id)] = *value;
  return out;
}

// Joules by part.
ordered_json describe_energy(const Subject& subject) {
  auto out = ordered_json::object();
  for (const auto& part : subject.energy())
    if (part.joules > 0) out["parts"].push_back({{"name", part.name}, {"joules", part.joules}});
  if (!out.empty()) out["source"] = subject.machine.design.energy.source;
  return out;
}

ordered_json describe_kernel(const ProcessData& process, std::size_t number, const KernelData& kernel,
                             const Listing* listing, const Machines& machines) {
  static const DeviceNote kUnknown;
  const auto& devices = process.note.devices;
  const DeviceNote& device = kernel.key.device < devices.size() ? devices[kernel.key.device] : kUnknown;
  const Subject subject{kernel, device, machine_of(device, machines)};
  ordered_json out{{"process", number},
                   {"device", kernel.key.device},
                   {"name", kernel.key.kernel},
                   {"program", kernel.key.program},
                   {"launches", kernel.launches},
                   {"failed", kernel.failed},
                   {"counted", kernel.counted},
                   {"timed", subject.timed()},
                   {"host_ns", kernel.nanoseconds}};
  if (kernel.first)
    out["first_launch"] = {{"global_size", kernel.first->global_size},
                           {"local_size", kernel.first->local_size},
                           {"local_memory_bytes", kernel.first->local_memory_bytes},
                           {"private_memory_bytes", kernel.first->private_memory_bytes}};
  if (subject.timed()) out["device_ns"] = subject.device_seconds() * 1e9;
  if (kernel.counted) out["counters"] = describe_counts(kernel.counts.totals, kernel.counts.timed);
  out["figures"] = describe_figures_of(subject);
  auto limits = ordered_json::array(), advice = ordered_json::array();
  for (const Limit& limit : limits_of(subject))
    limits.push_back(
        {{"id", limit.id}, {"name", limit.name}, {"used", limit.used}, {"meaning", limit.meaning}});
  for (const Advice& each : advice_for(subject, listing))
    advice.push_back(
        {{"rule", each.rule}, {"text", each.text}, {"figures", each.figures}, {"weight", each.weight}});
  if (auto energy = describe_energy(subject); !energy.empty()) out["energy"] = std::move(energy);
  out["limits"] = std::move(limits);
  out["advice"] = std::move(advice);
  if (listing && !kernel.counts.instructions.empty()) out["code"] = describe_code(kernel.counts, *listing);
  if (kernel.code_launches < kernel.counted) out["code_missing"] = kernel.counted - kernel.code_launches;
  return out;
}

// ---- the whole ----

// What of the cycles was not timed, if anything.
std::string sampling_of(const Data& data) {
  const auto of = [&](device::CounterId id) {
    double sum = 0;
    for (const auto& process : data.processes)
      for (const auto& [key, kernel] : process.kernels) sum += static_cast<double>(kernel.counts[id]);
    return sum;
  };
  const double cycles = of(device::CounterId::cycles);
  if (!(of(device::CounterId::estimated_cycles) > 0) || !(cycles > 0)) return {};
  return fmt::format(
      "sampled: {:.0f} % of the cycles were not timed but follow from those that were, within {:.1f} % of "
      "all "
      "(two standard errors); the other counters are scaled likewise",
      100 * of(device::CounterId::estimated_cycles) / cycles,
      100 * of(device::CounterId::cycles_error) / cycles);
}

std::vector<std::string> notes_of(const Data& data, const ReportSettings& settings) {
  auto notes = settings.notes;
  std::uint64_t launches = 0, uncounted = 0, untimed = 0;
  for (const auto& process : data.processes) {
    if (!process.end_ns)
      notes.push_back(fmt::format("process {} did not end in order: what it did last may be missing",
                                  process.note.process));
    if (process.rest)
      notes.push_back(fmt::format(
          "process {}: {} commands have no record of their own; sums have them, the timeline does not",
          process.note.process, process.rest));
    for (const auto& [key, kernel] : process.kernels) {
      launches += kernel.launches;
      uncounted += kernel.launches - kernel.counted;
      untimed += kernel.untimed_launches;
    }
  }
  if (!launches) notes.emplace_back("no kernel was launched on this driver");
  if (uncounted)
    notes.push_back(fmt::format(
        "{} launches were not counted: their device does not count, or they did not run", uncounted));
  if (const auto sampled = sampling_of(data); !sampled.empty()) notes.push_back(sampled);
  if (untimed) notes.emplace_back("no clock: run with --engine cycles. Times are those of this computer");
  return notes;
}

Listings list_programs(const Data& data, const Lister& lister, std::vector<std::string>& notes) {
  Listings listings;
  for (const auto& process : data.processes)
    for (const auto& [key, kernel] : process.kernels) {
      if (listings.contains(key.program) || kernel.counts.instructions.empty()) continue;
      auto listing = lister(key.program);
      if (!listing)
        notes.push_back(fmt::format("the code of a program cannot be shown: {}", listing.error().reason));
      listings.emplace(key.program, listing ? std::optional(std::move(*listing)) : std::nullopt);
    }
  return listings;
}

// What is known of the clocks that ran: the same words for all, or each device's.
std::string accuracy_of(const Data& data, const Machines& machines) {
  std::vector<std::string> all;
  for (const auto& process : data.processes)
    for (const auto& [key, kernel] : process.kernels) {
      if (!kernel.counts.timed || key.device >= process.note.devices.size()) continue;
      const auto& device = process.note.devices[key.device];
      const auto words = fmt::format("{}: {}", device.name, machine_of(device, machines).validated);
      if (std::ranges::find(all, words) == all.end()) all.push_back(words);
    }
  return all.empty() ? Machine().validated : fmt::format("{}", fmt::join(all, "; "));
}

double weight_of(const KernelData& kernel) {
  const auto cycles = kernel.counts[device::CounterId::cycles];
  return static_cast<double>(kernel.counts.timed ? cycles : kernel.nanoseconds);
}

}  // namespace

ordered_json describe(const Data& data, const ReportSettings& settings, const Lister& lister) {
  auto notes = notes_of(data, settings);
  const Listings listings = list_programs(data, lister, notes);
  auto processes = ordered_json::array(), kernels = ordered_json::array();
  for (std::size_t number = 0; number < data.processes.size(); ++number) {
    const ProcessData& process = data.processes[number];
    std::vector<const KernelData*> order;
    for (const auto& [key, kernel] : process.kernels) order.push_back(&kernel);
    std::ranges::stable_sort(order, std::greater(),
                             [](const KernelData* kernel) { return weight_of(*kernel); });
    KernelNumbers numbers;
    for (const KernelData* kernel : order) {
      numbers.of[kernel->key] = kernels.size();
      const auto listing = listings.find(kernel->key.program);
      kernels.push_back(describe_kernel(
          process, number, *kernel,
          listing == listings.end() || !listing->second ? nullptr : &*listing->second, settings.machines));
    }
    processes.push_back(describe_process(process, numbers, settings.machines));
  }
  return {{"format", "kiesel-profile"},
          {"version", kFormatVersion},
          {"kiesel", settings.kiesel},
          {"subject", settings.subject},
          {"accuracy", accuracy_of(data, settings.machines)},
          {"notes", notes},
          {"counters", describe_counters()},
          {"figures", describe_figures()},
          {"processes", std::move(processes)},
          {"kernels", std::move(kernels)}};
}

}  // namespace kiesel::profile
