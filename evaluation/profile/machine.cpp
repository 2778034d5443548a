#include "evaluation/profile/machine.hpp"

#include <algorithm>

#include "device/isa/matrix.hpp"

namespace kiesel::profile {
namespace {

// A unit in each core, and its steps follow each other.
double matrix_gflops(const model::Configuration& c) {
  if (!c.target.matrix) return 0;
  const auto kind = static_cast<std::size_t>(isa::OperationClass::kMatrix);
  const std::uint64_t flops =
      isa::matrix_flops({isa::MatrixFormat::fp32, isa::MatrixFormat::fp16}, c.target.lanes);
  const double cycles = isa::matrix_tile(c.target.lanes).steps() * c.design.interval[kind];
  return c.cores * static_cast<double>(flops) / cycles * c.clock_mhz / 1e3;
}

}  // namespace

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
  out.matrix_gflops = matrix_gflops(c);
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
