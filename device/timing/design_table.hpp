// The keys of a design, by table and name, and what values go together.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "device/isa/target.hpp"
#include "device/timing/design.hpp"

namespace kiesel::timing {

struct DesignKey {
  std::string_view table, key;
  std::uint64_t least, most;
  std::string_view unit, meaning;
  std::uint32_t& (*member)(Design&);
};
std::span<const DesignKey> design_keys();
const DesignKey* find_design_key(std::string_view table, std::string_view key);  // null: there is none
bool is_design_table(std::string_view table);

// What a design is like of which nothing but the target is known: the mechanisms of Vortex 3.0, sized as its
// configuration sizes them.
Design design_for(const isa::Target& target, std::uint32_t cores);

// Two values that do not go together, or one that the target does not allow.
struct DesignProblem {
  std::string_view table, key;
  std::string text;
};
std::optional<DesignProblem> check_design(const Design& design);

}  // namespace kiesel::timing
