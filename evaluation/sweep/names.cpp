#include "evaluation/sweep/names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "device/counters.hpp"
#include "device/model/configuration.hpp"

namespace kiesel::sweep {
namespace {

const std::vector<std::string>& keys() {
  static const std::vector<std::string> all = model::configuration_keys();
  return all;
}

std::string_view table_of(std::string_view key) {
  const auto dot = key.find('.');
  return dot == std::string_view::npos ? std::string_view() : key.substr(0, dot);
}

}  // namespace

bool is_design_key(std::string_view name) { return std::ranges::find(keys(), name) != keys().end(); }

bool is_design_number(std::string_view name) {
  static const model::Configuration any;
  return model::number_of(any, name).has_value();
}

bool is_counter(std::string_view name) {
  return std::ranges::any_of(device::kCounterInfos, [&](const auto& info) { return info.id == name; });
}

std::string_view unit_of(std::string_view name) {
  return name == "time" ? "s" : name == "energy" ? "J" : std::string_view();
}

bool is_objective_name(std::string_view name, std::span<const Objective> before) {
  if (name.starts_with(kCountsPrefix)) return is_counter(name.substr(kCountsPrefix.size()));
  return !unit_of(name).empty() || is_counter(name) || is_design_number(name) ||
         std::ranges::any_of(before, [&](const Objective& objective) { return objective.name == name; });
}

std::string known_keys_like(std::string_view name) {
  const std::string_view wanted = table_of(name);
  std::vector<std::string_view> plain, tables, of_table;
  for (const std::string& key : keys()) {
    const std::string_view table = table_of(key);
    if (table.empty())
      plain.push_back(key);
    else if (table == wanted)
      of_table.push_back(std::string_view(key).substr(table.size() + 1));
    if (!table.empty() && std::ranges::find(tables, table) == tables.end()) tables.push_back(table);
  }
  if (!of_table.empty()) return fmt::format("{} has {}", wanted, fmt::join(of_table, ", "));
  return fmt::format("there are {}, and the tables {}", fmt::join(plain, ", "), fmt::join(tables, ", "));
}

std::string counters_like(std::string_view name) {
  std::vector<std::string_view> like, all;
  for (const auto& info : device::kCounterInfos) {
    all.push_back(info.id);
    if (!name.empty() && info.id.front() == name.front()) like.push_back(info.id);
  }
  return fmt::format("{}", fmt::join(like.empty() ? all : like, ", "));
}

}  // namespace kiesel::sweep
