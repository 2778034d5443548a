#include "evaluation/capture/counts.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "support/cache.hpp"

namespace kiesel::capture {
namespace {

using nlohmann::ordered_json;

// Counters that need a clock are left out where there was none.
ordered_json counts_in(const device::LaunchCounts& counts) {
  ordered_json out = ordered_json::object();
  if (counts.timed) out["clock_khz"] = counts.clock_khz;
  for (std::size_t i = 0; i < device::kCounters; ++i)
    if (counts.timed || device::kCounterInfos[i].source == device::CounterSource::kProgram)
      out[std::string(device::kCounterInfos[i].id)] = counts.totals[i];
  return out;
}

device::LaunchCounts counts_of(const ordered_json& value) {
  device::LaunchCounts counts;
  counts.timed = value.contains("clock_khz");
  counts.clock_khz = counts.timed ? value["clock_khz"].get<std::uint64_t>() : 0;
  for (std::size_t i = 0; i < device::kCounters; ++i)
    if (counts.timed || device::kCounterInfos[i].source == device::CounterSource::kProgram)
      counts.totals[i] = value.at(std::string(device::kCounterInfos[i].id)).get<std::uint64_t>();
  return counts;
}

std::string text_of(const ordered_json& value) {
  return value.dump(1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string check_of(const ordered_json& value) { return CacheKey().add(text_of(value)).text(); }

CountsFile file_of(const ordered_json& value) {
  CountsFile file;
  file.kiesel = value.at("kiesel");
  file.device = value.at("device");
  file.different = value.at("different");
  for (const auto& entry : value.at("launches"))
    file.launches.push_back(
        {entry.at("number"), entry.at("kernel"), entry.at("outcome"), counts_of(entry.at("counts"))});
  file.total = counts_of(value.at("total"));
  return file;
}

Error damaged(std::string_view why) {
  return {Errc::kInvalidBinary, fmt::format("no whole file of counts: {}", why)};
}

}  // namespace

void CountsFile::add(LaunchLine line) {
  total += line.counts;
  launches.push_back(std::move(line));
}

std::string to_json(const CountsFile& file) {
  ordered_json value{{"kiesel", file.kiesel}, {"device", file.device}, {"different", file.different}};
  auto& launches = value["launches"] = ordered_json::array();
  for (const LaunchLine& line : file.launches)
    launches.push_back({{"number", line.number},
                        {"kernel", line.kernel},
                        {"outcome", line.outcome},
                        {"counts", counts_in(line.counts)}});
  value["total"] = counts_in(file.total);
  value["check"] = check_of(value);
  return text_of(value) + "\n";
}

Result<CountsFile> counts_from_json(std::string_view text) {
  try {
    auto value = ordered_json::parse(text);
    const std::string check = value.at("check");
    value.erase("check");
    if (check != check_of(value)) return damaged("its hash is another one");
    return file_of(value);
  } catch (const ordered_json::exception& error) {
    return damaged(error.what());
  }
}

}  // namespace kiesel::capture
