#include "device/timing/design_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <vector>

#include "support/single.hpp"

namespace kiesel::timing {
namespace {

using isa::OperationClass;

constexpr DesignKey kPlainKeys[] = {
#define DESIGN_KEY(table, key, member, least, most, unit, meaning) \
  {#table, #key, least, most, unit, meaning, [](Design& d) -> std::uint32_t& { return d.member; }},
#define CACHE_KEY(key, member, least, most, unit, meaning)
#include "device/timing/design_keys.def"
#undef CACHE_KEY
#undef DESIGN_KEY
};

template <CacheDesign Design::*kCache>
void add_cache(std::string_view table, std::vector<DesignKey>& keys) {
#define DESIGN_KEY(table, key, member, least, most, unit, meaning)
#define CACHE_KEY(key, member, least, most, unit, meaning) \
  keys.push_back({table, #key, least, most, unit, meaning, \
                  [](Design& d) -> std::uint32_t& { return (d.*kCache).member; }});
#include "device/timing/design_keys.def"
#undef CACHE_KEY
#undef DESIGN_KEY
}

template <std::size_t kClass>
void add_class(std::vector<DesignKey>& keys) {
  const std::string_view name = isa::kOperationClassNames[kClass];
  keys.push_back({"latency", name, 4, 255, "cycles",
                  "from the unit's input until an instruction that needs the result can issue",
                  [](Design& d) -> std::uint32_t& { return d.latency[kClass]; }});
  keys.push_back({"interval", name, 1, 255, "cycles", "until the unit takes its next instruction",
                  [](Design& d) -> std::uint32_t& { return d.interval[kClass]; }});
}

template <std::size_t... kClass>
void add_classes(std::index_sequence<kClass...>, std::vector<DesignKey>& keys) {
  (add_class<kClass>(keys), ...);
}

std::vector<DesignKey> make_keys() {
  std::vector<DesignKey> keys(std::begin(kPlainKeys), std::end(kPlainKeys));
  add_cache<&Design::instruction_cache>("instruction_cache", keys);
  add_cache<&Design::data_cache>("data_cache", keys);
  add_cache<&Design::l2>("l2", keys);
  add_cache<&Design::l3>("l3", keys);
  // Loads, stores and fences have times of their own.
  add_classes(std::make_index_sequence<static_cast<std::size_t>(OperationClass::kFence)>(), keys);
  return keys;
}

void set_units(Design& d) {
  const auto set = [&](OperationClass kind, std::uint32_t latency, std::uint32_t interval) {
    d.latency[static_cast<std::size_t>(kind)] = latency;
    d.interval[static_cast<std::size_t>(kind)] = interval;
  };
  using enum OperationClass;
  set(kInteger, 4, 1);
  set(kMultiply, 7, 1);
  set(kDivide, 7, 1);
  set(kFloatAdd, 15, 1);
  set(kFloatDivide, 18, 1);
  set(kFloatRoot, 13, 1);
  set(kFloatConvert, 8, 1);
  set(kFloatCompare, 5, 1);
  set(kBranch, 4, 1);
  set(kMask, 6, 1);
  set(kBarrier, 6, 1);
  set(kVote, 4, 1);
  set(kMatrix, 5, 1);  // of a step
  set(kCsr, 7, 2);
}

std::optional<DesignProblem> check_cache(std::string_view table, const CacheDesign& cache) {
  const auto problem = [&](std::string_view key, std::string text) {
    return DesignProblem{table, key, std::move(text)};
  };
  if (!std::has_single_bit(cache.line_bytes)) return problem("line_bytes", "must be a power of two");
  if (!std::has_single_bit(cache.banks)) return problem("banks", "must be a power of two");
  const std::uint64_t set_bytes = std::uint64_t{cache.line_bytes} * cache.ways * cache.banks;
  const std::uint64_t sets = cache.bytes / set_bytes;
  if (cache.bytes % set_bytes || !std::has_single_bit(sets))
    return problem("bytes",
                   fmt::format("must be {} (line_bytes * ways * banks) times a power of two", set_bytes));
  return std::nullopt;
}

}  // namespace

std::span<const DesignKey> design_keys() {
  static constinit Single<const std::vector<DesignKey>> keys;
  return keys.get([] { return new std::vector<DesignKey>(make_keys()); });
}

const DesignKey* find_design_key(std::string_view table, std::string_view key) {
  for (const DesignKey& known : design_keys())
    if (known.table == table && known.key == key) return &known;
  return nullptr;
}

bool is_design_table(std::string_view table) {
  return std::any_of(design_keys().begin(), design_keys().end(),
                     [&](const DesignKey& known) { return known.table == table; });
}

Design design_for(const isa::Target& target, std::uint32_t cores) {
  Design d;
  set_units(d);
  d.cores = cores;
  d.warps = target.warps;
  d.lanes = target.lanes;
  d.local_bytes = target.local_memory_bytes;
  d.issue_width = std::max(1u, target.warps / 16);
  d.collectors = std::max(1u, target.warps / (4 * d.issue_width));
  d.operand_cycles = d.collectors > 1 ? 6 : 5;
  d.lsu_pending = std::clamp(2 * target.warps, 8u, 32u);
  const auto half = (std::bit_width(target.lanes) / 2);
  d.word_bytes = std::min(64u, 8u << half);
  d.data_cache.banks = std::max(1u, std::min(16u, target.lanes * 8 / d.word_bytes));
  d.data_cache.write_back = cores == 1;
  d.instruction_cache.write_back = 0;
  d.local_banks = target.lanes;
  d.l2 = {1 << 20, 8, 64, 4, 16, 4, 13, 1};
  d.l3 = {2 << 20, 8, 64, 4, 16, 4, 13, 1};
  return d;
}

std::optional<DesignProblem> check_design(const Design& d) {
  if (d.issue_width > d.warps || d.warps % d.issue_width)
    return DesignProblem{"issue", "width", fmt::format("must divide the {} warps of a core", d.warps)};
  if (d.word_bytes > d.data_cache.line_bytes || !std::has_single_bit(d.word_bytes))
    return DesignProblem{"lsu", "word_bytes",
                         "must be a power of two, and no more than a line of the data cache"};
  if (d.refetch_cycles <= d.fetch_cycles)
    return DesignProblem{"fetch", "refetch_cycles", "must be more than fetch_cycles"};
  if (d.has_energy && d.energy.source.empty())
    return DesignProblem{"energy", "source", "must say where the table's figures come from"};
  if (d.write_buffer_low >= d.write_buffer)
    return DesignProblem{"memory", "write_buffer_low", "must be less than write_buffer"};
  if (d.refresh_interval && d.refresh_cycles >= d.refresh_interval)
    return DesignProblem{"memory", "refresh_cycles", "must be less than refresh_interval"};
  if (auto problem = check_cache("instruction_cache", d.instruction_cache)) return problem;
  if (auto problem = check_cache("data_cache", d.data_cache)) return problem;
  const auto shared = [&](std::string_view table, const CacheDesign& cache) -> std::optional<DesignProblem> {
    if (cache.line_bytes != d.data_cache.line_bytes)
      return DesignProblem{table, "line_bytes", "must be that of the data cache"};
    return check_cache(table, cache);
  };
  if (d.has_l2)
    if (auto problem = shared("l2", d.l2)) return problem;
  if (d.has_l3)
    if (auto problem = shared("l3", d.l3)) return problem;
  return std::nullopt;
}

}  // namespace kiesel::timing
