#include "device/model/sampling.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace kiesel::model {
namespace {

constexpr std::uint64_t kRuns = 8;         // of neighbouring work-groups
constexpr std::uint64_t kTurnsOfARun = 2;  // in which all places of the design are filled anew
constexpr std::uint64_t kShortestRun = 8;
constexpr std::uint64_t kWorthIt = 4;        // times as many work-groups as are timed
constexpr std::uint64_t kSmallestPart = 16;  // of work-groups that is timed, of large launches
constexpr std::uint64_t kSegments = 8;       // of the timed work-groups, by which their rate varies

constexpr double kGoodEnough = 0.01;  // error of a stratum, of its cycles
constexpr std::uint64_t kFirst = 2;   // launches of a stratum that are timed always
constexpr std::uint64_t kOften = 8,
                        kSeldom = 64;      // of so many one is timed, while the error is larger, and always
constexpr std::size_t kMostStrata = 4096;  // that are kept in memory

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Over so many neighbours each.
std::vector<double> means(const std::vector<std::uint64_t>& values, std::uint64_t count) {
  std::vector<double> out;
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    sum += static_cast<double>(values[i]);
    if (i + 1 < count) continue;
    out.push_back(sum / static_cast<double>(count));
    sum -= static_cast<double>(values[i + 1 - count]);
  }
  return out;
}

// Of the mean of values that are so many of all.
double standard_error(const std::vector<double>& values, double share) {
  const double middle = mean(values), count = static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - middle) * (value - middle);
  return std::sqrt(squares / (count - 1) / count * (1 - share));
}

}  // namespace

std::uint64_t GroupSample::begin_of(std::uint64_t run) const {
  return runs == 1 ? 0 : (groups - length) * run / (runs - 1);
}

GroupSample whole(std::uint64_t groups) { return {groups, 1, groups}; }

GroupSample choose_groups(std::uint64_t groups, std::uint64_t at_a_time) {
  const std::uint64_t length =
      std::max({kTurnsOfARun * at_a_time, groups / kSmallestPart / kRuns, kShortestRun});
  const GroupSample sample{groups, kRuns, length};
  return length > groups / kRuns / kWorthIt ? whole(groups) : sample;
}

// Places are filled together at first, and work-groups of one kind end together: starts come in waves, of
// which a rate can be told when each start is the mean over a wave.
CycleEstimate estimate_launch(const GroupSample& sample, std::uint64_t at_a_time, std::uint64_t cycles,
                              std::vector<std::uint64_t> starts, double weight) {
  const auto exact = static_cast<double>(cycles);
  if (sample.is_whole() || starts.size() < 3 * at_a_time + kSegments) return {exact, 0};
  std::ranges::sort(starts);
  const std::vector<double> waves = means(starts, at_a_time);
  const std::uint64_t first = at_a_time, steps = waves.size() - 1 - first;
  const auto rate = [&](std::uint64_t from, std::uint64_t to) {
    return (waves[to] - waves[from]) / static_cast<double>(to - from);
  };
  std::vector<double> rates;
  for (std::uint64_t segment = 0; segment < kSegments; ++segment)
    rates.push_back(rate(first + steps * segment / kSegments, first + steps * (segment + 1) / kSegments));
  const double rest = static_cast<double>(sample.groups - sample.count()) * weight;
  const double share = static_cast<double>(sample.count()) / static_cast<double>(sample.groups);
  return {exact + rest * rate(first, first + steps), 2 * rest * standard_error(rates, share)};
}

std::uint32_t half_octave_of(std::uint64_t groups) {
  if (groups == 0) return 0;
  const auto octave = static_cast<std::uint32_t>(std::bit_width(groups)) - 1;
  const double in_octave = static_cast<double>(groups) / std::exp2(octave);
  return 2 * octave + (in_octave >= std::sqrt(2.0));
}

double LaunchSamples::Sums::relative_error() const {
  if (timed < 2 || !(cycles > 0)) return 0;
  const double ratio = cycles / instructions, count = static_cast<double>(timed);
  const double squares =
      std::max(0.0, cycles_squared - 2 * ratio * product + ratio * ratio * instructions_squared);
  const double share = count / static_cast<double>(std::max(seen, timed));
  return (2 * std::sqrt(squares / (count - 1) * count * (1 - share)) + error) / cycles;
}

bool LaunchSamples::wants(const Stratum& stratum) {
  if (strata_.size() >= kMostStrata && !strata_.contains(stratum)) strata_.clear();
  Sums& sums = strata_[stratum];
  const std::uint64_t before = sums.seen++;
  if (sums.timed < kFirst || sums.timed * kSeldom <= before) return true;
  return sums.relative_error() > kGoodEnough && sums.timed * kOften <= before;
}

void LaunchSamples::add(const Stratum& stratum, const TimedLaunch& launch) {
  Sums& sums = strata_[stratum];
  ++sums.timed;
  sums.cycles += launch.time.cycles;
  sums.instructions += launch.instructions;
  sums.error += launch.time.error;
  sums.cycles_squared += launch.time.cycles * launch.time.cycles;
  sums.instructions_squared += launch.instructions * launch.instructions;
  sums.product += launch.time.cycles * launch.instructions;
  sums.counts += launch.counts;
}

TimedLaunch LaunchSamples::estimate(const Stratum& stratum, std::uint64_t instructions) const {
  const Sums& sums = strata_.at(stratum);
  const auto executed = static_cast<double>(instructions);
  const double factor = sums.instructions > 0 ? executed / sums.instructions : 0;
  const double cycles = sums.cycles * factor;
  return {executed, {cycles, cycles * sums.relative_error()}, scaled(sums.counts, factor)};
}

device::LaunchCounts scaled(const device::LaunchCounts& counts, double factor) {
  const auto scale = [factor](std::uint64_t& value) {
    value = static_cast<std::uint64_t>(std::llround(static_cast<double>(value) * factor));
  };
  device::LaunchCounts out = counts;
  std::ranges::for_each(out.totals, scale);
  for (auto& row : out.instructions) std::ranges::for_each(row, scale);
  return out;
}

}  // namespace kiesel::model
