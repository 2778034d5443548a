// The kinds of findings, from kinds.def, and the tools that find them.
#pragma once

#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

#include "support/result.hpp"

namespace kiesel::check {

enum class Tool : std::uint8_t { kMemory, kRaces, kInitialisation, kSynchronisation, kLeaks };
inline constexpr std::string_view kToolNames[] = {"memory", "races", "initialisation", "synchronisation",
                                                  "leaks"};

enum class Kind : std::uint8_t {
#define KIND(id, name, tool, meaning) id,
#include "evaluation/check/kinds.def"
#undef KIND
};

struct KindInfo {
  std::string_view name;
  Tool tool;
  std::string_view meaning;
};
inline constexpr KindInfo kKindInfos[] = {
#define KIND(id, name, tool, meaning) {name, Tool::tool, meaning},
#include "evaluation/check/kinds.def"
#undef KIND
};
inline const KindInfo& info(Kind kind) { return kKindInfos[static_cast<std::size_t>(kind)]; }
std::optional<Kind> find_kind(std::string_view name);

// Which tools look.
struct Tools {
  bool on[std::size(kToolNames)]{};

  bool has(Tool tool) const { return on[static_cast<std::size_t>(tool)]; }
  // Names separated by commas; "all" is all but leaks. kInvalidArgument.
  static Result<Tools> parse(std::string_view text);
};

}  // namespace kiesel::check
