// The profile's tables as CSV, RFC 4180.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "evaluation/csv.hpp"
#include "evaluation/profile/report.hpp"

namespace kiesel::profile {
namespace {

using nlohmann::ordered_json;

using Row = std::vector<ordered_json>;

std::vector<std::string> counter_ids() {
  std::vector<std::string> out;
  for (const auto& info : device::kCounterInfos) out.emplace_back(info.id);
  return out;
}

template <class... Lists>
std::vector<std::string> joined(std::vector<std::string> first, const Lists&... lists) {
  (first.insert(first.end(), lists.begin(), lists.end()), ...);
  return first;
}

ordered_json value_of(const ordered_json& object, const std::string& key) {
  return object.contains(key) ? object[key] : ordered_json();
}

}  // namespace

std::string table_of_kernels(const ordered_json& profile) {
  std::vector<std::string> figures;
  for (const auto& figure : profile["figures"]) figures.push_back(figure["id"]);
  const std::vector<std::string> own{"process", "device",  "name",  "program", "launches",
                                     "failed",  "counted", "timed", "host_ns", "device_ns"};
  const auto counters = counter_ids();
  CsvTable table(joined(own, figures, counters));
  for (const auto& kernel : profile["kernels"]) {
    Row row;
    for (const auto& key : own) row.push_back(value_of(kernel, key));
    for (const auto& id : figures) row.push_back(value_of(kernel["figures"], id));
    for (const auto& id : counters)
      row.push_back(kernel.contains("counters") ? value_of(kernel["counters"], id) : ordered_json());
    table.add(row);
  }
  return table.take();
}

std::string table_of_launches(const Data& data) {
  CsvTable table(joined({"process", "number", "device", "kernel", "program", "submitted_ns", "start_ns",
                         "end_ns", "global_x", "global_y", "global_z", "local_x", "local_y", "local_z",
                         "local_memory_bytes", "private_memory_bytes", "failure"},
                        counter_ids()));
  for (const auto& process : data.processes)
    for (const auto& launch : process.launches) {
      Row row{process.note.process,
              launch.number,
              launch.key.device,
              launch.key.kernel,
              launch.key.program,
              launch.times.submitted - process.note.start_ns,
              launch.times.start - process.note.start_ns,
              launch.times.end - process.note.start_ns};
      for (const auto size : launch.global_size) row.push_back(size);
      for (const auto size : launch.local_size) row.push_back(size);
      row.insert(row.end(), {launch.local_memory_bytes, launch.private_memory_bytes, launch.failure});
      for (std::size_t i = 0; i < launch.totals.size(); ++i) {
        const bool there =
            device::kCounterInfos[i].source == device::CounterSource::kTiming ? launch.timed : launch.counted;
        row.push_back(there ? ordered_json(launch.totals[i]) : ordered_json());
      }
      table.add(row);
    }
  return table.take();
}

std::string table_of_transfers(const ordered_json& profile) {
  const std::vector<std::string> columns{"kind", "device", "bytes", "submitted_ns", "start_ns", "end_ns"};
  CsvTable table(joined({"process"}, columns));
  for (const auto& process : profile["processes"])
    for (const auto& transfer : process["transfers"]) {
      Row row{process["process"]};
      for (const auto& key : columns) row.push_back(transfer[key]);
      table.add(row);
    }
  return table.take();
}

std::string table_of_code(const ordered_json& profile) {
  const auto all = counter_ids();
  const std::vector<std::string> counters(all.begin(), all.begin() + device::kInstructionCounters);
  CsvTable table(joined({"kernel", "name", "function", "address", "text", "file", "line"}, counters));
  std::size_t number = 0;
  for (const auto& kernel : profile["kernels"]) {
    const std::size_t own = number++;
    if (!kernel.contains("code")) continue;
    const auto& code = kernel["code"];
    for (const auto& function : code["functions"])
      for (const auto& instruction : function["instructions"]) {
        if (!instruction.contains("counts")) continue;
        Row row{own, kernel["name"], function["name"], instruction["address"], instruction["text"]};
        const bool has_line = instruction.contains("line");
        row.push_back(has_line ? code["files"][instruction["file"].get<std::size_t>()] : ordered_json());
        row.push_back(has_line ? instruction["line"] : ordered_json());
        for (const auto& id : counters) {
          const auto& ids = code["counters"];
          const auto at = std::find(ids.begin(), ids.end(), id);
          row.push_back(at == ids.end() ? ordered_json(0)
                                        : instruction["counts"][static_cast<std::size_t>(at - ids.begin())]);
        }
        table.add(row);
      }
  }
  return table.take();
}

}  // namespace kiesel::profile
