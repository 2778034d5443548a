// Names in plans: keys of designs, counters, objectives, and what to tell who has used another one.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "evaluation/sweep/plan.hpp"

namespace kiesel::sweep {

// Counters whose name is a key's or an objective's, too: "counts.warps".
inline constexpr std::string_view kCountsPrefix = "counts.";

bool is_design_key(std::string_view name);
bool is_design_number(std::string_view name);  // a key that has a number
bool is_counter(std::string_view name);
// Of what is made of a run's counts: "s" of time, "J" of energy; empty for other names.
std::string_view unit_of(std::string_view name);
// A name that the formula of an objective may have, after these.
bool is_objective_name(std::string_view name, std::span<const Objective> before);

// "data_cache has bytes, ways", or the keys without a table, and the tables.
std::string known_keys_like(std::string_view name);
// Those that start as this name does, or all.
std::string counters_like(std::string_view name);

}  // namespace kiesel::sweep
