#include "evaluation/score/score.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "evaluation/profile/figures.hpp"
#include "support/file.hpp"

namespace kiesel::score {
namespace {

using nlohmann::ordered_json;
using State = sweep::Finding::State;
using enum device::CounterId;

double over(double value, double by) { return by > 0 ? value / by : 0; }

// ---- one workload ----

// What it cannot be faster than on a machine, in seconds; 0: not known.
struct Roof {
  std::string_view name;
  double seconds;
};

// Arithmetic and memory. Programs without float operations have instructions of lanes in place of them
// (N. Ding, S. Williams, "An Instruction Roofline Model for GPUs", 2019).
std::array<Roof, 2> roofs_of(const profile::Subject& s) {
  const double bytes = (s.count(memory_reads) + s.count(memory_writes)) * s.line_bytes();
  const double lanes = s.machine.issue_width * s.device.cores * s.device.lanes * s.device.clock_mhz * 1e6;
  const Roof memory{"memory", over(bytes, s.machine.memory_gbs * 1e9)};
  if (s.count(matrix_products) > 0 && s.count(flops) > 0)
    return {Roof{"matrix", over(s.count(flops), s.machine.matrix_gflops * 1e9)}, memory};
  if (s.count(flops) > 0) return {Roof{"float", over(s.count(flops), s.machine.gflops * 1e9)}, memory};
  return {Roof{"instructions", over(s.count(lane_instructions), lanes)}, memory};
}

ordered_json limits_in(const profile::Subject& s) {
  auto limits = profile::limits_of(s);
  std::ranges::stable_sort(limits, std::greater<>(), &profile::Limit::used);
  auto out = ordered_json::array();
  for (const auto& limit : limits)
    out.push_back({{"name", limit.name}, {"used", limit.used}, {"meaning", limit.meaning}});
  return out;
}

ordered_json figures_in(const profile::Subject& s) {
  auto out = ordered_json::object();
  for (const auto& figure : profile::figures())
    if (const auto value = figure.of(s)) out[std::string(figure.id)] = *value;
  return out;
}

void add_figures(const profile::Subject& s, ordered_json& out) {
  const auto roofs = roofs_of(s);
  const auto& nearest = *std::ranges::max_element(roofs, {}, &Roof::seconds);
  out["time_s"] = s.device_seconds();
  if (nearest.seconds > 0)
    out["roof"] = {{"name", nearest.name}, {"share", over(nearest.seconds, s.device_seconds())}};
  out["limits"] = limits_in(s);
  out["figures"] = figures_in(s);
}

// What the program said last; commands of ours may have spoken behind it.
std::string last_words(const std::filesystem::path& log) {
  const auto text = read_text_file(log);
  std::string_view left = text ? std::string_view(*text) : std::string_view();
  while (!left.empty()) {
    const auto end = left.find_last_of('\n', left.size() - 1);
    const auto line = left.substr(end == std::string_view::npos ? 0 : end + 1);
    if (!line.empty() && !line.starts_with("kiesel ")) return std::string(line.substr(0, 300));
    left = left.substr(0, end == std::string_view::npos ? 0 : end);
  }
  return {};
}

ordered_json describe_run(const sweep::Run& run, const sweep::Finding& finding, const sweep::Point& point,
                          bool is_profiled) {
  if (finding.state == State::kWaiting) return {{"state", "waiting"}};
  const std::string log = "logs/" + run.job.log.filename().string();
  if (finding.state == State::kFailed)
    return {{"state", "failed"}, {"reason", finding.reason}, {"said", last_words(run.job.log)}, {"log", log}};
  const auto& configuration = point.configuration;
  const profile::DeviceNote device{configuration.device_name(),
                                   "",
                                   configuration.cores,
                                   configuration.target.warps,
                                   configuration.target.lanes,
                                   configuration.clock_mhz,
                                   configuration.design.data_cache.line_bytes,
                                   configuration.target.local_memory_bytes};
  profile::KernelData all;
  all.launches = all.counted = finding.launches;
  all.counts = finding.counts;
  ordered_json out{{"state", "done"},
                   {"launches", finding.launches},
                   {"different", finding.different},
                   {"capture", "captures/" + run.job.steps.front().makes.filename().string()},
                   {"result", "results/" + run.result().filename().string()}};
  if (is_profiled) out["profile"] = sweep::profile_page(run);
  add_figures({all, device, profile::machine_of(configuration)}, out);
  return out;
}

// ---- all of them ----

class Describer {
 public:
  Describer(const Suite& suite, std::string_view size, const sweep::Sweep& sweep)
      : suite_(suite), size_(size), sweep_(sweep) {}

  ordered_json describe() const {
    ordered_json out{{"kiesel", sweep_.kiesel},
                     {"title", suite_.title},
                     {"size", size_},
                     {"sampled", sweep_.plan.sample_time}};
    for (std::size_t i = 0; i < workloads(); ++i) {
      const Entry& entry = suite_.entries[i];
      out["workloads"].push_back({{"name", entry.name},
                                  {"about", entry.about},
                                  {"field", entry.field},
                                  {"command", sweep_.plan.workloads[i].command},
                                  {"packages", entry.packages}});
    }
    for (std::size_t i = 0; i < sweep_.points.points.size(); ++i)
      out["designs"].push_back(describe_design(i));
    return out;
  }

 private:
  std::size_t workloads() const { return suite_.entries.size(); }
  std::size_t place(std::size_t design, std::size_t workload) const {
    return design * workloads() + workload;
  }

  ordered_json describe_design(std::size_t design) const {
    const sweep::Point& point = sweep_.points.points[design];
    const auto machine = profile::machine_of(point.configuration);
    ordered_json out{{"name", sweep_.plan.designs[point.design]},
                     {"accuracy", machine.validated},
                     {"cores", point.configuration.cores},
                     {"warps", point.configuration.target.warps},
                     {"lanes", point.configuration.target.lanes},
                     {"clock_mhz", point.configuration.clock_mhz},
                     {"gflops", machine.gflops},
                     {"memory_gbs", machine.memory_gbs}};
    add_time_beside_first(design, out);
    for (std::size_t i = 0; i < workloads(); ++i) {
      const std::size_t at = place(design, i);
      out["runs"].push_back(describe_run(sweep_.runs[at], sweep_.findings[at], point,
                                         sweep_.profiled.contains(sweep_.runs[at].key)));
    }
    return out;
  }

  // Geometric mean over the workloads that are done on both.
  void add_time_beside_first(std::size_t design, ordered_json& out) const {
    double sum = 0;
    std::size_t compared = 0;
    for (std::size_t i = 0; i < workloads(); ++i) {
      const auto& own = sweep_.findings[place(design, i)].values;
      const auto& first = sweep_.findings[place(0, i)].values;
      if (own.empty() || first.empty() || !own[0] || !first[0] || !(*first[0] > 0)) continue;
      sum += std::log(*own[0] / *first[0]);
      ++compared;
    }
    out["compared"] = compared;
    if (compared) out["time_beside_first"] = std::exp(sum / static_cast<double>(compared));
  }

  const Suite& suite_;
  const std::string_view size_;
  const sweep::Sweep& sweep_;
};

}  // namespace

ordered_json describe(const Suite& suite, std::string_view size, const sweep::Sweep& sweep) {
  return Describer(suite, size, sweep).describe();
}

}  // namespace kiesel::score
