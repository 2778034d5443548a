#include "evaluation/profile/machine.hpp"

#include <algorithm>

namespace kiesel::profile {
Machine machine_of(const model::Configuration& c) {
  const timing::Design& d = c.design;
  const double ghz = c.clock_mhz / 1e3, line = d.data_cache.line_bytes;
  Machine out;
  out.issue_width = d.issue_width;
  out.data_words = d.data_cache.banks;
  out.buses = d.buses;
  out.line_bytes = d.data_cache.line_bytes;
  out.validated = d.validated;
  out.design = d;
  out.source = "the design's parameters";
  out.gflops = 2.0 * c.cores * c.target.lanes * d.issue_width * ghz;
  out.memory_gbs =
      line * ghz * std::min(static_cast<double>(d.buses) / d.line_cycles, 1.0 / d.request_cycles);
  if (c.roofline.gflops > 0) out.gflops = c.roofline.gflops;
  if (c.roofline.gigabytes_a_second > 0) out.memory_gbs = c.roofline.gigabytes_a_second;
  if (c.roofline.only) out.source = c.roofline.source;
  return out;
}

Machines machines_of(std::string_view option) {
  Machines out;
  for (const auto name : model::configured_names(option))
    if (const auto configuration = model::find_configuration(name))
      out.emplace(configuration->device_name(), machine_of(*configuration));
  return out;
}

}  // namespace kiesel::profile
